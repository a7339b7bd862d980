//! The statements a job leads to.
//!
//! A chunk covers the next `rows` keys whether or not their rows are eligible, so that its cost is
//! bounded by its size, and a stretch of rows with nothing to do is passed once and never seen
//! again.

use rusqlite::types::Value;
use rusqlite::{Connection, Params, params, params_from_iter};

use super::fragment::quoted;
use super::job::Job;
use crate::ledger::{Cursor, Key};

/// The statements of one job, ready to prepare.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    bounds: String,
    first_edge: String,
    next_edge: String,
    first_update: String,
    next_update: String,
}

/// A stretch of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Its last key.
    pub(super) upto: Key,
    /// How many keys it has.
    pub(super) keys: u64,
}

impl Plan {
    pub(super) fn of(job: &Job) -> Self {
        let (table, key) = (quoted(&job.table), quoted(&job.key));
        let (set, eligible) = (&job.set, &job.eligible);
        let edge = |after: &str| {
            format!(
                "SELECT max(k), count(*) FROM (SELECT {key} AS k FROM {table}
                 WHERE {after}{key} <= ?1 ORDER BY {key} LIMIT ?2)"
            )
        };
        // The line breaks keep a comment at a fragment's end from swallowing what follows.
        let update = |after: &str| {
            format!("UPDATE {table} SET {set}\n WHERE {after}{key} <= ?1 AND (\n{eligible}\n)")
        };
        Self {
            // min() and max() side by side would scan the table; SQLite seeks only for one alone.
            bounds: format!(
                "SELECT (SELECT min({key}) FROM {table}), (SELECT max({key}) FROM {table})"
            ),
            first_edge: edge(""),
            next_edge: edge(&format!("{key} > ?3 AND ")),
            first_update: update(""),
            next_update: update(&format!("{key} > ?2 AND ")),
        }
    }

    pub(super) fn statements(&self) -> [&str; 5] {
        [
            &self.bounds,
            &self.first_edge,
            &self.next_edge,
            &self.first_update,
            &self.next_update,
        ]
    }

    /// The smallest and largest key there are now; `None` if the table is empty.
    pub(super) fn bounds(&self, connection: &Connection) -> rusqlite::Result<Option<(Key, Key)>> {
        connection
            .prepare_cached(&self.bounds)?
            .query_row([], |row| {
                let first: Value = row.get(0)?;
                let last: Value = row.get(1)?;
                Ok(match (first, last) {
                    (Value::Null, _) | (_, Value::Null) => None,
                    (first, last) => Some((key_of(first)?, key_of(last)?)),
                })
            })
    }

    /// The next stretch of at most `rows` keys behind the cursor; `None` if there is no key left.
    pub(super) fn next_stretch(
        &self,
        connection: &Connection,
        cursor: &Cursor,
        rows: u64,
    ) -> rusqlite::Result<Option<Stretch>> {
        let limit = Value::Integer(i64::try_from(rows).unwrap_or(i64::MAX));
        let last = Value::from(&cursor.last);
        match &cursor.after {
            None => stretch(connection, &self.first_edge, params![last, limit]),
            Some(after) => {
                let all = [last, limit, Value::from(after)];
                stretch(connection, &self.next_edge, params_from_iter(all))
            }
        }
    }

    /// Does the job in every eligible row behind the cursor up to `upto`; how many there were.
    pub(super) fn update(
        &self,
        connection: &Connection,
        cursor: &Cursor,
        upto: &Key,
    ) -> rusqlite::Result<u64> {
        let upto = Value::from(upto);
        let changed = match &cursor.after {
            None => connection
                .prepare_cached(&self.first_update)?
                .execute([upto])?,
            Some(after) => connection
                .prepare_cached(&self.next_update)?
                .execute([upto, Value::from(after)])?,
        };
        Ok(changed as u64)
    }
}

fn stretch(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> rusqlite::Result<Option<Stretch>> {
    connection.prepare_cached(sql)?.query_row(params, |row| {
        Ok(match row.get(0)? {
            Value::Null => None,
            upto => Some(Stretch {
                upto: key_of(upto)?,
                keys: row.get::<_, i64>(1)?.unsigned_abs(),
            }),
        })
    })
}

/// A key that can be stored in the ledger and compared again.
fn key_of(value: Value) -> rusqlite::Result<Key> {
    match value {
        Value::Integer(key) => Ok(Key::Integer(key)),
        Value::Text(key) => Ok(Key::Text(key)),
        other => Err(rusqlite::Error::FromSqlConversionFailure(
            0,
            other.data_type(),
            "only integers and text can be keys of a backfill".into(),
        )),
    }
}
