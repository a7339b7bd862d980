//! Where a store starts: from nothing, or where an earlier run has left off.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::Type;

use super::checkpoint::Checkpoint;
use super::schema::{Saved, Schema};
use super::work::Position;
use crate::ledger::{self, Holder, Start, Turn};

/// Where a store starts.
pub(super) enum Claim {
    /// Nowhere: another process is at work.
    Held(Holder),
    /// Nowhere: the name was something else.
    OtherJob(String),
    From(Box<Opened>),
}

/// What a store starts from.
pub(super) struct Opened {
    pub(super) turn: Turn,
    pub(super) saved: Saved,
    pub(super) positions: Vec<Position>,
    pub(super) metadata: Vec<(Arc<str>, Arc<str>)>,
}

impl Claim {
    /// Takes the store's place in the ledger; to be called in a write transaction.
    pub(super) fn stake(
        connection: &Connection,
        schema: &Schema,
        stale_after: Duration,
        last: Option<Checkpoint>,
    ) -> rusqlite::Result<Self> {
        ledger::ensure(connection)?;
        if let Some(holder) = ledger::holder(connection, &schema.name, stale_after)? {
            return Ok(Self::Held(holder));
        }
        let what = schema.described();
        let entry = ledger::entry_at::<serde_json::Value>(connection, &schema.name)?;
        let mut saved = Saved::default();
        if let Some(entry) = entry {
            if let Some(was) = entry.job.filter(|was| *was != what) {
                return Ok(Self::OtherJob(was));
            }
            if let Some(cursor) = entry.cursor {
                saved = serde_json::from_value(cursor).map_err(|error| {
                    rusqlite::Error::FromSqlConversionFailure(3, Type::Text, error.into())
                })?;
            }
        }
        schema.prepare(connection)?;
        let (processed, total) = progress(saved.committed, last);
        let start = Start {
            cursor: Some(&saved),
            rows_processed: processed,
            rows_total: total,
            job: Some(&what),
        };
        Ok(Self::From(Box::new(Opened {
            turn: Turn::take(connection, &schema.name, &start)?,
            saved,
            positions: schema.positions(connection)?,
            metadata: schema.metadata(connection)?,
        })))
    }
}

/// A store's progress in the ledger, whose rows are its checkpoints: how far it is, and how far
/// there is to go.
pub(super) fn progress(committed: Checkpoint, last: Option<Checkpoint>) -> (u64, u64) {
    let last = last.unwrap_or(committed).max(committed);
    (committed.get(), last.get())
}
