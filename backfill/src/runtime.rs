//! The one seam between a backfill and the world it runs in.
//!
//! Everything in this crate that waits, looks at the clock or runs SQL does it through a
//! [`Runtime`], so that the same code runs in production on [`TokioRuntime`] and in a simulator on
//! modelled time. Nothing else may differ between the two.

use std::borrow::BorrowMut;
use std::future::Future;
use std::time::Duration;

use rusqlite::{Connection, ffi};
use tokio_util::sync::CancellationToken;

use crate::time::Instant;

/// A clock, and a place to run SQL.
pub trait Runtime: Clone + Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Instant;

    /// Waits until `at`; returns at once if it has passed.
    ///
    /// Callers that keep a schedule carry its absolute moments, so that rounding does not add up.
    fn sleep_until(&self, at: Instant) -> impl Future<Output = ()> + Send;

    /// Runs `work` on `connection`, and gives both back when the time the work takes is over.
    ///
    /// When `interrupt` is cancelled first, the running statement ends early: the result is
    /// `SQLITE_INTERRUPT` and an open transaction is rolled back, as SQLite does it.
    ///
    /// When the future is dropped, `connection` is dropped as soon as the work has ended; its
    /// owner decides in `Drop` what becomes of it.
    fn run_sql<C, T>(
        &self,
        connection: C,
        interrupt: CancellationToken,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> impl Future<Output = (C, rusqlite::Result<T>)> + Send
    where
        C: BorrowMut<Connection> + Send + 'static,
        T: Send + 'static;

    /// Waits for `wait` from now on.
    fn sleep(&self, wait: Duration) -> impl Future<Output = ()> + Send {
        self.sleep_until(self.now() + wait)
    }
}

/// The error of a statement that was interrupted.
#[must_use]
pub fn interrupted() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_INTERRUPT), None)
}

/// Real time and real threads: tokio's clock, and its blocking pool for SQL.
#[derive(Clone, Copy, Debug)]
pub struct TokioRuntime {
    start: tokio::time::Instant,
}

impl TokioRuntime {
    /// A runtime whose clock starts now.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the runtime that owns the real clock"
    )]
    pub fn new() -> Self {
        Self {
            start: tokio::time::Instant::now(),
        }
    }
}

impl Default for TokioRuntime {
    fn default() -> Self {
        Self::new()
    }
}

/// How often a running statement is told again to stop: an interrupt that arrives before the
/// statement has started is forgotten by SQLite.
const INTERRUPT_AGAIN: Duration = Duration::from_millis(1);

impl Runtime for TokioRuntime {
    fn now(&self) -> Instant {
        let ns = self.start.elapsed().as_nanos();
        Instant::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the runtime that owns the real clock"
    )]
    async fn sleep_until(&self, at: Instant) {
        tokio::time::sleep_until(self.start + Duration::from_nanos(at.as_nanos())).await;
    }

    async fn run_sql<C, T>(
        &self,
        mut connection: C,
        interrupt: CancellationToken,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> (C, rusqlite::Result<T>)
    where
        C: BorrowMut<Connection> + Send + 'static,
        T: Send + 'static,
    {
        let stop = connection.borrow().get_interrupt_handle();
        let cancelled = interrupt.clone();
        let mut running = tokio::task::spawn_blocking(move || {
            let result = if cancelled.is_cancelled() {
                Err(interrupted())
            } else {
                work(connection.borrow_mut())
            };
            (connection, result)
        });
        tokio::select! {
            biased;
            ended = &mut running => return unwind_or(ended),
            () = interrupt.cancelled() => {}
        }
        loop {
            stop.interrupt();
            tokio::select! {
                biased;
                ended = &mut running => return unwind_or(ended),
                () = self.sleep(INTERRUPT_AGAIN) => {}
            }
        }
    }
}

/// The task's result; its panic goes on in the caller, as if the work had run in place.
fn unwind_or<T>(ended: Result<T, tokio::task::JoinError>) -> T {
    match ended {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
