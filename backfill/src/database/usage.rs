//! What one use of a connection cost.

use std::time::Duration;

use super::Access;
use crate::time::Instant;

/// One use of a connection, from asking for it to giving it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Who used it ([`super::Database::named`]).
    pub user: &'static str,
    /// Read or write.
    pub access: Access,
    /// When the connection was asked for.
    pub queued_at: Instant,
    /// When it was handed over.
    pub acquired_at: Instant,
    /// When the attempt began that got SQLite's lock.
    pub locked_at: Instant,
    /// When it was given back.
    pub released_at: Instant,
    /// How often SQLite answered "busy".
    pub busy_retries: u32,
    /// Rows the transaction changed; 0 if it was rolled back.
    pub rows_changed: u64,
    /// How many others waited for a connection when this one was given back.
    pub waiting: usize,
}

impl Usage {
    pub(super) const fn acquired(
        user: &'static str,
        access: Access,
        queued_at: Instant,
        acquired_at: Instant,
    ) -> Self {
        Self {
            user,
            access,
            queued_at,
            acquired_at,
            locked_at: acquired_at,
            released_at: acquired_at,
            busy_retries: 0,
            rows_changed: 0,
            waiting: 0,
        }
    }

    /// How long it waited for the connection.
    #[must_use]
    pub const fn wait(&self) -> Duration {
        self.acquired_at.since(self.queued_at)
    }

    /// How long others could not have what it held, counted from the moment it had SQLite's lock:
    /// time spent waiting for the lock says nothing about the work.
    #[must_use]
    pub const fn hold(&self) -> Duration {
        self.released_at.since(self.locked_at)
    }
}

/// Is told of every use of a connection, right before the connection goes to the next in line.
pub trait Observer: Send + Sync + 'static {
    /// Takes note of `usage`; must not block.
    fn observe(&self, usage: &Usage);

    /// `user` was told "busy" at `at`; its use is observed when it has ended, which may be much
    /// later. Must not block.
    fn busy(&self, user: &'static str, at: Instant) {
        let _ = (user, at);
    }
}

impl<F: Fn(&Usage) + Send + Sync + 'static> Observer for F {
    fn observe(&self, usage: &Usage) {
        self(usage);
    }
}

/// Nobody is told.
impl Observer for () {
    fn observe(&self, _: &Usage) {}
}
