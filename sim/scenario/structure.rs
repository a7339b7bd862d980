//! From text to the tables of its family: keys, types and enum values, all refusals at once.
//!
//! serde stops at its first refusal. To find the next one, the refused entry is overwritten with
//! blanks, which leaves every other byte where it was, and the text is read again.

use std::collections::BTreeSet;
use std::ops::Range;

use toml_edit::Document;

use super::draft::Tables;
use super::error::Problem;
use super::place::{KeyPath, entry, headers, path_at};
use super::source::{Part, Source};
use crate::refusal::Refusal;
use crate::spelling;

/// How many refusals are shown; beyond that, the file is something else altogether.
const MOST_REFUSALS: usize = 20;

/// What could be read of a text.
pub(super) struct Reading<M> {
    /// The tables without the refused entries; `None` when too little was left to read.
    pub(super) model: Option<M>,
    /// Where the refused entries are.
    pub(super) refused: BTreeSet<KeyPath>,
    /// What was refused, in the order it was found.
    pub(super) problems: Vec<Problem>,
}

/// Reads the tables out of a text.
pub(super) fn read<M: Tables>(source: &Source) -> Reading<M> {
    let mut text = source.text().to_owned();
    let mut reading = Reading {
        model: None,
        refused: BTreeSet::new(),
        problems: Vec::new(),
    };
    while reading.problems.len() < MOST_REFUSALS {
        let refusal = match toml::from_str::<M>(&text) {
            Ok(model) => {
                reading.model = Some(model);
                break;
            }
            Err(error) => Refusal::from(&error),
        };
        // Blanking inside `a.b = 1` or braces may leave something that is no longer TOML: that
        // is our doing and nothing to report.
        let Ok(document) = Document::parse(text.clone()) else {
            break;
        };
        let path = refusal
            .span
            .as_ref()
            .map_or_else(KeyPath::default, |span| path_at(&document, span));
        let blank = blanked_range(&document, &path, text.len());
        let known = !reading.refused.insert(path.clone());
        if !known {
            reading.problems.push(problem::<M>(source, path, refusal));
        }
        match blank {
            Some(range) if !known => overwrite(&mut text, range),
            _ => break,
        }
    }
    reading
}

fn problem<M: Tables>(source: &Source, path: KeyPath, refusal: Refusal) -> Problem {
    let part = if refusal.key { Part::Key } else { Part::Value };
    let strange = match path.keys() {
        [key] if refusal.key => M::FAMILY.elsewhere(key),
        _ => None,
    };
    let help = strange
        .or_else(|| misspelt_strategy(source, &path, &refusal))
        .or(refusal.help);
    // The key at fault is named by the message; the path says which table it was looked for in.
    let shown = if refusal.key {
        path.parent()
    } else {
        path.clone()
    };
    let mut problem = source.problem(path, part, refusal.message, help);
    problem.path = shown;
    problem
}

/// `--set strategies.fixed-50.rows=1` on a file with `fixed-500` makes a strategy of one key:
/// what is missing is not its `kind` but the right name.
fn misspelt_strategy(source: &Source, path: &KeyPath, refusal: &Refusal) -> Option<String> {
    let [table, name] = path.keys() else {
        return None;
    };
    if table != "strategies"
        || !refusal.message.ends_with("is missing")
        || !source.is_overridden(path)
    {
        return None;
    }
    let all = source.document().get("strategies")?.as_table_like()?;
    let others: Vec<&str> = all
        .iter()
        .map(|(key, _)| key)
        .filter(|key| key != name)
        .collect();
    Some(spelling::did_you_mean(
        name,
        &others,
        "strategies of the file",
    ))
}

/// The bytes to blank so that the entry at `path` is gone and the rest still parses.
fn blanked_range(document: &Document<String>, path: &KeyPath, end: usize) -> Option<Range<usize>> {
    let mut path = path.clone();
    let mut found = entry(document, &path)?;
    while found.inline {
        path = path.parent();
        found = entry(document, &path)?;
    }
    let Some(table) = found.as_table() else {
        return Some(found.key_span()?.start..found.value_span()?.end);
    };
    let start = table.span()?.start;
    let next = headers(document).into_iter().find(|&header| header > start);
    Some(start..next.unwrap_or(end))
}

fn overwrite(text: &mut String, range: Range<usize>) {
    let blanks: String = text[range.clone()]
        .bytes()
        .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
        .collect();
    text.replace_range(range, &blanks);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Model;

    fn messages(text: &str) -> Vec<String> {
        let source = Source::new("x.toml", text, &[])
            .map_err(|e| e.to_string())
            .unwrap();
        read::<Model>(&source)
            .problems
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn all_refusals_are_found_at_once() {
        let text = "[laod]\nreads_per_s = 3\n[disk]\nprofil = \"ssd\"\npage_cache_mib = \"x\"\n\
                    [database]\njournal = \"wahl\"\n[strategies.a]\nrows = 1\n";
        assert_eq!(
            messages(text),
            [
                "there is no key `laod`",
                "disk: there is no key `profil`",
                "disk.page_cache_mib: string \"x\" does not fit here",
                "database.journal: `wahl` is not a value it can have",
                "strategies.a: `kind` is missing",
            ]
        );
    }

    #[test]
    fn members_of_braces_and_dotted_keys_are_refused_too() {
        assert_eq!(
            messages("[strategies]\na = { kind = \"chunked\", row = 3 }\n"),
            ["strategies.a: there is no key `row`"]
        );
        assert_eq!(
            messages("load.reeds = 3\n"),
            ["load: there is no key `reeds`"]
        );
        assert_eq!(
            messages("dataset = 3\n"),
            ["dataset: integer `3` does not fit here"]
        );
    }

    #[test]
    fn a_good_text_is_read() {
        let source = Source::new("x.toml", "[load]\nreads_per_s = 3\n", &[])
            .map_err(|e| e.to_string())
            .unwrap();
        let reading = read::<Model>(&source);
        assert!(reading.problems.is_empty());
        assert!((reading.model.unwrap().load.reads_per_s - 3.0).abs() < f64::EPSILON);
    }
}
