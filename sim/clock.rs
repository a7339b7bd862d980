//! Modelled time, on tokio's paused clock.
//!
//! tokio's timers count whole milliseconds, far too coarse for a read that takes 20 µs. So the
//! clock is dilated: one modelled microsecond is one millisecond of tokio's ([`DILATION`]). Inside
//! one host every timer is then exact to a microsecond, whatever the tick of the network.
//! Deadlines are absolute; what a sleep rounds up is never carried into the next.

use std::borrow::BorrowMut;
use std::time::Duration;

use backfill::{Instant, Runtime};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

/// Nanoseconds of tokio's clock in a modelled nanosecond.
pub const DILATION: u32 = 1_000;

/// The longest modelled time tokio's timer wheel can hold: 2^36 of its milliseconds, 19 hours.
pub const LONGEST: Duration = Duration::from_micros(1 << 36);

/// A host's modelled clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: tokio::time::Instant,
}

impl Clock {
    /// A clock that starts now; to be made when a host starts, at the start of the world.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the modelled clock itself"
    )]
    pub fn start() -> Self {
        Self {
            start: tokio::time::Instant::now(),
        }
    }

    /// The present modelled moment; a whole number of microseconds.
    #[must_use]
    pub fn now(&self) -> Instant {
        let dilated = self.start.elapsed().as_nanos();
        let ns = dilated / u128::from(DILATION);
        Instant::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    }

    /// Waits until `at`, or the first whole microsecond after it.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the modelled clock itself"
    )]
    pub async fn sleep_until(&self, at: Instant) {
        let deadline = self.start + dilated(Duration::from_nanos(at.as_nanos()));
        if deadline > self.start + self.start.elapsed() {
            tokio::time::sleep_until(deadline).await;
        }
    }
}

/// Of a host without a machine: whatever SQL somebody runs takes no time.
impl Runtime for Clock {
    fn now(&self) -> Instant {
        Self::now(self)
    }

    async fn sleep_until(&self, at: Instant) {
        Self::sleep_until(self, at).await;
    }

    async fn run_sql<C, T>(
        &self,
        mut connection: C,
        _: CancellationToken,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> (C, rusqlite::Result<T>)
    where
        C: BorrowMut<Connection> + Send + 'static,
        T: Send + 'static,
    {
        let result = work(connection.borrow_mut());
        (connection, result)
    }
}

/// A modelled duration as tokio, or turmoil, counts it.
#[must_use]
pub const fn dilated(modelled: Duration) -> Duration {
    modelled.saturating_mul(DILATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_microsecond_is_told_apart_from_the_next() {
        let clock = Clock::start();
        for at_us in [1, 2, 150, 1_000_000] {
            clock.sleep_until(Instant::from_nanos(at_us * 1_000)).await;
            assert_eq!(clock.now().as_nanos(), at_us * 1_000);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn sleeps_round_up_and_do_not_add_up() {
        let clock = Clock::start();
        for step in 1..=1_000_u64 {
            clock.sleep_until(Instant::from_nanos(step * 1_500)).await;
        }
        assert_eq!(clock.now().as_nanos(), 1_500_000);
        clock.sleep_until(Instant::from_nanos(7)).await;
        assert_eq!(
            clock.now().as_nanos(),
            1_500_000,
            "a moment gone by takes no time"
        );
    }
}
