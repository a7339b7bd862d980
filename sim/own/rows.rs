//! Rows of two databases side by side, every column as it is stored.
//!
//! Compared in Rust and not in SQL, whose `=` and `IS` hold 1 and 1.0, or 'a' and 'A' under a
//! collation, for the same.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator as _;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Row, params_from_iter};

use super::schema::{Table, columns, tables};
use crate::identifier::quoted;

/// A row's values, or that there is none.
pub(super) type Found = Option<Vec<Value>>;

/// How the rows of one table are read.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    /// All rows in the order of what tells them apart, that first.
    pub(super) walk: String,
    find: String,
    /// The row with an identity, as SQL with a parameter for each part of it.
    pub(super) is_row: String,
    /// How many columns tell rows apart.
    pub(super) keys: usize,
    columns: usize,
}

impl Reader {
    /// A reader of `table`; `None` if there is none of the name, or nothing tells its rows apart.
    pub(super) fn of(connection: &Connection, table: &str) -> rusqlite::Result<Option<Self>> {
        let all = tables(connection)?;
        let found = all.iter().find(|one| one.name.eq_ignore_ascii_case(table));
        match found {
            Some(found) => Self::of_table(connection, found),
            None => Ok(None),
        }
    }

    /// A reader of `table`.
    pub(super) fn of_table(
        connection: &Connection,
        table: &Table,
    ) -> rusqlite::Result<Option<Self>> {
        let Some(identity) = table.identity(connection)? else {
            return Ok(None);
        };
        let names: Vec<String> = columns(connection, &table.name)?
            .iter()
            .map(|name| quoted(name))
            .collect();
        let (keys, all, name) = (identity.join(", "), names.join(", "), quoted(&table.name));
        let parts = (1..).zip(&identity);
        let parts: Vec<String> = parts
            .map(|(nth, part)| format!("{part} = ?{nth}"))
            .collect();
        let is_row = parts.join(" AND ");
        Ok(Some(Self {
            walk: format!("SELECT {keys}, {all} FROM {name} ORDER BY {keys}"),
            find: format!("SELECT {all} FROM {name} WHERE {is_row}"),
            is_row,
            keys: identity.len(),
            columns: names.len(),
        }))
    }

    /// The row of `connection` that `key` tells apart.
    pub(super) fn find(&self, connection: &Connection, key: &[Value]) -> rusqlite::Result<Found> {
        connection
            .prepare_cached(&self.find)?
            .query_row(params_from_iter(key), |row| values(row, 0..self.columns))
            .optional()
    }

    /// Goes through the rows of `now` and `other` and tells `differs` of each that differs, until
    /// it breaks off: what tells it apart, the one and the other. Columns in `masked` are not
    /// looked at. How many rows of `now` were seen.
    pub(super) fn differences(
        &self,
        (now, other): (&Connection, &Connection),
        masked: &BTreeSet<usize>,
        mut differs: impl FnMut(&[Value], Found, Found) -> rusqlite::Result<ControlFlow<()>>,
    ) -> rusqlite::Result<u64> {
        let (mut walk_now, mut walk_other) = (now.prepare(&self.walk)?, other.prepare(&self.walk)?);
        let (mut ours, mut theirs) = (walk_now.query([])?, walk_other.query([])?);
        theirs.advance()?;
        let mut seen = 0;
        loop {
            ours.advance()?;
            let Some(one) = ours.get() else { break };
            seen += 1;
            // Rows of the other that are not here come first: it is behind until the keys agree.
            loop {
                let (key, found) = match theirs.get() {
                    Some(two) if same(one, two, 0..self.keys)? => {
                        let equal = self.same_columns(one, two, masked)?;
                        let pair = (!equal).then(|| {
                            self.split(one)
                                .and_then(|(key, one)| Ok((key, one, self.split(two)?.1)))
                        });
                        theirs.advance()?;
                        let Some(pair) = pair else { break };
                        let (key, one, two) = pair?;
                        if differs(&key, Some(one), Some(two))?.is_break() {
                            return Ok(seen);
                        }
                        break;
                    }
                    Some(two) => {
                        let (key, mine) = self.split(one)?;
                        if self.find(other, &key)?.is_none() {
                            (key, Ok(mine))
                        } else {
                            let (key, other) = self.split(two)?;
                            (key, Err(other))
                        }
                    }
                    None => {
                        let (key, mine) = self.split(one)?;
                        (key, Ok(mine))
                    }
                };
                let here = found.is_ok();
                let flow = match found {
                    Ok(mine) => differs(&key, Some(mine), None)?,
                    Err(other) => differs(&key, None, Some(other))?,
                };
                if flow.is_break() {
                    return Ok(seen);
                }
                if here {
                    break;
                }
                theirs.advance()?;
            }
        }
        while let Some(two) = theirs.get() {
            let (key, other) = self.split(two)?;
            if differs(&key, None, Some(other))?.is_break() {
                return Ok(seen);
            }
            theirs.advance()?;
        }
        Ok(seen)
    }

