//! Values of a column, each row as likely, drawn before the run.
//!
//! A table with rowids is probed: a random number between the least and the largest rowid is a row
//! or is not, and those that are make a uniform sample however the gaps lie. Where nearly all
//! numbers are gaps, and in a table without rowids, one scan keeps a reservoir (Vitter's algorithm
//! R). Either way a row may come more than once, and the same seed and file give the same values.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _};

use super::rows::stored;
use super::schema::{Kind, tables};
use crate::identifier::quoted;
use crate::seed::below;

/// Values kept of a column: so many that no request of a run meets the same few again and again,
/// and few enough to be read in a moment.
const KEPT: usize = 4_096;
/// Probes for each value that is wanted, before a scan is cheaper.
const PROBES: usize = 16;

/// Values of `column` in `table`; none if it has no row.
pub(super) fn sample(
    connection: &Connection,
    table: &str,
    column: &str,
    random: &mut ChaCha8Rng,
) -> rusqlite::Result<Vec<Value>> {
    let all = tables(connection)?;
    let found = all.iter().find(|one| one.name.eq_ignore_ascii_case(table));
    if let Some(found) = found
        && found.kind == Kind::Table
        && found.has_rowid()
        && let Some(rowid) = found.identity(connection)?
        && let Some(values) = probed(connection, table, column, &rowid[0], random)?
    {
        return Ok(values);
    }
    scanned(connection, table, column, random)
}

/// Values of rows hit by probes; `None` if too few were.
fn probed(
    connection: &Connection,
    table: &str,
    column: &str,
    rowid: &str,
    random: &mut ChaCha8Rng,
) -> rusqlite::Result<Option<Vec<Value>>> {
    let (table, column) = (quoted(table), quoted(column));
    let bounds =
        format!("SELECT (SELECT min({rowid}) FROM {table}), (SELECT max({rowid}) FROM {table})");
    let bounds: (Option<i64>, Option<i64>) =
        connection.query_row(&bounds, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(least), Some(most)) = bounds else {
        return Ok(Some(Vec::new()));
    };
    let numbers = most.wrapping_sub(least).cast_unsigned().saturating_add(1);
    let mut one =
        connection.prepare(&format!("SELECT {column} FROM {table} WHERE {rowid} = ?1"))?;
    let mut values = Vec::with_capacity(KEPT);
    for _ in 0..KEPT * PROBES {
        let at = least.wrapping_add_unsigned(below(random.next_u64(), numbers));
        if let Some(value) = one
            .query_row([at], |row| row.get_ref(0).map(stored))
            .optional()?
        {
            values.push(value);
        }
        if values.len() == KEPT {
            return Ok(Some(values));
        }
    }
    Ok(None)
}

/// A reservoir over all rows.
fn scanned(
    connection: &Connection,
    table: &str,
    column: &str,
    random: &mut ChaCha8Rng,
) -> rusqlite::Result<Vec<Value>> {
    let sql = format!("SELECT {} FROM {}", quoted(column), quoted(table));
    let mut all = connection.prepare(&sql)?;
    let mut rows = all.query([])?;
    let mut values: Vec<Value> = Vec::new();
    let mut seen = 0_u64;
    while let Some(row) = rows.next()? {
        seen += 1;
        if values.len() < KEPT {
            values.push(stored(row.get_ref(0)?));
            continue;
        }
        let place = usize::try_from(below(random.next_u64(), seen)).unwrap_or(usize::MAX);
        if let Some(kept) = values.get_mut(place) {
            *kept = stored(row.get_ref(0)?);
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Purpose, stream};

    fn drawn(sql: &str, seed: u64) -> Vec<i64> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(sql).unwrap();
        let mut random = stream(seed, Purpose::Arrivals, "sample");
        let values = sample(&connection, "t", "v", &mut random).unwrap();
        let integer = |value: Value| match value {
            Value::Integer(value) => value,
            other => panic!("{other:?}"),
        };
        values.into_iter().map(integer).collect()
    }

    const MANY: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9999)";

    /// Rows behind a wide gap are no likelier than others, which they would be if the next row
    /// behind a random number were taken.
    #[test]
    fn each_row_is_as_likely_whatever_the_gaps_and_the_kind_of_table() {
        for (table, key) in [
            ("t(k INTEGER PRIMARY KEY, v)", "iif(i > 5000, i * 7, i)"),
            ("t(k INTEGER PRIMARY KEY, v)", "i * 1000000007"),
            ("t(k TEXT PRIMARY KEY, v) WITHOUT ROWID", "'k' || i"),
        ] {
            let sql = format!("CREATE TABLE {table}; {MANY} INSERT INTO t SELECT {key}, i FROM n");
            let values = drawn(&sql, 1);
            assert_eq!(values.len(), KEPT, "{table} {key}");
            let low = values.iter().filter(|&&value| value <= 5_000).count();
            assert!((1_900..=2_200).contains(&low), "{table} {key}: {low}");
            assert_eq!(values, drawn(&sql, 1));
            assert_ne!(values, drawn(&sql, 2));
        }
    }

    #[test]
    fn a_few_rows_and_none_are_all_there_is() {
        let few = drawn("CREATE TABLE t(v); INSERT INTO t VALUES (1), (2)", 1);
        assert!(few.contains(&1) && few.contains(&2));
        assert!(drawn("CREATE TABLE t(v)", 1).is_empty());
    }
}
