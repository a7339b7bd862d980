//! All rows of all tables, as hashes: two databases are compared without keeping either.

use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};
use sha2::{Digest as _, Sha256};

/// Tables with their columns, in the order of their keys.
const TABLES: [(&str, &str); 3] = [
    (
        "transmissions",
        "SELECT id, hash, observations, first_seen, last_seen FROM transmissions ORDER BY id",
    ),
    (
        "observations",
        "SELECT id, transmission_id, timestamp FROM observations ORDER BY id",
    ),
    ("inbox", "SELECT id, created, body FROM inbox ORDER BY id"),
];

/// All rows of a database, 8 bytes each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(Vec<Table>);

/// The rows of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Table {
    /// SHA-256 over the SHA-256 of every row, in order.
    whole: [u8; 32],
    /// The first bytes of each row's, in order.
    rows: Box<[u64]>,
}

impl Fingerprint {
    /// What is in the database.
    pub(crate) fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let tables = TABLES.iter().map(|(_, sql)| Table::of(connection, sql));
        tables.collect::<rusqlite::Result<_>>().map(Self)
    }

    /// The first row in which it, of the database at `connection`, differs from the `reference`.
    pub(crate) fn difference(
        &self,
        reference: &Self,
        connection: &Connection,
    ) -> rusqlite::Result<Option<String>> {
        let tables = TABLES.iter().zip(self.0.iter().zip(&reference.0));
        for ((name, sql), (own, other)) in tables {
            if own.whole == other.whole {
                continue;
            }
            let both = own.rows.iter().zip(&other.rows);
            let common = own.rows.len().min(other.rows.len());
            let at = both.take_while(|(own, other)| own == other).count();
            let row = match own.rows.get(at) {
                Some(_) => shown(connection, sql, at)?,
                None => "missing".to_owned(),
            };
            let instead = if at < common {
                "another in the reference"
            } else {
                "the first that only one of both has"
            };
            return Ok(Some(format!(
                "{name} has {} rows, the reference {}; row {} is {row}, {instead}",
                own.rows.len(),
                other.rows.len(),
                at + 1
            )));
        }
        Ok(None)
    }

    /// How many rows there are, and what all of them come to.
    pub(crate) fn words(&self) -> String {
        let tables = TABLES.iter().zip(&self.0);
        let words = tables.map(|((name, _), table)| {
            let head: String = table.whole[..4]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!("{} {name} {head}…", table.rows.len())
        });
        let words: Vec<String> = words.collect();
        format!("every row is that of the reference: {}", words.join(", "))
    }
}

impl Table {
    fn of(connection: &Connection, sql: &str) -> rusqlite::Result<Self> {
        let mut select = connection.prepare(sql)?;
        let columns = select.column_count();
        let mut stored = select.query([])?;
        let mut whole = Sha256::new();
        let mut rows = Vec::new();
        while let Some(row) = stored.next()? {
            let mut hash = Sha256::new();
            for column in 0..columns {
                add(&mut hash, row.get_ref(column)?);
            }
            let hash: [u8; 32] = hash.finalize().into();
            whole.update(hash);
            let (first, _) = hash.split_first_chunk().expect("SHA-256 has 32 bytes");
            rows.push(u64::from_le_bytes(*first));
        }
        Ok(Self {
            whole: whole.finalize().into(),
            rows: rows.into(),
        })
    }
}

/// Adds a value with its type and its length: no two rows are the same bytes.
fn add(hash: &mut Sha256, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => hash.update([0]),
        ValueRef::Integer(number) => {
            hash.update([1]);
            hash.update(number.to_le_bytes());
        }
        ValueRef::Real(number) => {
            hash.update([2]);
            hash.update(number.to_le_bytes());
        }
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            hash.update([3]);
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
    }
}

/// The row at this place of what `sql` selects.
fn shown(connection: &Connection, sql: &str, at: usize) -> rusqlite::Result<String> {
    let mut select = connection.prepare(&format!("{sql} LIMIT 1 OFFSET {at}"))?;
    let columns = select.column_count();
    select.query_row([], |row| {
        let values = (0..columns).map(|column| row.get(column));
        let values: Vec<Value> = values.collect::<rusqlite::Result<_>>()?;
        Ok(format!("{values:?}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(change: &str) -> (Fingerprint, Connection) {
        let connection = Connection::open_in_memory().unwrap();
        let tables = "
            CREATE TABLE transmissions(id, hash, observations, first_seen, last_seen);
            CREATE TABLE observations(id, transmission_id, timestamp);
            CREATE TABLE inbox(id, created, body);
            INSERT INTO transmissions VALUES (1, 'a', 2, 10, 20), (2, '', 0, NULL, 30);
            INSERT INTO observations VALUES (1, 1, 10), (2, 1, 20), (3, 2, 30);
            INSERT INTO inbox VALUES ('x', 10, '12'), ('y', 20, '3');";
        connection.execute_batch(tables).unwrap();
        connection.execute_batch(change).unwrap();
        (Fingerprint::of(&connection).unwrap(), connection)
    }

    #[test]
    fn the_first_row_that_differs_is_named_and_nothing_else_is_compared() {
        let (reference, _) = database("");
        let said = |change: &str| {
            let (own, connection) = database(change);
            own.difference(&reference, &connection).unwrap()
        };
        assert_eq!(said(""), None);
        // In whichever order rows were stored.
        let moved = "DELETE FROM inbox WHERE id = 'x'; INSERT INTO inbox VALUES ('x', 10, '12')";
        assert_eq!(said(moved), None);
        for (change, expected) in [
            (
                "UPDATE transmissions SET last_seen = 31 WHERE id = 2",
                "transmissions has 2 rows, the reference 2; row 2 is [Integer(2), Text(\"\"), \
                 Integer(0), Null, Integer(31)], another in the reference",
            ),
            (
                "DELETE FROM observations WHERE id = 3",
                "observations has 2 rows, the reference 3; row 3 is missing, the first that only \
                 one of both has",
            ),
            (
                "INSERT INTO inbox VALUES ('z', 1, '')",
                "inbox has 3 rows, the reference 2; row 3 is [Text(\"z\"), Integer(1), Text(\"\")], \
                 the first that only one of both has",
            ),
        ] {
            assert_eq!(said(change).as_deref(), Some(expected));
        }
        // The same bytes in other columns, and a number that is a text.
        for change in [
            "UPDATE inbox SET id = 'x1', created = 0, body = '2' WHERE id = 'x'",
            "UPDATE transmissions SET first_seen = 0 WHERE id = 2",
            "UPDATE observations SET timestamp = '10' WHERE id = 1",
        ] {
            assert!(said(change).is_some(), "{change}");
        }
    }
}