    fn same_columns(
        &self,
        one: &Row<'_>,
        two: &Row<'_>,
        masked: &BTreeSet<usize>,
    ) -> rusqlite::Result<bool> {
        let seen = (0..self.columns).filter(|column| !masked.contains(column));
        same(one, two, seen.map(|column| column + self.keys))
    }

    fn split(&self, row: &Row<'_>) -> rusqlite::Result<(Vec<Value>, Vec<Value>)> {
        let all = self.keys + self.columns;
        Ok((values(row, 0..self.keys)?, values(row, self.keys..all)?))
    }
}

/// Whether two rows are the same but for the columns in `masked`.
pub(super) fn alike(one: &Found, two: &Found, masked: &BTreeSet<usize>) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => {
            let pairs = one.iter().zip(two).enumerate();
            pairs
                .filter(|(column, _)| !masked.contains(column))
                .all(|(_, (one, two))| one == two)
        }
        (None, None) => true,
        _ => false,
    }
}

fn same(
    one: &Row<'_>,
    two: &Row<'_>,
    columns: impl IntoIterator<Item = usize>,
) -> rusqlite::Result<bool> {
    for column in columns {
        if one.get_ref(column)? != two.get_ref(column)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn values(row: &Row<'_>, columns: std::ops::Range<usize>) -> rusqlite::Result<Vec<Value>> {
    columns
        .map(|column| row.get_ref(column).map(stored))
        .collect()
}

/// A value as it is stored. Text that is no UTF-8, which SQLite takes from anybody, is its bytes.
pub(super) fn stored(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(bytes) => match str::from_utf8(bytes) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => Value::Blob(bytes.to_vec()),
        },
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(rows: &str) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let table = "CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v) WITHOUT ROWID;";
        let sql = format!("{table} INSERT INTO t VALUES {rows}");
        connection.execute_batch(&sql).unwrap();
        connection
    }

    /// The keys of what differs, with whether it is here and there.
    fn differing(now: &str, other: &str) -> Vec<(String, bool, bool)> {
        let (now, other) = (database(now), database(other));
        let reader = Reader::of(&now, "T").unwrap().unwrap();
        let mut found = Vec::new();
        let none = BTreeSet::new();
        reader
            .differences((&now, &other), &none, |key, one, two| {
                let Value::Text(key) = &key[0] else {
                    panic!("{key:?}")
                };
                found.push((key.clone(), one.is_some(), two.is_some()));
                Ok(ControlFlow::Continue(()))
            })
            .unwrap();
        found
    }

    #[test]
    fn what_differs_is_found_wherever_it_is() {
        let all = "('a', 1), ('b', 2), ('c', 3)";
        let differs = |now: &str| differing(now, all);
        let one = |key: &str, here, there| vec![(key.to_owned(), here, there)];
        assert_eq!(differs(all), []);
        assert_eq!(
            differs("('a', 1), ('b', 2), ('c', 4)"),
            one("c", true, true)
        );
        assert_eq!(differs("('b', 2), ('c', 3)"), one("a", false, true));
        assert_eq!(differs("('a', 1), ('b', 2)"), one("c", false, true));
        assert_eq!(
            differs("('a', 1), ('b', 2), ('bb', 0), ('c', 3)"),
            one("bb", true, false)
        );
        assert_eq!(
            differs("('a', 1), ('b', 2), ('c', 3), ('d', 0)"),
            one("d", true, false)
        );
        assert_eq!(
            differs("('a', 1.0), ('b', 2), ('c', 3)"),
            one("a", true, true),
            "a type"
        );
        let case = differs("('A', 1), ('b', 2), ('c', 3)");
        assert!(case.iter().any(|(key, ..)| key == "A"), "{case:?}");
    }

    #[test]
    fn masked_columns_are_not_looked_at() {
        let row = |value| Some(vec![Value::Integer(1), Value::Integer(value)]);
        assert!(!alike(&row(1), &row(2), &BTreeSet::new()));
        assert!(alike(&row(1), &row(2), &BTreeSet::from([1])));
        assert!(!alike(&row(1), &None, &BTreeSet::from([0, 1])));
    }
}
