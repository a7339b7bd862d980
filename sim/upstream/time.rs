//! The clock a server waits on: modelled, or the host's.

use std::future::Future;

use backfill::{Instant, TokioRuntime};

use crate::clock::Clock;

/// A clock.
pub trait Time: Clone + Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Instant;

    /// Waits until `at`; returns at once if it has passed.
    fn sleep_until(&self, at: Instant) -> impl Future<Output = ()> + Send;
}

impl Time for Clock {
    fn now(&self) -> Instant {
        Self::now(self)
    }

    fn sleep_until(&self, at: Instant) -> impl Future<Output = ()> + Send {
        Self::sleep_until(self, at)
    }
}

impl Time for TokioRuntime {
    fn now(&self) -> Instant {
        backfill::Runtime::now(self)
    }

    fn sleep_until(&self, at: Instant) -> impl Future<Output = ()> + Send {
        backfill::Runtime::sleep_until(self, at)
    }
}
