//! Where a run starts: from nothing, or where an earlier run has left off.

use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::Type;

use super::listing::Job;
use super::state::State;
use crate::chunked::Progress;
use crate::ledger::{self, Holder, Start, Status, Turn};

/// Where a run starts.
pub(super) enum Claim {
    /// Nowhere: an earlier run has stored it all.
    Done(Progress),
    /// Nowhere: another run is at work.
    Held(Holder),
    /// Nowhere: an earlier run of this name did something else.
    OtherJob(String),
    /// From here, with so many rows written before.
    From(Turn, State, u64),
}

impl Claim {
    /// Takes the job's place in the ledger; to be called in a write transaction.
    pub(super) fn stake(
        connection: &Connection,
        job: &Job,
        stale_after: Duration,
    ) -> rusqlite::Result<Self> {
        ledger::ensure(connection)?;
        if let Some(holder) = ledger::holder(connection, &job.name, stale_after)? {
            return Ok(Self::Held(holder));
        }
        let what = format!("{} into {}", job.resource, job.sink.insert());
        // Not as a `State` yet: another job's entry may have a cursor of another kind.
        let entry = ledger::entry_at::<serde_json::Value>(connection, &job.name)?;
        let (state, processed) = match entry {
            Some(entry) => {
                if let Some(was) = entry.job.filter(|was| *was != what) {
                    return Ok(Self::OtherJob(was));
                }
                let state = entry.cursor.map(parsed).transpose()?;
                let state = state.map(|state| state.moved_to(job.range));
                if entry.status == Status::Done && state.as_ref().is_some_and(State::is_complete) {
                    return Ok(Self::Done(Progress {
                        processed: entry.rows_processed,
                        total: entry.rows_total,
                    }));
                }
                (state, entry.rows_processed)
            }
            None => (None, 0),
        };
        let state = state.unwrap_or_else(|| State::new(job.range));
        job.sink.prepare(connection)?;
        let start = Start {
            cursor: Some(&state),
            rows_processed: processed,
            rows_total: processed,
            job: Some(&what),
        };
        let turn = Turn::take(connection, &job.name, &start)?;
        Ok(Self::From(turn, state, processed))
    }
}

fn parsed(cursor: serde_json::Value) -> rusqlite::Result<State> {
    serde_json::from_value(cursor)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(3, Type::Text, error.into()))
}
