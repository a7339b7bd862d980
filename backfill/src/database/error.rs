//! What can go wrong in a transaction.

use std::time::Duration;

use rusqlite::ErrorCode;

/// Why a transaction stored nothing.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The database stayed locked for the whole busy timeout.
    #[error("the database stayed locked for {waited:?}")]
    Busy {
        /// The busy timeout.
        waited: Duration,
        /// What SQLite said last.
        source: rusqlite::Error,
    },
    /// SQLite refused.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

impl DatabaseError {
    /// Whether the work was interrupted on purpose.
    #[must_use]
    pub fn is_interrupt(&self) -> bool {
        matches!(self, Self::Sqlite(error)
            if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted))
    }
}
