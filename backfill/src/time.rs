//! Moments on a runtime's clock.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment: nanoseconds since the runtime started.
///
/// An own type, because `std::time::Instant` cannot be made from a number, and a simulated clock
/// has nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    since_start_ns: u64,
}

impl Instant {
    /// The moment `ns` nanoseconds after the runtime's start.
    #[must_use]
    pub const fn from_nanos(ns: u64) -> Self {
        Self { since_start_ns: ns }
    }

    /// Nanoseconds since the runtime's start.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.since_start_ns
    }

    /// How long before `self` the `earlier` moment was; zero if it was not before.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.since_start_ns.saturating_sub(earlier.since_start_ns))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// Saturates after 584 years.
    fn add(self, wait: Duration) -> Self {
        let ns = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
        Self::from_nanos(self.since_start_ns.saturating_add(ns))
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_saturate_and_differences_never_go_below_zero() {
        let at = Instant::from_nanos(5);
        assert_eq!((at + Duration::from_nanos(7)).as_nanos(), 12);
        assert_eq!((at + Duration::MAX).as_nanos(), u64::MAX);
        assert_eq!(at - Instant::from_nanos(9), Duration::ZERO);
    }
}
