//! Why a backfill stopped.

use super::job::JobError;
use crate::database::DatabaseError;

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
