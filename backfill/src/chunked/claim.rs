//! Where a run starts: at the snapshot it takes, or where an earlier run has left off.

use rusqlite::Connection;

use super::job::{Job, JobError};
use super::plan::Plan;
use super::progress::Progress;
use crate::ledger::{self, Cursor, Entry, Key, Status};

/// Where a run starts.
pub(super) enum Claim {
    /// Nowhere: it is done, after so many keys were passed.
    Done(Progress, u64),
    /// Nowhere: the table is empty.
    Empty,
    /// Behind this cursor, with so many rows written before.
    From(Cursor, u64),
}

impl Claim {
    /// Checks the job and takes its place in the ledger, with the snapshot of a first run. To be
    /// called in a write transaction; where the job does not fit, nothing has been written.
    pub(super) fn stake(
        connection: &Connection,
        job: &Job,
        plan: &Plan,
    ) -> rusqlite::Result<Result<Self, JobError>> {
        if let Err(error) = job.check(connection) {
            return Ok(Err(error));
        }
        ledger::ensure(connection)?;
        let (cursor, processed) = match ledger::entry(connection, &job.name)? {
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
                let bounds = plan.bounds(connection)?;
                (bounds.map(|(first, last)| first_cursor(first, last)), 0)
            }
        };
        let total = cursor
            .as_ref()
            .map_or(0, |cursor| Progress::at(cursor, processed).total);
        ledger::start(connection, &job.name, cursor.as_ref(), processed, total)?;
        Ok(Ok(match cursor {
            Some(cursor) => Self::From(cursor, processed),
            None => Self::Empty,
        }))
    }
}

/// The cursor before the first chunk.
pub(super) const fn first_cursor(first: Key, last: Key) -> Cursor {
    Cursor {
        first,
        last,
        after: None,
        scanned: 0,
        keys: None,
    }
}
