//! How long to wait before a locked database is tried again.

use std::time::Duration;

use rusqlite::ErrorCode;

/// The delays of SQLite's default busy handler, ms (`sqliteDefaultBusyCallback` in `main.c`);
/// after the last, 100 ms each.
const DELAYS_MS: [u64; 12] = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];

/// The delays up to a busy timeout.
#[derive(Debug)]
pub(super) struct BusyDelays {
    left: Duration,
    tries: usize,
}

impl BusyDelays {
    pub(super) const fn new(timeout: Duration) -> Self {
        Self {
            left: timeout,
            tries: 0,
        }
    }

    /// The next delay; `None` once the timeout is used up. The last one is cut to end with it.
    pub(super) fn next(&mut self) -> Option<Duration> {
        let step = self.tries.min(DELAYS_MS.len() - 1);
        let wait = Duration::from_millis(DELAYS_MS[step]).min(self.left);
        if wait.is_zero() {
            return None;
        }
        self.tries += 1;
        self.left -= wait;
        Some(wait)
    }
}

/// Whether `error` says that somebody else has the lock.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_like_sqlites_and_add_up_to_the_timeout() {
        let mut delays = BusyDelays::new(Duration::from_millis(500));
        let all: Vec<u128> = std::iter::from_fn(|| delays.next())
            .map(|wait| wait.as_millis())
            .collect();
        assert_eq!(all, [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100, 100, 72]);
        assert!(BusyDelays::new(Duration::ZERO).next().is_none());
    }
}
