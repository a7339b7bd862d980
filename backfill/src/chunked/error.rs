//! Why a backfill stopped.

use std::time::Duration;

use super::job::JobError;
use crate::database::DatabaseError;
use crate::ledger;

/// Why a backfill stopped. Whatever was stored before stays stored, and the ledger says where to
/// go on.
#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    /// The job does not fit the database; nothing was done.
    #[error("backfill `{name}` cannot start")]
    Job {
        /// The job's name.
        name: String,
        /// What does not fit.
        source: JobError,
    },
    /// The ledger could not be read or written; nothing was done in this step.
    #[error("backfill `{name}`: the ledger could not be {action}")]
    Ledger {
        /// The job's name.
        name: String,
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        source: DatabaseError,
    },
    /// A chunk failed; all chunks before it are stored.
    #[error("backfill `{name}`: the chunk after {after} failed; {processed} rows are stored")]
    Chunk {
        /// The job's name.
        name: String,
        /// The last key that is done.
        after: String,
        /// Rows stored, over all runs.
        processed: u64,
        /// Why it failed.
        source: DatabaseError,
    },
    /// Another run of this name is at work; nothing was done.
    #[error(
        "backfill `{name}` is already running: run {run}, last heard of {} s ago",
        silent_for.as_secs()
    )]
    Held {
        /// The job's name.
        name: String,
        /// The how manieth run of this name it is.
        run: u64,
        /// How long nothing has been heard of it.
        silent_for: Duration,
    },
    /// Another run took this one for dead and has taken over, or the entry in the ledger was
    /// deleted. What was stored before stays stored.
    #[error(
        "backfill `{name}`: its turn is over, because another run has taken over or its entry in \
         _async_migrations is gone; {processed} rows are stored"
    )]
    TurnOver {
        /// The job's name.
        name: String,
        /// Rows stored, over all runs, as far as this run knows.
        processed: u64,
    },
    /// The run it followed has failed.
    #[error("backfill `{name}` has failed where it ran: {error}")]
    FailedElsewhere {
        /// The job's name.
        name: String,
        /// What the ledger says.
        error: String,
    },
    /// The pacer, or another part of the job, panicked; all chunks before are stored.
    #[error("backfill `{name}` panicked: {message}; {processed} rows are stored")]
    Panicked {
        /// The job's name.
        name: String,
        /// What the panic said.
        message: String,
        /// Rows stored, over all runs.
        processed: u64,
    },
}

/// Whether a step failed because the run's turn is over.
pub(super) const fn is_turn_over(error: &DatabaseError) -> bool {
    matches!(error, DatabaseError::Sqlite(error) if ledger::is_turn_over(error))
}

pub(super) fn ledger_error(
    name: &str,
    action: &'static str,
    source: DatabaseError,
) -> BackfillError {
    BackfillError::Ledger {
        name: name.to_owned(),
        action,
        source,
    }
}
