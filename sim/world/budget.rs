//! How many chunks a backfill may store before it is known never to end.
//!
//! A chunk that passes no row is no progress, so no backfill of *n* rows needs more than *n* of
//! them, whatever their size. One that stores more passes the same rows again, or chases new ones,
//! and would do so until the horizon: it is told to stop at once, and called endless.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backfill::database::{Access, Usage};
use tokio_util::sync::CancellationToken;

use crate::outcome::{BACKFILL, Ending};

/// Transactions beside the chunks: a job is claimed, counted, finished, cancelled and resumed.
const MARGIN: u64 = 64;

/// The chunks a backfill may still store; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Budget(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Rows there were when the backfill first started; `None` before.
    rows: Option<u64>,
    /// Write transactions it has stored.
    transactions: u64,
    /// Stops the run under way.
    stop: CancellationToken,
}

impl Budget {
    /// The backfill starts, or starts again, with `rows` in the table; `stop` stops it.
    pub(super) fn starts(&self, rows: u64, stop: CancellationToken) {
        let mut state = self.lock();
        state.rows.get_or_insert(rows);
        state.stop = stop;
    }

    /// Counts `usage` if it stored a chunk; whether that was one too many, for the first time.
    pub(super) fn spend(&self, usage: &Usage) -> bool {
        let stored = usage.access == Access::Write && usage.rows_changed > 0;
        if usage.user != BACKFILL || !stored {
            return false;
        }
        let mut state = self.lock();
        state.transactions += 1;
        let over = state.is_spent() && !state.stop.is_cancelled();
        if over {
            state.stop.cancel();
        }
        over
    }

    /// How the backfill ended, if it was by spending too much.
    pub(super) fn verdict(&self) -> Option<Ending> {
        let state = self.lock();
        state.is_spent().then(|| Ending::Endless {
            transactions: state.transactions,
            rows: state.rows.unwrap_or(0),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_spent(&self) -> bool {
        self.rows
            .is_some_and(|rows| self.transactions > rows + MARGIN)
    }
}

#[cfg(test)]
mod tests {
    use backfill::time::Instant;

    use super::*;

    fn usage(user: &'static str, access: Access, rows_changed: u64) -> Usage {
        let at = Instant::default();
        Usage {
            user,
            access,
            queued_at: at,
            acquired_at: at,
            locked_at: at,
            released_at: at,
            busy_retries: 0,
            rows_changed,
            waiting: 0,
        }
    }

    #[test]
    fn as_many_chunks_as_rows_are_enough_and_more_are_stopped() {
        let (budget, stop) = (Budget::default(), CancellationToken::new());
        budget.starts(100, stop.clone());
        let chunk = usage(BACKFILL, Access::Write, 2);
        for _ in 0..100 + MARGIN {
            assert!(!budget.spend(&chunk));
            assert!(!budget.spend(&usage("writer", Access::Write, 2)));
            assert!(!budget.spend(&usage(BACKFILL, Access::Read, 0)));
            assert!(
                !budget.spend(&usage(BACKFILL, Access::Write, 0)),
                "nothing was stored"
            );
        }
        assert_eq!((budget.verdict(), stop.is_cancelled()), (None, false));
        assert!(budget.spend(&chunk));
        assert!(stop.is_cancelled());
        let endless = Ending::Endless {
            transactions: 101 + MARGIN,
            rows: 100,
        };
        assert_eq!(budget.verdict(), Some(endless));
    }

    #[test]
    fn a_second_run_goes_on_with_what_the_first_left_of_the_budget() {
        let budget = Budget::default();
        let chunk = usage(BACKFILL, Access::Write, 2);
        budget.starts(MARGIN, CancellationToken::new());
        assert!((0..2 * MARGIN).all(|_| !budget.spend(&chunk)));
        let stop = CancellationToken::new();
        budget.starts(1_000, stop.clone());
        assert!(budget.spend(&chunk) && stop.is_cancelled());
    }
}
