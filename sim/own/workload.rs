//! A file with its job and its users, as a workload.

use std::sync::Arc;
use std::time::Duration;

use backfill::Instant;
use rusqlite::Connection;

use super::error::IntakeError;
use super::file::DatabaseFile;
use super::fit::earlier;
use super::reference::References;
use super::requests::Requests;
use super::rows::{Reader, stored};
use crate::digest::Digest;
use crate::identifier::quoted;
use crate::job::Task;
use crate::load::{Effect, Plan, Planned};
use crate::outcome::RequestKind;
use crate::scenario::Scenario;

/// A file with its job and the traffic of a seed.
#[derive(Debug)]
pub struct Own {
    pub(super) file: Arc<DatabaseFile>,
    pub(super) task: Arc<Task>,
    pub(super) requests: Requests,
    pub(super) references: Arc<References>,
    counts: Counts,
}

/// What a file holds, as far as somebody has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Rows of the job's table.
    pub(crate) rows: u64,
    /// Rows of the source of a rollup.
    pub(crate) source_rows: u64,
    /// Rows that an earlier run of the job had written.
    pub(crate) rows_done: u64,
    /// Rows that change with one that is filled.
    pub(crate) changes_per_row: u64,
}

impl Own {
    /// Unix second of modelled time 0: 2026-01-01T00:00:00Z. A file does not say when it is from,
    /// and a run must not depend on when it is made.
    pub const START_UNIX_S: i64 = 1_767_225_600;

    /// The workload of `scenario`, one for each of its seeds; none if it names no file.
    ///
    /// # Errors
    /// If SQLite fails on the file.
    pub fn of(scenario: &Scenario) -> Result<Vec<(u64, Arc<Self>)>, IntakeError> {
        let (Some(file), Some(job)) = (&scenario.file, &scenario.model.job) else {
            return Ok(Vec::new());
        };
        let failed = IntakeError::sqlite(file.path());
        let opened = file.connect().map_err(&failed)?;
        let connection = &opened.connection;
        let references = References::new(file, job).map_err(&failed)?;
        let task = Arc::clone(references.task());
        let count = |table: &str| -> rusqlite::Result<u64> {
            let sql = format!("SELECT count(*) FROM {}", quoted(table));
            connection.query_row(&sql, [], |row| row.get::<_, i64>(0).map(i64::unsigned_abs))
        };
        let rows = count(&task.rows.table).map_err(&failed)?;
        let source_rows = match &task.source {
            Some(source) => count(&source.table).map_err(&failed)?,
            None => 0,
        };
        let earlier = earlier(connection, &task.name).map_err(&failed)?;
        let counts = Counts {
            rows,
            source_rows,
            rows_done: earlier.map_or(0, |entry| entry.rows_processed),
            changes_per_row: references.changes_per_row().map_err(&failed)?,
        };
        let references = Arc::new(references);
        let of_seed = |&seed: &u64| {
            let requests = Requests::new(connection, &scenario.model, seed).map_err(&failed)?;
            let own = Self {
                file: Arc::clone(file),
                task: Arc::clone(&task),
                requests,
                references: Arc::clone(&references),
                counts,
            };
            Ok((seed, Arc::new(own)))
        };
        let seeds = scenario.model.seeds.0.iter();
        seeds.map(of_seed).collect()
    }

    /// The traffic under `seed`, for `length`.
    pub(crate) fn plan(&self, seed: u64, length: Duration) -> Plan {
        let end_ns = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        Plan::of(self.requests.arrivals(seed, end_ns))
    }

    /// Does what `request` asks for; what it stored.
    pub(crate) fn perform(
        &self,
        connection: &Connection,
        request: &Planned,
        now: Instant,
    ) -> rusqlite::Result<Effect> {
        let RequestKind::Own(asked) = request.kind else {
            return Ok(Effect::Nothing);
        };
        let rows = self.requests.perform(connection, asked, request.draw)?;
        if asked.read {
            return Ok(Effect::Nothing);
        }
        Ok(Effect::Wrote {
            request: *request,
            at_ns: now.as_nanos(),
            rows,
        })
    }

    /// The file.
    pub(crate) fn file(&self) -> &DatabaseFile {
        &self.file
    }

    /// What is to be done.
    pub(crate) const fn task(&self) -> &Arc<Task> {
        &self.task
    }

    /// What it holds.
    pub(crate) const fn counts(&self) -> Counts {
        self.counts
    }

    /// SHA-256 over every row of the job's table, hex.
    pub(crate) fn rows_hash(&self, connection: &Connection) -> rusqlite::Result<String> {
        let mut digest = Digest::default();
        if let Some(reader) = Reader::of(connection, &self.task.rows.table)? {
            let mut all = connection.prepare(&reader.walk)?;
            let columns = all.column_count();
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                for column in 0..columns {
                    let value = stored(row.get_ref(column)?);
                    digest.add(format!("{value:?}\n"));
                }
            }
        }
        Ok(digest.hex())
    }
}
