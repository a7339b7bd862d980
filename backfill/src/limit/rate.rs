//! How many requests a second, as somebody sets it.

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};

/// Requests per second, in thousandths: a whole number, so that nothing is ever rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(NonZeroU64);

impl Rate {
    /// So many requests per second.
    ///
    /// # Errors
    /// If there are none.
    pub fn per_second(requests: u32) -> Result<Self, LimitError> {
        Self::checked(u64::from(requests) * 1_000)
    }

    /// So many requests per 1000 s, for an API that takes less than one a second, or two and a
    /// half.
    ///
    /// # Errors
    /// If there are none.
    pub fn per_ks(requests: u32) -> Result<Self, LimitError> {
        Self::checked(u64::from(requests))
    }

    fn checked(per_ks: u64) -> Result<Self, LimitError> {
        NonZeroU64::new(per_ks)
            .map(Self)
            .ok_or(LimitError::NoRequests)
    }

    /// A part of another rate, and at least the smallest there is.
    pub(super) fn at_least_one(per_ks: u64) -> Self {
        Self(NonZeroU64::new(per_ks).unwrap_or(NonZeroU64::MIN))
    }

    /// Requests per 1000 s.
    #[must_use]
    pub const fn requests_per_ks(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, thousandths) = (self.0.get() / 1_000, self.0.get() % 1_000);
        match thousandths {
            0 => write!(f, "{whole}/s"),
            _ => {
                let digits = format!("{thousandths:03}");
                write!(f, "{whole}.{}/s", digits.trim_end_matches('0'))
            }
        }
    }
}

/// What an API puts up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    rate: Rate,
    burst: NonZeroU32,
    floor: Rate,
}

impl Limit {
    /// At most `rate`, one request at a time after a quiet time, and never lowered below a
    /// hundredth of it.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            burst: NonZeroU32::MIN,
            floor: Rate::at_least_one(rate.requests_per_ks() / 100),
        }
    }

    /// The same, with up to `requests` at once after a quiet time.
    ///
    /// A few at the most. What has been saved up goes on top of what the second brings, so with a
    /// burst as large as the rate the first second has twice the rate in it, and a server that
    /// counts a sliding second answers 429. A burst of 1 lets no half-open second have more than
    /// the rate.
    ///
    /// # Errors
    /// If there are none.
    pub fn with_burst(self, requests: u32) -> Result<Self, LimitError> {
        let burst = NonZeroU32::new(requests).ok_or(LimitError::NoBurst)?;
        Ok(Self { burst, ..self })
    }

    /// The same, never lowered below `floor`, however often the API answers 429.
    ///
    /// # Errors
    /// If `floor` is above the rate.
    pub fn with_floor(self, floor: Rate) -> Result<Self, LimitError> {
        if floor > self.rate {
            return Err(LimitError::FloorAboveRate {
                floor,
                rate: self.rate,
            });
        }
        Ok(Self { floor, ..self })
    }

    /// Requests per second at the most.
    #[must_use]
    pub const fn rate(self) -> Rate {
        self.rate
    }

    /// Requests at once after a quiet time, at the most.
    #[must_use]
    pub const fn burst(self) -> u32 {
        self.burst.get()
    }

    /// What the rate is never lowered below.
    #[must_use]
    pub const fn floor(self) -> Rate {
        self.floor
    }
}

/// Why a limit cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Nothing would ever be asked.
    #[error("a rate of no requests would never end; set at least 1 in 1000 s")]
    NoRequests,
    /// Nothing would ever be asked.
    #[error("a burst of no requests lets none through; set at least 1")]
    NoBurst,
    /// The rate would be raised when it is to be lowered.
    #[error("the floor, {floor}, is above the rate, {rate}; set one that is not")]
    FloorAboveRate {
        /// The floor.
        floor: Rate,
        /// The rate.
        rate: Rate,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(Rate::per_second(0), Err(LimitError::NoRequests));
        assert_eq!(Rate::per_ks(0), Err(LimitError::NoRequests));
        let rate = Rate::per_second(2).unwrap();
        let limit = Limit::new(rate);
        assert_eq!(limit.with_burst(0), Err(LimitError::NoBurst));
        let floor = Rate::per_ks(2_001).unwrap();
        let error = limit.with_floor(floor).unwrap_err();
        let said = "the floor, 2.001/s, is above the rate, 2/s; set one that is not";
        assert_eq!(error.to_string(), said);
        assert_eq!(limit.with_floor(rate).unwrap().floor(), rate);
    }

    #[test]
    fn a_rate_is_shown_without_zeros_that_say_nothing() {
        let shown = |per_ks| Rate::per_ks(per_ks).unwrap().to_string();
        assert_eq!(shown(25_000), "25/s");
        assert_eq!(shown(2_500), "2.5/s");
        assert_eq!(shown(40), "0.04/s");
    }

    #[test]
    fn the_slowest_rate_has_a_floor_too() {
        let slowest = Rate::per_ks(1).unwrap();
        assert_eq!(Limit::new(slowest).floor(), slowest);
    }
}
