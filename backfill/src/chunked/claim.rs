//! Where a run starts: at the snapshot it takes, or where an earlier run has left off.

use std::time::Duration;

use rusqlite::Connection;

use super::job::JobError;
use super::progress::Progress;
use crate::ledger::{self, Cursor, Entry, Holder, Order, Start, Status, Turn};

/// Where a run starts.
pub(super) enum Claim {
    /// Nowhere: it is done, after so many keys were passed.
    Done(Progress, u64),
    /// Nowhere: another run is at work.
    Held(Holder),
    /// Nowhere: the table is empty.
    Empty(Turn),
    /// Behind this cursor, with so many rows written before.
    From(Turn, Cursor, u64),
}

/// What a run needs to take its place.
pub(super) struct Terms<'a> {
    /// The name in the ledger.
    pub(super) name: &'a str,
    /// How it goes through what it reads.
    pub(super) order: Order,
    /// What it does, in SQL.
    pub(super) job: &'a str,
    /// How long another run must be silent before it is taken for dead.
    pub(super) stale_after: Duration,
}

impl Terms<'_> {
    /// An earlier run of this name must have done the same, in the same order.
    fn check(&self, entry: &Entry) -> Result<(), JobError> {
        if let Some(was) = entry.job.as_ref().filter(|was| *was != self.job) {
            return Err(JobError::OtherJob {
                was: was.clone(),
                wanted: self.job.to_owned(),
            });
        }
        match &entry.cursor {
            Some(cursor) if entry.status != Status::Done && cursor.order != self.order => {
                Err(JobError::OtherOrder {
                    was: cursor.order,
                    wanted: self.order,
                })
            }
            _ => Ok(()),
        }
    }
}

impl Claim {
    /// Checks the job and takes its place in the ledger, with the snapshot of a first run. To be
    /// called in a write transaction; where the job does not fit, nothing has been written.
    pub(super) fn stake(
        connection: &Connection,
        terms: &Terms<'_>,
        check: impl FnOnce() -> Result<(), JobError>,
        before: impl FnOnce() -> rusqlite::Result<Option<Cursor>>,
    ) -> rusqlite::Result<Result<Self, JobError>> {
        if let Err(error) = check() {
            return Ok(Err(error));
        }
        let name = terms.name;
        ledger::ensure(connection)?;
        if let Some(holder) = ledger::holder(connection, name, terms.stale_after)? {
            return Ok(Ok(Self::Held(holder)));
        }
        let entry = ledger::entry(connection, name)?;
        if let Some(Err(error)) = entry.as_ref().map(|entry| terms.check(entry)) {
            return Ok(Err(error));
        }
        let (cursor, processed) = match entry {
            Some(entry) if entry.status == Status::Done => {
                let progress = Progress {
                    processed: entry.rows_processed,
                    total: entry.rows_total,
                };
                let scanned = entry.cursor.map_or(0, |cursor| cursor.scanned);
                return Ok(Ok(Self::Done(progress, scanned)));
            }
            Some(Entry {
                cursor: Some(cursor),
                rows_processed,
                ..
            }) => (Some(cursor), rows_processed),
            _ => {
                // Where the ledger was lost, the data may know how far it is.
                let cursor = before()?;
                let processed = cursor.as_ref().map_or(0, |cursor| cursor.scanned);
                (cursor, processed)
            }
        };
        let start = Start {
            cursor: cursor.as_ref(),
            rows_processed: processed,
            rows_total: cursor
                .as_ref()
                .map_or(0, |cursor| Progress::at(cursor, processed).total),
            job: Some(terms.job),
        };
        let turn = Turn::take(connection, name, &start)?;
        Ok(Ok(match cursor {
            Some(cursor) => Self::From(turn, cursor, processed),
            None => Self::Empty(turn),
        }))
    }
}
