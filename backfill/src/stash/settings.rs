//! How a stash is set up.

use std::time::Duration;

use super::amount::Amount;
use super::room::Room;

/// How a stash is set up. It never holds more than `capacity`, `overflow` and `waiting` together;
/// what has been fetched counts no more, and neither do clones of a payload elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How much the main tier holds.
    pub capacity: Amount,
    /// How much the overflow holds; nothing, unless set.
    pub overflow: Amount,
    /// How long a payload is held for its consumer.
    pub ttl: Duration,
    /// How long a producer waits for room; not at all if zero.
    pub wait: Duration,
    /// How much may wait.
    pub waiting: Amount,
    /// How much of all tiers one owner may hold, and how much of what may wait be its own, percent.
    /// With 100 there are no shares, and nobody stands aside.
    pub owner_percent: u8,
}

impl Default for Settings {
    /// 256 MiB for 10 min, and waits of 500 ms: consumers fetch within tens of milliseconds, or
    /// never. A quarter of that may wait, which is eight payloads of 8 MiB. Payloads are as many as
    /// fill the bytes with 1 KiB each, so that empty ones are bounded, too.
    fn default() -> Self {
        Self {
            capacity: Amount {
                payloads: 262_144,
                bytes: 256 << 20,
            },
            overflow: Amount::default(),
            ttl: Duration::from_secs(600),
            wait: Duration::from_millis(500),
            waiting: Amount {
                payloads: 1_024,
                bytes: 64 << 20,
            },
            owner_percent: 50,
        }
    }
}

impl Settings {
    /// The tiers.
    pub(super) fn tiers(&self) -> Room {
        Room::new([self.capacity, self.overflow], self.owner_percent)
    }

    /// The line.
    pub(super) fn line(&self) -> Room {
        Room::new([self.waiting, Amount::default()], self.owner_percent)
    }

    /// Refuses what lets nothing through.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        if self.capacity.admits_nothing() {
            return Err(SettingsError::NoCapacity);
        }
        if self.overflow.admits_nothing() && self.overflow != Amount::default() {
            return Err(SettingsError::HalfOverflow);
        }
        if self.ttl.is_zero() {
            return Err(SettingsError::NoTtl);
        }
        let percent = self.owner_percent;
        if !(1..=100).contains(&percent) {
            return Err(SettingsError::Percent { percent });
        }
        let all = self.capacity.plus(self.overflow);
        let mut shared = vec![("capacity", all)];
        if !self.wait.is_zero() {
            shared.push(("waiting", self.waiting));
        }
        let empty = |limit: &Amount| limit.percent(percent).admits_nothing();
        match shared.into_iter().find(|(_, limit)| empty(limit)) {
            None => Ok(()),
            Some((key, limit)) => Err(SettingsError::NoShare {
                key,
                payloads: limit.payloads,
                bytes: limit.bytes,
                percent,
            }),
        }
    }
}

/// Why a stash cannot be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Nothing would ever be stored.
    #[error("`capacity` has no payloads or no bytes, so nothing fits; set both to at least 1")]
    NoCapacity,
    /// There would be an overflow that is never used.
    #[error(
        "`overflow` has payloads or bytes but not both, so nothing fits; set both, or neither for \
         no overflow"
    )]
    HalfOverflow,
    /// Nothing could ever be fetched.
    #[error("`ttl` is 0, so everything expires before it is fetched; set at least 1 ms")]
    NoTtl,
    /// No such share.
    #[error("`owner_percent` is {percent}; set 1 to 100")]
    Percent {
        /// What was set.
        percent: u8,
    },
    /// Nobody could hold anything.
    #[error(
        "an owner's share of `{key}`, {percent} % of {payloads} payloads and {bytes} B, is less \
         than 1 payload or 1 B; raise `{key}` or `owner_percent`, or set `wait` to 0 if nobody is \
         to wait"
    )]
    NoShare {
        /// Which limit.
        key: &'static str,
        /// Payloads in it.
        payloads: u64,
        /// Bytes in it.
        bytes: u64,
        /// The share.
        percent: u8,
    },
}
