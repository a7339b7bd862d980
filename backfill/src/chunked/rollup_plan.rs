//! The statements a rollup leads to when it reads and writes apart.

use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, params_from_iter};

use super::job::{JobError, check_statements};
use super::plan::{Plan, Stretch};
use super::rollup::{Rollup, Shape};
use crate::identifier::quoted;
use crate::ledger::{Cursor, Key, Order};

/// A key, and the value its row is to have at least.
pub(super) type Raise = (Value, Value);

/// The statements of one rollup, ready to prepare.
#[derive(Clone, Debug)]
pub(super) struct RollupPlan {
    rollup: Rollup,
    /// How the keys of the target are gone through.
    pub(super) keys: Arc<Plan>,
    first_maxima: String,
    next_maxima: String,
    source_bounds: String,
    first_rows: String,
    next_rows: String,
    current: String,
    raise: String,
    create_scratch: String,
    put: String,
    taken: String,
    drop_scratch: String,
}

/// Rows of the source as they are stored: their reference and value, where both are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Walked {
    /// Rows read.
    pub(super) rows: u64,
    /// The rowid of the last one.
    pub(super) upto: Option<i64>,
    /// What they say.
    pub(super) values: Vec<(i64, i64)>,
}

impl RollupPlan {
    pub(super) fn of(rollup: &Rollup) -> Result<Self, JobError> {
        let keys = Arc::new(Plan::of(&rollup.in_place()?));
        let key = quoted(&rollup.key_column()?);
        let [table, column] = [&rollup.table, &rollup.column].map(|name| quoted(name));
        let [source, source_key, refers, value] = [
            &rollup.source,
            &rollup.source_key,
            &rollup.refers,
            &rollup.value,
        ]
        .map(|name| quoted(name));
        let scratch = quoted(&scratch_name(&rollup.name));
        // Every column with its table: SQLite takes a quoted name that is no column for a text.
        // By the key's own order, as chunks are cut: that of `refers` may be another. In a table of
        // its own, because each mention of a maximum would find it again.
        let maxima = |after: &str| {
            format!(
                "WITH m AS MATERIALIZED (
                   SELECT t.{key} AS k, t.{column} AS c,
                     (SELECT max(o.{value}) FROM {source} AS o WHERE o.{refers} = t.{key}) AS v
                   FROM {table} AS t WHERE {after}t.{key} <= ?1)
                 SELECT k, v FROM m WHERE v IS NOT NULL AND (c IS NULL OR c < v)"
            )
        };
        let rows = |after: &str| {
            format!(
                "SELECT o.{source_key}, o.{refers}, o.{value} FROM {source} AS o
                 WHERE {after}o.{source_key} <= ?1 ORDER BY o.{source_key} LIMIT ?2"
            )
        };
        Ok(Self {
            rollup: rollup.clone(),
            keys,
            first_maxima: maxima(""),
            next_maxima: maxima(&format!("t.{key} > ?2 AND ")),
            source_bounds: format!(
                "SELECT (SELECT min(o.{source_key}) FROM {source} AS o),
                        (SELECT max(o.{source_key}) FROM {source} AS o)"
            ),
            first_rows: rows(""),
            next_rows: rows(&format!("o.{source_key} > ?3 AND ")),
            current: format!("SELECT t.{column} FROM {table} AS t WHERE t.{key} = ?1"),
            raise: format!(
                "UPDATE {table} AS t SET {column} = ?2
                 WHERE t.{key} = ?1 AND (t.{column} IS NULL OR t.{column} < ?2)"
            ),
            create_scratch: format!(
                "CREATE TABLE IF NOT EXISTS {scratch}(key INTEGER PRIMARY KEY, value INTEGER)"
            ),
            put: format!(
                "INSERT INTO {scratch}(key, value) VALUES (?1, ?2)
                 ON CONFLICT(key) DO UPDATE SET value = max(value, excluded.value)"
            ),
            taken: format!(
                "SELECT key, value FROM {scratch} WHERE key >= ?1 ORDER BY key LIMIT ?2"
            ),
            drop_scratch: format!("DROP TABLE IF EXISTS {scratch}"),
        })
    }

    /// Checks the rollup against the database. Reads the schema only.
    pub(super) fn check(&self, connection: &Connection, shape: Shape) -> Result<(), JobError> {
        self.rollup.check(connection, shape)?;
        check_statements(connection, &self.keys.statements(connection)?)?;
        let all = [
            &self.first_maxima,
            &self.next_maxima,
            &self.source_bounds,
            &self.first_rows,
            &self.next_rows,
            &self.current,
            &self.raise,
        ];
        check_statements(connection, &all.map(String::as_str))
    }

    /// The cursor before the first row of the source, in storage order; `None` if it is empty. What
    /// another run of this name may have kept is no part of this one.
    pub(super) fn before_storage(
        &self,
        connection: &Connection,
    ) -> rusqlite::Result<Option<Cursor>> {
        self.drop_scratch(connection)?;
        let bounds: (Option<i64>, Option<i64>) = connection
            .prepare_cached(&self.source_bounds)?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (Some(first), Some(last)) = bounds else {
            return Ok(None);
        };
        let mut cursor = Cursor::before(Key::Integer(first), Key::Integer(last), Order::Storage);
        cursor.keys = match self.keys.bounds(connection)? {
            Some((Key::Integer(first), Key::Integer(last))) => {
                let span = i128::from(last) - i128::from(first) + 1;
                Some(u64::try_from(span).unwrap_or(u64::MAX))
            }
            _ => Some(0),
        };
        Ok(Some(cursor))
    }

    /// Of the keys behind the cursor up to the end of `stretch`, those whose rows are too low, and
    /// what they have to be raised to.
    pub(super) fn maxima(
        &self,
        connection: &Connection,
        cursor: &Cursor,
        stretch: &Stretch,
    ) -> rusqlite::Result<Vec<Raise>> {
        let upto = stretch.upto.values();
        let (sql, params) = match &cursor.after {
            None => (&self.first_maxima, upto),
            Some(after) => (&self.next_maxima, [upto, after.values()].concat()),
        };
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(params_from_iter(params), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        rows.collect()
    }

    /// The next `rows` rows of the source behind `after`, up to `last`.
    pub(super) fn walk(
        &self,
        connection: &Connection,
        after: Option<i64>,
        last: i64,
        rows: u64,
    ) -> rusqlite::Result<Walked> {
        let limit = i64::try_from(rows).unwrap_or(i64::MAX);
        let (sql, params) = match after {
            None => (&self.first_rows, vec![last, limit]),
            Some(after) => (&self.next_rows, vec![last, limit, after]),
        };
        let mut statement = connection.prepare_cached(sql)?;
        let mut found = statement.query(params_from_iter(params))?;
        let mut walked = Walked::default();
        while let Some(row) = found.next()? {
            walked.rows += 1;
            walked.upto = Some(row.get(0)?);
            let said: (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
            if let (Some(refers), Some(value)) = said {
                walked.values.push((refers, value));
            }
        }
        Ok(walked)
    }

    /// Those of `maxima` whose rows are there, and too low.
    pub(super) fn too_low(
        &self,
        connection: &Connection,
        maxima: &[(i64, i64)],
    ) -> rusqlite::Result<Vec<Raise>> {
        let mut current = connection.prepare_cached(&self.current)?;
        let mut raises = Vec::new();
        for &(key, value) in maxima {
            let now: Option<Option<i64>> = current.query_row([key], |row| row.get(0)).optional()?;
            if now.is_some_and(|now| now.is_none_or(|now| now < value)) {
                raises.push((Value::Integer(key), Value::Integer(value)));
            }
        }
        Ok(raises)
    }

    /// Raises the rows that are still too low; how many there were.
    pub(super) fn raise(&self, connection: &Connection, raises: &[Raise]) -> rusqlite::Result<u64> {
        let mut raise = connection.prepare_cached(&self.raise)?;
        let mut raised = 0;
        for (key, value) in raises {
            raised += raise.execute([key, value])? as u64;
        }
        Ok(raised)
    }

    /// Keeps `maxima` in the scratch table.
    pub(super) fn put(
        &self,
        connection: &Connection,
        maxima: &[(i64, i64)],
    ) -> rusqlite::Result<()> {
        connection.execute_batch(&self.create_scratch)?;
        let mut put = connection.prepare_cached(&self.put)?;
        for &(key, value) in maxima {
            put.execute([key, value])?;
        }
        Ok(())
    }

    /// The next `rows` maxima of the scratch table behind `after`.
    pub(super) fn taken(
        &self,
        connection: &Connection,
        after: Option<i64>,
        rows: u64,
    ) -> rusqlite::Result<Vec<(i64, i64)>> {
        let Some(from) = after.map_or(Some(i64::MIN), |after| after.checked_add(1)) else {
            return Ok(Vec::new());
        };
        let limit = i64::try_from(rows).unwrap_or(i64::MAX);
        let mut statement = connection.prepare_cached(&self.taken)?;
        let found = statement.query_map([from, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        found.collect()
    }

    /// Removes the scratch table, if there is one.
    pub(super) fn drop_scratch(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute_batch(&self.drop_scratch)
    }
}

/// The scratch table of the backfill `name`: readable where the name is, and another for every
/// name although SQLite's names know no case.
fn scratch_name(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.bytes().all(plain) {
        return format!("_backfill_scratch_{name}");
    }
    let hex = name.bytes().map(|byte| format!("{byte:02x}"));
    // No plain name has a hyphen.
    format!("_backfill_scratch_hex-{}", hex.collect::<String>())
}
