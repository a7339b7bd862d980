//! What one query found, and whom it may be told.

use std::time::Duration;

use crate::database::DatabaseError;
use crate::ledger::{Migration, Status};
use crate::time::Instant;

/// An answer is shown again while it is younger than this.
const FRESH_FOR: Duration = Duration::from_secs(4);

/// When a request came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) at: Instant,
    /// Queries started by then.
    pub(super) queries: u64,
}

/// What one query found.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// The how manieth query it was, from 1.
    pub(super) number: u64,
    /// When it looked at the ledger, or a moment before. The time until then it waited for a
    /// connection.
    pub(super) looked_at: Instant,
    pub(super) found: Result<Vec<Migration>, Unreadable>,
}

/// Why nothing is known.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the ledger _async_migrations cannot be read: {reason}")]
pub(super) struct Unreadable {
    pub(super) reason: String,
}

impl Snapshot {
    /// Whether a request that came at `arrival` may be told this `now`.
    ///
    /// An error claims nothing about the ledger, so it is never too old for one who waits; it is
    /// only never kept for one who comes later.
    pub(super) fn answers(&self, arrival: Arrival, now: Instant) -> bool {
        let looked_later = self.number > arrival.queries || self.looked_at > arrival.at;
        self.found.is_err() || looked_later || self.may_be_shown_again(now)
    }

    pub(super) fn may_be_shown_again(&self, now: Instant) -> bool {
        self.is_any_under_way() && now - self.looked_at < FRESH_FOR
    }

    fn is_any_under_way(&self) -> bool {
        self.found.as_deref().is_ok_and(is_any_under_way)
    }
}

/// Whether a backfill runs or is to run. A status that is not known may mean just that.
pub(super) fn is_any_under_way(migrations: &[Migration]) -> bool {
    migrations.iter().any(|migration| match migration.status {
        Status::Pending | Status::Running | Status::Unknown => true,
        Status::Done | Status::Failed | Status::Cancelled => false,
    })
}

impl From<DatabaseError> for Unreadable {
    fn from(error: DatabaseError) -> Self {
        let reason = match error {
            // Its own text has the whole statement in it.
            DatabaseError::Sqlite(rusqlite::Error::SqlInputError { msg, .. }) => msg,
            DatabaseError::Busy { ref source, .. } => format!("{error}: {source}"),
            DatabaseError::Sqlite(error) => error.to_string(),
        };
        Self { reason }
    }
}
