//! The statements a job leads to.
//!
//! A chunk covers the next `rows` keys whether or not their rows are eligible, so that its cost is
//! bounded by its size, and a stretch of rows with nothing to do is passed once and never seen
//! again.
//!
//! A key of several columns is compared as a row value, `(a, b) > (?, ?)`, by which SQLite seeks
//! in an index over these columns as it does by one. Left alone, it may prefer an index over the
//! first of them, and meet all rows that share its value in every chunk; so the index is named.

use std::sync::OnceLock;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params_from_iter};

use super::job::{Job, JobError};
use crate::identifier::quoted;
use crate::ledger::{Cursor, Key};

/// How the rows of one job are reached.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    job: Job,
    /// Known from the start for one column; for several, once the schema has been seen.
    statements: OnceLock<Statements>,
}

/// The statements of one job, ready to prepare.
#[derive(Clone, Debug)]
struct Statements {
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
        let statements = OnceLock::new();
        if job.columns.len() == 1 {
            statements.get_or_init(|| Statements::of(job, None));
        }
        Self {
            job: job.clone(),
            statements,
        }
    }

    /// All statements, to be checked.
    pub(super) fn statements(&self, connection: &Connection) -> Result<[&str; 5], JobError> {
        let statements = self.seen(connection)?;
        Ok([
            &statements.bounds,
            &statements.first_edge,
            &statements.next_edge,
            &statements.first_update,
            &statements.next_update,
        ])
    }

    /// The statements for the schema as it was when they were first asked for: should the index go
    /// away, SQLite refuses them.
    fn seen(&self, connection: &Connection) -> Result<&Statements, JobError> {
        if let Some(statements) = self.statements.get() {
            return Ok(statements);
        }
        let index = self.job.key_columns().index(connection)?;
        let statements = Statements::of(&self.job, Some(&index));
        Ok(self.statements.get_or_init(|| statements))
    }

    fn get(&self, connection: &Connection) -> rusqlite::Result<&Statements> {
        self.seen(connection)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
    }

    const fn width(&self) -> usize {
        self.job.columns.len()
    }

    /// The smallest and largest key there are now; `None` if the table is empty.
    pub(super) fn bounds(&self, connection: &Connection) -> rusqlite::Result<Option<(Key, Key)>> {
        connection
            .prepare_cached(&self.get(connection)?.bounds)?
            .query_row([], |row| {
                let first = key_at(row, 0, self.width())?;
                let last = key_at(row, self.width(), self.width())?;
                Ok(first.zip(last))
            })
            .optional()
            .map(Option::flatten)
    }

    /// The next stretch of at most `rows` keys behind the cursor; `None` if there is no key left.
    pub(super) fn next_stretch(
        &self,
        connection: &Connection,
        cursor: &Cursor,
        rows: u64,
    ) -> rusqlite::Result<Option<Stretch>> {
        let limit = Value::Integer(i64::try_from(rows).unwrap_or(i64::MAX));
        let mut params = self.values(&cursor.last)?;
        params.push(limit);
        let statements = self.get(connection)?;
        let sql = match &cursor.after {
            None => &statements.first_edge,
            Some(after) => {
                params.extend(self.values(after)?);
                &statements.next_edge
            }
        };
        let mut statement = connection.prepare_cached(sql)?;
        let mut found = statement.query(params_from_iter(params))?;
        let (mut upto, mut keys) = (None, 0);
        while let Some(row) = found.next()? {
            upto = key_at(row, 0, self.width())?;
            if self.width() == 1 {
                // There is one row, which says how many keys there are.
                keys = row.get::<_, i64>(1)?.unsigned_abs();
                break;
            }
            keys += 1;
        }
        Ok(upto.map(|upto| Stretch { upto, keys }))
    }

    /// Does the job in every eligible row behind the cursor up to `upto`; how many there were.
    pub(super) fn update(
        &self,
        connection: &Connection,
        cursor: &Cursor,
        upto: &Key,
    ) -> rusqlite::Result<u64> {
        let mut params = self.values(upto)?;
        let statements = self.get(connection)?;
        let sql = match &cursor.after {
            None => &statements.first_update,
            Some(after) => {
                params.extend(self.values(after)?);
                &statements.next_update
            }
        };
        let changed = connection
            .prepare_cached(sql)?
            .execute(params_from_iter(params))?;
        Ok(changed as u64)
    }

    /// The values of a key, if it is one of this plan's.
    fn values(&self, key: &Key) -> rusqlite::Result<Vec<Value>> {
        let values = key.values();
        if values.len() == self.width() {
            return Ok(values);
        }
        Err(rusqlite::Error::ToSqlConversionFailure(
            "the cursor in the ledger is of a key with another number of columns".into(),
        ))
    }
}

