//! What the terminal shows at the end of a run: table, findings, where the rest is, and last the
//! command that repeats it, because that is the line people copy.

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, presets};

use super::evidence::Evidence;
use super::head::Head;
use super::table::{self, Table};
use crate::measure::Tone;

/// The end of a run as text for a terminal of `width` columns; `None` when there is no terminal,
/// and then nothing is left out or wrapped. `place` is where the report was written, as the user
/// is to read it.
#[must_use]
pub fn terminal(evidence: &Evidence<'_>, place: &str, width: Option<u16>) -> String {
    let (table, _) = fitted(&Table::of(evidence), width);
    screen(
        &evidence.head(),
        &table,
        &table::note(evidence),
        place,
        width,
    )
}

/// `table` with its note, and the answer beneath.
pub(crate) fn screen(
    head: &Head<'_>,
    table: &str,
    note: &str,
    place: &str,
    width: Option<u16>,
) -> String {
    let mut text = format!("{table}\n");
    text.push_str(&wrapped(note, "", width));
    text.push('\n');
    let verdict = head.verdict.name().to_uppercase();
    text.push_str(&wrapped(
        &format!("{verdict}  {}", head.headline),
        "",
        width,
    ));
    for finding in head.findings {
        let sign = match finding.tone {
            Tone::Good => "✓",
            Tone::Bad => "✗",
            Tone::Note => "·",
        };
        text.push_str(&wrapped(
            &format!("{sign} {}", finding.sentence),
            "  ",
            width,
        ));
    }
    text.push_str(&wrapped(&format!("next  {}", head.next), "", width));
    for line in head.remarks() {
        text.push_str(&wrapped(&line, "", width));
    }
    text.push_str(&format!("\nreport  {place}\nrepeat  {}\n", head.command));
    text.replace(crate::measure::unit::NBSP, " ")
}

/// The table with as many columns as fit, and the titles of those that were given up; numbers are
/// never wrapped.
pub(crate) fn fitted(table: &Table, width: Option<u16>) -> (String, Vec<&str>) {
    let mut kept: Vec<usize> = (0..table.columns.len()).collect();
    loop {
        let text = drawn(table, &kept);
        let fits = width.is_none_or(|width| longest(&text) <= usize::from(width));
        let expendable = |&column: &usize| table.columns[column].expendable;
        let first = kept.iter().copied().max_by_key(expendable);
        match first.filter(|column| !fits && expendable(column) > 0) {
            Some(column) => kept.retain(|&other| other != column),
            None => {
                let given_up = table
                    .columns
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| !kept.contains(index));
                return (text, given_up.map(|(_, column)| &*column.title).collect());
            }
        }
    }
}

fn longest(text: &str) -> usize {
    text.lines()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0)
}

fn drawn(table: &Table, kept: &[usize]) -> String {
    let mut drawing = comfy_table::Table::new();
    drawing.load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()));
    drawing.set_content_arrangement(ContentArrangement::Disabled);
    let cell = |column: usize, text: &str| {
        let alignment = if table.columns[column].numeric {
            CellAlignment::Right
        } else {
            CellAlignment::Left
        };
        Cell::new(text).set_alignment(alignment)
    };
    // Two lines of header keep columns as narrow as their numbers.
    drawing.set_header(
        kept.iter()
            .map(|&column| cell(column, &in_two(&table.columns[column].title))),
    );
    for row in &table.rows {
        drawing.add_row(kept.iter().map(|&column| cell(column, &row[column])));
    }
    drawing.trim_fmt()
}

/// Breaks a title before its last word but one, as in `reader` over `p95 ms`.
fn in_two(title: &str) -> String {
    match title.split(' ').collect::<Vec<_>>().as_slice() {
        [first, rest @ ..] if rest.len() > 1 => format!("{first}\n{}", rest.join(" ")),
        _ => title.to_owned(),
    }
}

/// `text` with `indent`, wrapped at spaces when there is a width.
fn wrapped(text: &str, indent: &str, width: Option<u16>) -> String {
    let width = width.map_or(usize::MAX, |width| usize::from(width).max(20));
    let mut lines = String::new();
    let mut line = indent.to_owned();
    for word in text.split(' ') {
        let fits = line.chars().count() + 1 + word.chars().count() <= width;
        if line.len() > indent.len() && !fits {
            lines.push_str(&line);
            lines.push('\n');
            line = format!("{indent}  {word}");
        } else {
            if line.len() > indent.len() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.push_str(&line);
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::synthetic;

    #[test]
    fn the_last_line_repeats_the_run() {
        let run = synthetic::run();
        let text = terminal(&Evidence::of(&run), "reports/cold-load", None);
        assert!(
            text.ends_with(&format!("repeat  {}\n", run.command)),
            "{text}"
        );
        assert!(text.contains("report  reports/cold-load\n"), "{text}");
        assert!(text.contains("predicted"), "{text}");
    }

    #[test]
    fn a_narrow_terminal_gets_fewer_columns_and_no_longer_lines() {
        let run = synthetic::run();
        for width in [80, 100, 140] {
            let text = terminal(&Evidence::of(&run), "reports/cold-load", Some(width));
            assert!(longest(&text) <= usize::from(width), "{width}:\n{text}");
            assert!(
                text.contains("single-transaction") && text.contains("verdict"),
                "{text}"
            );
        }
    }
}
