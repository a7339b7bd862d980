//! Where a value stands in a TOML text: from a path of keys to bytes, and back.

use std::fmt;
use std::ops::Range;

use toml_edit::{Item, Key, Table, TableLike};

/// A path of keys from the root of a file, such as `load.mix.stats`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyPath(Vec<String>);

impl KeyPath {
    /// The path made of these keys.
    pub fn new<S: Into<String>>(keys: impl IntoIterator<Item = S>) -> Self {
        Self(keys.into_iter().map(Into::into).collect())
    }

    /// Its keys, outermost first.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.0
    }

    /// Whether one of the two is the other or a part of it.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(one, two)| one == two)
    }

    /// The table the last key is in.
    #[must_use]
    pub fn parent(&self) -> Self {
        let mut keys = self.0.clone();
        keys.pop();
        Self(keys)
    }
}

impl From<&str> for KeyPath {
    /// Splits at every dot: for paths the program writes, whose keys have none.
    fn from(dotted: &str) -> Self {
        Self::new(dotted.split('.'))
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, key) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            f.write_str(
                &Key::new(key)
                    .default_repr()
                    .as_raw()
                    .as_str()
                    .map_or_else(|| key.clone(), ToOwned::to_owned),
            )?;
        }
        Ok(())
    }
}

/// A key with its value in a parsed text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: &'a Key,
    pub(super) item: &'a Item,
    /// Whether it stands in `{ braces }`, alone or with what surrounds it.
    pub(super) inline: bool,
}

impl Entry<'_> {
    /// The bytes of the value; of a table, its header; else of the key.
    pub(super) fn value_span(&self) -> Option<Range<usize>> {
        self.item.span().or_else(|| self.key.span())
    }

    /// The bytes of the key.
    pub(super) fn key_span(&self) -> Option<Range<usize>> {
        self.key.span()
    }
}

/// The entry at `path`, if the text has it.
pub(super) fn entry<'a>(root: &'a Table, path: &KeyPath) -> Option<Entry<'a>> {
    let mut table: &dyn TableLike = root;
    let mut found: Option<Entry<'a>> = None;
    for name in path.keys() {
        if let Some(outer) = found {
            table = outer.item.as_table_like()?;
        }
        let (key, item) = table.get_key_value(name)?;
        let inline = found.is_some_and(|outer| outer.inline || outer.item.is_inline_table());
        found = Some(Entry { key, item, inline });
    }
    found
}

/// The path of the innermost entry whose key or value covers `span`; the root if none does.
pub(super) fn path_at(root: &Table, span: &Range<usize>) -> KeyPath {
    let mut keys = Vec::new();
    descend(root, span, &mut keys);
    KeyPath(keys)
}

fn descend(table: &dyn TableLike, span: &Range<usize>, keys: &mut Vec<String>) -> bool {
    for (name, item) in table.iter() {
        keys.push(name.to_owned());
        if let Some(inner) = item.as_table_like()
            && descend(inner, span, keys)
        {
            return true;
        }
        let key_span = table.key(name).and_then(Key::span);
        if [key_span, item.span()]
            .into_iter()
            .flatten()
            .any(|own| own.start <= span.start && span.end <= own.end)
        {
            return true;
        }
        keys.pop();
    }
    false
}

/// The first byte of every `[header]` in the text, in the order of the file.
pub(super) fn headers(root: &Table) -> Vec<usize> {
    let mut starts = Vec::new();
    collect_headers(root, &mut starts);
    starts.sort_unstable();
    starts
}

fn collect_headers(table: &Table, starts: &mut Vec<usize>) {
    for (_, item) in table.iter() {
        if let Some(inner) = item.as_table() {
            if !inner.is_dotted() && !inner.is_implicit() {
                starts.extend(inner.span().map(|span| span.start));
            }
            collect_headers(inner, starts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "seeds = [1]\n[load]\nreads_per_s = -1\nmix = { stats = 3 }\n\n[strategies.a]\nkind = \"x\"\n";

    fn text_at(span: Range<usize>) -> &'static str {
        &TEXT[span]
    }

    #[test]
    fn values_headers_and_members_of_braces_are_found() {
        let document = toml_edit::Document::parse(TEXT).unwrap();
        let value = |path: &str| {
            text_at(
                entry(&document, &path.into())
                    .unwrap()
                    .value_span()
                    .unwrap(),
            )
        };
        assert_eq!(value("load.reads_per_s"), "-1");
        assert_eq!(value("load.mix.stats"), "3");
        assert_eq!(value("seeds"), "[1]");
        assert_eq!(value("strategies.a"), "[strategies.a]");
        assert!(entry(&document, &"load.mix.health".into()).is_none());
        assert!(entry(&document, &"load.mix.stats".into()).unwrap().inline);
        assert!(!entry(&document, &"load.mix".into()).unwrap().inline);
    }

    #[test]
    fn a_place_leads_back_to_its_path() {
        let document = toml_edit::Document::parse(TEXT).unwrap();
        for path in [
            "load.reads_per_s",
            "load.mix.stats",
            "strategies.a.kind",
            "load",
        ] {
            let path = KeyPath::from(path);
            let span = entry(&document, &path).unwrap().value_span().unwrap();
            assert_eq!(path_at(&document, &span), path);
        }
        assert_eq!(headers(&document).len(), 2);
    }

    #[test]
    fn a_path_quotes_what_toml_would() {
        assert_eq!(
            KeyPath::new(["strategies", "a.b"]).to_string(),
            "strategies.\"a.b\""
        );
        assert!(KeyPath::from("load.mix").overlaps(&"load".into()));
        assert!(!KeyPath::from("load.mix").overlaps(&"load.reads_per_s".into()));
    }
}
