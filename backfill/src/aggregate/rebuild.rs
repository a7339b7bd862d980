//! How an aggregate is filled: chunk after chunk, by the loop of every backfill.

use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::aggregate::Aggregate;
use super::chunk::{Chunk, Stretch, ends};
use super::error::AggregateError;
use super::plan::Plan;
use crate::chunked::{Backfill, JobError, KeyColumns, Pacer, Step, Steps};
use crate::database::Database;
use crate::ledger::{Cursor, Key};
use crate::retry::RetryPolicy;
use crate::runtime::Runtime;

/// What a chunk may read, unless said: 1000 pages of SQLite's default size. That is where a commit
/// begins to copy the write-ahead log back, and a chunk writes hardly more than it reads.
const CHUNK_BYTES: NonZeroU64 = NonZeroU64::new(1_000 * 4_096).unwrap();

/// Who is told of chunks; one at a time.
type Watcher = Arc<Mutex<dyn FnMut(&Chunk) + Send>>;

/// The backfill that fills an aggregate; [`Rebuild::on`] makes it ready to run.
///
/// A chunk ends with the pacer's rows or with its bytes, whichever comes first; a row that is
/// heavier than that is a chunk of its own. Everything in it, and the note of it, is one
/// transaction.
pub struct Rebuild {
    aggregate: Aggregate,
    chunk_bytes: NonZeroU64,
    retry: RetryPolicy,
    watcher: Watcher,
}

impl Rebuild {
    /// Fills `aggregate`.
    #[must_use]
    pub fn new(aggregate: &Aggregate) -> Self {
        Self {
            aggregate: aggregate.clone(),
            chunk_bytes: CHUNK_BYTES,
            retry: RetryPolicy::new(0),
            watcher: Arc::new(Mutex::new(|_: &Chunk| {})),
        }
    }

    /// A chunk reads at most rows of so many bytes, as [`Chunk::bytes_read`] measures them;
    /// 4 096 000 unless said.
    #[must_use]
    pub const fn chunk_bytes(mut self, most: NonZeroU64) -> Self {
        self.chunk_bytes = most;
        self
    }

    /// Tries a chunk again, after waits drawn by `retry`, where the database stayed locked for the
    /// whole of its busy timeout. Any other failure ends the run at once.
    #[must_use]
    pub const fn retrying(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Tells `watcher` of every chunk that is stored. A panic in it is logged and counted with the
    /// observer's.
    #[must_use]
    pub fn watched(mut self, watcher: impl FnMut(&Chunk) + Send + 'static) -> Self {
        self.watcher = Arc::new(Mutex::new(watcher));
        self
    }

    /// The backfill on `database`, as fast as `pacer` says.
    #[must_use]
    pub fn on<R: Runtime>(self, database: Database<R>, pacer: impl Pacer) -> Backfill<R> {
        let (name, job) = (self.aggregate.name.clone(), self.aggregate.described());
        let filling = Filling {
            plan: Plan::of(&self.aggregate),
            rebuild: self,
        };
        Backfill::steps(database, &name, job, Arc::new(filling), pacer)
    }
}

/// A rebuild and its statements.
struct Filling {
    rebuild: Rebuild,
    plan: Plan,
}

impl Steps for Filling {
    fn check(&self, connection: &Connection) -> Result<(), JobError> {
        let aggregate = &self.rebuild.aggregate;
        let key = KeyColumns {
            table: &aggregate.table,
            key: &aggregate.key,
            columns: std::slice::from_ref(&aggregate.key),
        };
        key.check_storage_order(connection)?;
        let sql = &self.plan.fitting;
        connection.prepare(sql).map_err(|source| JobError::Sql {
            sql: sql.clone(),
            source,
        })?;
        Ok(aggregate.check(connection)?)
    }

    fn before(&self, connection: &Connection) -> rusqlite::Result<Option<Cursor>> {
        let cursor = self.rebuild.aggregate.prepare(connection)?;
        // Tables that were there before may be of another shape, and then live rows would fail.
        for figure in &self.plan.figures {
            for sql in figure.found.iter().chain([&figure.store]) {
                connection.prepare(sql)?;
            }
        }
        Ok(cursor)
    }

    fn chunk(&self, connection: &Connection, from: Cursor, rows: u64) -> rusqlite::Result<Step> {
        let Rebuild {
            aggregate,
            chunk_bytes,
            watcher,
            ..
        } = &self.rebuild;
        // What was counted and is not what it was has spoiled all figures: no more work on them.
        if aggregate.sound(connection)?.is_none() {
            let name = aggregate.name.clone();
            return Err(AggregateError::Gone { name }.into());
        }
        let (after, last) = ends(&from)?;
        let first = after.map_or(i64::MIN, |after| after.saturating_add(1));
        let bounds = (rows, *chunk_bytes);
        let stretch = Stretch::next(connection, aggregate, (first, last), bounds)?;
        let tally = self.plan.count(connection, aggregate, &stretch)?;
        let upto = match stretch.ids.last() {
            Some(&id) if !stretch.is_last => id,
            _ => last,
        };
        let read = stretch.ids.len() as u64;
        let cursor = from.past(Key::Integer(upto), read);
        let tables = self.plan.figures.iter().map(|figure| &*figure.table);
        let found: Vec<_> = tables.zip(tally.found.iter().copied()).collect();
        let counts = (cursor.scanned, tally.counted);
        aggregate.advance(connection, (after, upto), counts, &found)?;
        let carried = serde_json::to_string(&cursor)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let watcher = Arc::clone(watcher);
        Ok(Step {
            cursor,
            rows: read,
            tell: Box::new(move |at| {
                let mut watcher = watcher.lock().unwrap_or_else(PoisonError::into_inner);
                watcher(&Chunk {
                    at,
                    rows: read,
                    refused: tally.refused,
                    new_values: tally.found.iter().sum(),
                    bytes_read: stretch.bytes,
                    bytes_written: tally.bytes_written,
                    carried_bytes: carried.len() as u64,
                    upto,
                });
            }),
        })
    }

    fn retry(&self) -> RetryPolicy {
        self.rebuild.retry
    }
}
