//! Where a run starts: at the snapshot it takes, or where an earlier run has left off.

use rusqlite::Connection;

use super::job::JobError;
use super::progress::Progress;
use crate::ledger::{self, Cursor, Entry, Order, Status};

/// Where a run starts.
pub(super) enum Claim {
    /// Nowhere: it is done, after so many keys were passed.
    Done(Progress, u64),
    /// Nowhere: the table is empty.
    Empty,
    /// Behind this cursor, with so many rows written before.
    From(Cursor, u64),
}

/// What a run needs to take its place.
pub(super) struct Terms<'a> {
    /// The name in the ledger.
    pub(super) name: &'a str,
    /// How it goes through what it reads.
    pub(super) order: Order,
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
        let (cursor, processed) = match ledger::entry(connection, name)? {
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
                ..
            }) if cursor.order != terms.order => {
                return Ok(Err(JobError::OtherOrder {
                    was: cursor.order,
                    wanted: terms.order,
                }));
            }
            Some(Entry {
                cursor: Some(cursor),
                rows_processed,
                ..
            }) => (Some(cursor), rows_processed),
            _ => (before()?, 0),
        };
        let total = cursor
            .as_ref()
            .map_or(0, |cursor| Progress::at(cursor, processed).total);
        ledger::start(connection, name, cursor.as_ref(), processed, total)?;
        Ok(Ok(match cursor {
            Some(cursor) => Self::From(cursor, processed),
            None => Self::Empty,
        }))
    }
}
