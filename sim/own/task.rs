//! The job of a scenario, in every form in which a strategy does it.

use backfill::chunked::{Job, JobError, Rollup, key_columns};

use crate::identifier::quoted;
use crate::job::{Chunks, Keyed, Task};
use crate::scenario;

/// What a job does to a row, as SQL: of the statement that shows what all rows are to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RowSql {
    /// Behind `SET`.
    pub(super) set: String,
    /// Behind `WHERE`.
    pub(super) eligible: String,
}

impl RowSql {
    /// The SQL of `job`. That of a rollup is written here, and not taken from the code under test.
    pub(super) fn of(job: &scenario::Job) -> Self {
        let Some(rollup) = rollup(job) else {
            return Self {
                set: job.set.clone().unwrap_or_default(),
                eligible: job.eligible.clone().unwrap_or_else(|| "true".to_owned()),
            };
        };
        let [table, key, column, source, refers, value] = [
            &rollup.table,
            &rollup.key,
            &rollup.column,
            &rollup.source,
            &rollup.refers,
            &rollup.value,
        ]
        .map(|name| quoted(name));
        let rows = format!("FROM {source} AS s WHERE s.{refers} = {table}.{key}");
        let largest = format!("(SELECT max(s.{value}) {rows})");
        Self {
            set: format!(
                "{column} = CASE WHEN {column} IS NULL THEN {largest}
                 WHEN {largest} IS NULL THEN {column} ELSE max({column}, {largest}) END"
            ),
            eligible: format!("EXISTS (SELECT 1 {rows})"),
        }
    }

    /// One UPDATE over the rows of `table` for which `also` holds, found by `also`.
    pub(super) fn update(&self, table: &str, also: &str) -> String {
        let (set, eligible, table) = (&self.set, self.eligible(), quoted(table));
        format!("UPDATE {table} SET {set}\n WHERE {eligible} AND {also}")
    }

    /// Whether a row is one of those to be filled. `IS TRUE` keeps SQLite from going by an index
    /// on it, in which the rows of one chunk are nowhere near each other. The line breaks keep a
    /// comment at a fragment's end from swallowing what follows.
    pub(super) fn eligible(&self) -> String {
        format!("((\n{}\n) IS TRUE)", self.eligible)
    }

    /// The statement that does it all, as somebody would write it who has no reference in mind.
    fn whole(&self, table: &str) -> String {
        let (set, eligible, table) = (&self.set, &self.eligible, quoted(table));
        format!("UPDATE {table} SET {set}\n WHERE (\n{eligible}\n) AND true")
    }
}

/// `job` as a task.
///
/// # Errors
/// If a part of it is empty or would break out of its statement.
pub(super) fn task(job: &scenario::Job) -> Result<Task, JobError> {
    let sql = RowSql::of(job);
    let rollup = rollup(job);
    let source = rollup
        .as_ref()
        .map(|rollup| Keyed::new(&rollup.source, std::slice::from_ref(&rollup.source_key)));
    let chunks = match rollup {
        Some(rollup) => Chunks::Rollup(rollup),
        None => Chunks::Columns(Job::new(
            &job.name,
            &job.table,
            &job.key,
            &sql.eligible,
            &sql.set,
        )?),
    };
    let update = sql.whole(&job.table);
    Ok(Task {
        name: job.name.clone(),
        rows: Keyed::new(&job.table, &key_columns(&job.key)?),
        source,
        chunks,
        guarded_update: update.clone(),
        update,
    })
}

fn rollup(job: &scenario::Job) -> Option<Rollup> {
    Some(Rollup {
        name: job.name.clone(),
        table: job.table.clone(),
        key: job.key.clone(),
        column: job.column.clone()?,
        source: job.source.clone()?,
        source_key: job.source_key.clone()?,
        refers: job.refers.clone()?,
        value: job.value.clone()?,
    })
}
