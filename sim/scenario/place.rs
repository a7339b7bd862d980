//! Where a value stands in a TOML text: from a path of keys to bytes, and back.

use std::fmt;
use std::ops::Range;

use toml_edit::{Item, Key, Table, TableLike, Value};

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

    /// The path of a key in the table it leads to.
    #[must_use]
    pub fn member(&self, key: &str) -> Self {
        let mut keys = self.0.clone();
        keys.push(key.to_owned());
        Self(keys)
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
pub(crate) struct Entry<'a> {
    /// A member of a list has none.
    key: Option<&'a Key>,
    node: Node<'a>,
    /// Whether it stands in `{ braces }`, alone or with what surrounds it.
    pub(super) inline: bool,
}

/// What a path can lead to.
#[derive(Clone, Copy, Debug)]
enum Node<'a> {
    Item(&'a Item),
    /// One of `[[tables]]`.
    Table(&'a Table),
    /// One of a list in brackets.
    Value(&'a Value),
}

/// A part of a table or list: its name or number, its key, and what it is.
type Member<'a> = (String, Option<&'a Key>, Node<'a>);

impl<'a> Node<'a> {
    fn table_like(self) -> Option<&'a dyn TableLike> {
        match self {
            Self::Item(item) => item.as_table_like(),
            Self::Table(table) => Some(table),
            Self::Value(value) => value.as_inline_table().map(|it| it as &dyn TableLike),
        }
    }

    fn list(self) -> Option<Vec<Self>> {
        match self {
            Self::Item(Item::ArrayOfTables(all)) => Some(all.iter().map(Node::Table).collect()),
            Self::Item(Item::Value(Value::Array(all))) | Self::Value(Value::Array(all)) => {
                Some(all.iter().map(Node::Value).collect())
            }
            _ => None,
        }
    }

    fn members(self) -> Vec<Member<'a>> {
        if let Some(all) = self.list() {
            let numbered = all.into_iter().enumerate();
            return numbered
                .map(|(nth, node)| (nth.to_string(), None, node))
                .collect();
        }
        let table = self.table_like();
        let names = table.into_iter().flat_map(TableLike::iter);
        names.filter_map(|(name, _)| self.member(name)).collect()
    }

    fn member(self, name: &str) -> Option<Member<'a>> {
        if let Some(all) = self.list() {
            let node = *all.get(name.parse::<usize>().ok()?)?;
            return Some((name.to_owned(), None, node));
        }
        let (key, item) = self.table_like()?.get_key_value(name)?;
        Some((name.to_owned(), Some(key), Node::Item(item)))
    }

    fn span(self) -> Option<Range<usize>> {
        match self {
            Self::Item(item) => item.span(),
            Self::Table(table) => table.span(),
            Self::Value(value) => value.span(),
        }
    }

    fn is_inline(self) -> bool {
        match self {
            Self::Item(item) => item.is_inline_table() || item.is_array(),
            Self::Table(_) => false,
            Self::Value(_) => true,
        }
    }
}

impl<'a> Entry<'a> {
    /// The table with a header that it is.
    pub(super) const fn as_table(&self) -> Option<&'a Table> {
        match self.node {
            Node::Table(table) | Node::Item(Item::Table(table)) => Some(table),
            _ => None,
        }
    }

    /// The bytes of the value; of a table, its header; else of the key.
    pub(super) fn value_span(&self) -> Option<Range<usize>> {
        self.node.span().or_else(|| self.key.and_then(Key::span))
    }

    /// The bytes of the key; of a member of a list, those of the value.
    pub(super) fn key_span(&self) -> Option<Range<usize>> {
        match self.key {
            Some(key) => key.span(),
            None => self.node.span(),
        }
    }
}

/// The entry at `path`, if the text has it.
pub(crate) fn entry<'a>(root: &'a Table, path: &KeyPath) -> Option<Entry<'a>> {
    let mut at = Node::Table(root);
    let mut found: Option<Entry<'a>> = None;
    for name in path.keys() {
        let inline = found.is_some_and(|outer| outer.inline || outer.node.is_inline());
        let (_, key, node) = at.member(name)?;
        found = Some(Entry { key, node, inline });
        at = node;
    }
    found
}

/// The path of the innermost entry whose key or value covers `span`; the root if none does.
pub(super) fn path_at(root: &Table, span: &Range<usize>) -> KeyPath {
    let mut keys = Vec::new();
    descend(Node::Table(root), span, &mut keys);
    KeyPath(keys)
}

fn descend(node: Node<'_>, span: &Range<usize>, keys: &mut Vec<String>) -> bool {
    for (name, key, inner) in node.members() {
        keys.push(name);
        if descend(inner, span, keys) {
            return true;
        }
        if [key.and_then(Key::span), inner.span()]
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
    let mut inner: Vec<&Table> = Vec::new();
    for (_, item) in table.iter() {
        inner.extend(item.as_table());
        let all = item.as_array_of_tables();
        inner.extend(all.into_iter().flat_map(toml_edit::ArrayOfTables::iter));
    }
    for inner in inner {
        if !inner.is_dotted() && !inner.is_implicit() {
            starts.extend(inner.span().map(|span| span.start));
        }
        collect_headers(inner, starts);
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
    fn members_of_lists_have_numbers() {
        let text = "[[q]]\na = 1\n[[q]]\na = 2\np = [{ c = 3 }, { c = 4 }]\n";
        let document = toml_edit::Document::parse(text).unwrap();
        for (path, found) in [
            ("q.1.a", "2"),
            ("q.1.p.1.c", "4"),
            ("q.1.p.0", "{ c = 3 }"),
            ("q.1", "[[q]]"),
        ] {
            let path = KeyPath::from(path);
            let span = entry(&document, &path).unwrap().value_span().unwrap();
            assert_eq!(&text[span.clone()], found);
            assert_eq!(path_at(&document, &span), path);
        }
        assert!(entry(&document, &"q.2".into()).is_none());
        assert!(entry(&document, &"q.1.p.1.c".into()).unwrap().inline);
        assert!(!entry(&document, &"q.1.a".into()).unwrap().inline);
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