impl Statements {
    /// The statements of `job`, by `index` where it is named.
    fn of(job: &Job, index: Option<&str>) -> Self {
        let table = match index {
            None => quoted(&job.table),
            Some(index) => format!("{} INDEXED BY {}", quoted(&job.table), quoted(index)),
        };
        let (set, eligible) = (&job.set, &job.eligible);
        let key = KeySql::of(&job.columns);
        let (width, row) = (job.columns.len(), &key.row);
        let edge = |after: &str| {
            let upto = params_from(1, width);
            let within = format!("{after}{row} <= {upto}");
            key.edge(&table, &within, width + 1)
        };
        // The line breaks keep a comment at a fragment's end from swallowing what follows.
        let update = |after: &str| {
            let upto = params_from(1, width);
            format!("UPDATE {table} SET {set}\n WHERE {after}{row} <= {upto} AND (\n{eligible}\n)")
        };
        let behind = |first| format!("{row} > {} AND ", params_from(first, width));
        Self {
            bounds: key.bounds(&table),
            first_edge: edge(""),
            next_edge: edge(&behind(width + 2)),
            first_update: update(""),
            next_update: update(&behind(width + 1)),
        }
    }
}

/// How the key is written in SQL.
struct KeySql {
    /// Its columns.
    columns: Vec<String>,
    /// All of them as one value: the column, or a row value.
    row: String,
}

impl KeySql {
    fn of(columns: &[String]) -> Self {
        let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
        let row = match columns.as_slice() {
            [one] => one.clone(),
            several => format!("({})", several.join(", ")),
        };
        Self { columns, row }
    }

    /// The first and the last key, side by side.
    fn bounds(&self, table: &str) -> String {
        let list = self.columns.join(", ");
        match self.columns.as_slice() {
            // min() and max() side by side would scan the table; SQLite seeks only for one alone.
            [key] => {
                format!("SELECT (SELECT min({key}) FROM {table}), (SELECT max({key}) FROM {table})")
            }
            several => {
                let down: Vec<String> = several.iter().map(|one| format!("{one} DESC")).collect();
                format!(
                    "SELECT * FROM (SELECT {list} FROM {table} ORDER BY {list} LIMIT 1),
                       (SELECT {list} FROM {table} ORDER BY {} LIMIT 1)",
                    down.join(", ")
                )
            }
        }
    }

    /// The keys `within` bounds, as many as parameter `limit` says: their last and their number, or
    /// each of them where the largest of a row value is not to be had.
    fn edge(&self, table: &str, within: &str, limit: usize) -> String {
        let list = self.columns.join(", ");
        match self.columns.as_slice() {
            [key] => format!(
                "SELECT max(k), count(*) FROM (SELECT {key} AS k FROM {table}
                 WHERE {within} ORDER BY {key} LIMIT ?{limit})"
            ),
            _ => {
                format!("SELECT {list} FROM {table} WHERE {within} ORDER BY {list} LIMIT ?{limit}")
            }
        }
    }
}

/// `width` parameters from number `first` on, as one value.
fn params_from(first: usize, width: usize) -> String {
    let params: Vec<String> = (first..first + width)
        .map(|nth| format!("?{nth}"))
        .collect();
    match params.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join(", ")),
    }
}

