//! Whether the keys in a table can be noted in the ledger: integers and text can.
//!
//! What a column is declared as does not tell: SQLite puts a 1.5 into an INTEGER and bytes into a
//! TEXT. So all keys are looked at, once, before anything runs.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::job::Keyed;

/// Why a key that tells rows apart is of no use all the same; `None` if all keys can be noted.
///
/// # Errors
/// What SQLite says.
pub(crate) fn unstorable(
    connection: &Connection,
    keyed: &Keyed,
) -> rusqlite::Result<Option<&'static str>> {
    if is_rowid(connection, keyed)? {
        return Ok(None);
    }
    let mut statement = connection.prepare(&keyed.walk())?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for at in 0..keyed.columns.len() {
            let reason = match row.get_ref(at)? {
                ValueRef::Integer(_) => continue,
                ValueRef::Text(text) if str::from_utf8(text).is_ok() => continue,
                ValueRef::Text(_) => "one is text that is no UTF-8, which cannot be noted",
                ValueRef::Null => "one is NULL",
                ValueRef::Real(_) => {
                    "one is a real number, and only integers and text can be noted"
                }
                ValueRef::Blob(_) => "one is a BLOB, and only integers and text can be noted",
            };
            return Ok(Some(reason));
        }
    }
    Ok(None)
}

/// Whether it is the rowid, which is an integer in every row: no other key goes without an index.
fn is_rowid(connection: &Connection, keyed: &Keyed) -> rusqlite::Result<bool> {
    let [column] = keyed.columns.as_slice() else {
        return Ok(false);
    };
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM pragma_index_list(?1) AS l
               WHERE (SELECT name FROM pragma_index_info(l.name) WHERE seqno = 0)
                 = ?2 COLLATE NOCASE)";
    connection.query_row(sql, [&keyed.table, column], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_key_that_cannot_be_noted_is_found() {
        for (rows, found) in [
            ("(1, 'a'), (2, 'b')", None),
            ("(1, 'a'), ('x', 2)", None),
            ("(1, 'a'), (1.5, 'b'), (2, 'c')", Some("real")),
            ("(1, 'a'), (2, x'00'), ('z', 'c')", Some("BLOB")),
            ("(1, 'a'), (2, CAST(x'ff' AS TEXT))", Some("UTF-8")),
        ] {
            let connection = Connection::open_in_memory().unwrap();
            let table = "CREATE TABLE t(k INT, l TEXT, PRIMARY KEY(k, l)) WITHOUT ROWID";
            let sql = format!("{table}; INSERT INTO t VALUES {rows}");
            connection.execute_batch(&sql).unwrap();
            let keyed = Keyed::new("t", &["k".to_owned(), "l".to_owned()]);
            let reason = unstorable(&connection, &keyed).unwrap();
            assert_eq!(reason.is_some(), found.is_some(), "{rows}");
            assert!(reason.unwrap_or("").contains(found.unwrap_or("")), "{rows}");
        }
    }
}