/// The key in `width` columns of a row from column `first` on; `None` if it is NULL.
fn key_at(row: &Row<'_>, first: usize, width: usize) -> rusqlite::Result<Option<Key>> {
    let mut keys = Vec::with_capacity(width);
    for at in first..first + width {
        match row.get(at)? {
            Value::Null => return Ok(None),
            value => keys.push(key_of(value)?),
        }
    }
    Ok(match <[Key; 1]>::try_from(keys) {
        Ok([one]) => Some(one),
        Err(several) => Some(Key::Columns(several)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus;

    const TABLES: [&str; 4] = [
        "CREATE TABLE t(a TEXT NOT NULL, b INT NOT NULL, v INT, PRIMARY KEY(a, b))",
        "CREATE TABLE t(a TEXT, b INT, v INT, PRIMARY KEY(a, b)) WITHOUT ROWID",
        "CREATE TABLE t(a TEXT NOT NULL, b INT NOT NULL, v INT);
         CREATE UNIQUE INDEX down ON t(a DESC, b DESC)",
        "CREATE TABLE t(b INT NOT NULL, a TEXT NOT NULL COLLATE NOCASE, v INT);
         CREATE INDEX misleading ON t(b); CREATE INDEX alike ON t(a);
         CREATE UNIQUE INDEX both ON t(a, b)",
    ];

    fn plan() -> Plan {
        Plan::of(&Job::new("j", "t", "a, b", "v = 0", "v = 1").unwrap())
    }

    fn database(table: &str, rows: u64) -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(table).unwrap();
        // One text for all: whoever seeks by the first column alone sees every row.
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                    INSERT INTO t(a, b, v) SELECT 'a', i, 0 FROM n";
        db.execute(fill, [rows.cast_signed()]).unwrap();
        db
    }

    #[test]
    fn sqlite_seeks_by_all_columns_and_sorts_nothing() {
        for table in TABLES {
            let (db, plan) = (database(table, 100), plan());
            for sql in plan.statements(&db).unwrap() {
                let mut asked = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
                let steps = asked
                    .query_map(params_from_iter(vec![0; asked.parameter_count()]), |row| {
                        row.get::<_, String>(3)
                    });
                let steps: Vec<String> = steps.unwrap().map(Result::unwrap).collect();
                let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
                let seeks = steps.iter().any(|step| step.contains("((a,b)"));
                assert!(
                    !sorts && (seeks || sql.contains("LIMIT 1)")),
                    "{table}: {sql}: {steps:?}"
                );
            }
        }
    }

    /// The plan's words are SQLite's; what it does is counted.
    #[test]
    fn the_work_of_a_chunk_does_not_grow_with_the_table() {
        for table in TABLES {
            let db = database(table, 20_000);
            let key = |nth| Key::Columns(vec![Key::Text("a".to_owned()), Key::Integer(nth)]);
            let cursor = Cursor::before(key(1), key(20_000), crate::ledger::Order::Key);
            let cursor = cursor.past(key(10_000), 10_000);
            let plan = plan();
            let (first, last) = plan.bounds(&db).unwrap().unwrap();
            assert_eq!((first, last), (key(1), key(20_000)));
            let stretch = plan.next_stretch(&db, &cursor, 10).unwrap().unwrap();
            assert_eq!((&stretch.upto, stretch.keys), (&key(10_010), 10), "{table}");
            assert_eq!(plan.update(&db, &cursor, &stretch.upto).unwrap(), 10);
            let used = plan.get(&db).unwrap();
            for sql in [&used.bounds, &used.next_edge, &used.next_update] {
                let statement = db.prepare_cached(sql).unwrap();
                let steps = statement.get_status(StatementStatus::VmStep);
                assert!((1..1_000).contains(&steps), "{table}: {steps} for {sql}");
            }
        }
    }
}
