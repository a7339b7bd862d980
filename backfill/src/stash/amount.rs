//! Payloads and bytes, counted together: every limit is one of both.

use std::ops::{AddAssign, SubAssign};

/// Payloads and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Payloads; empty ones count, too.
    pub payloads: u64,
    /// Bytes in them.
    pub bytes: u64,
}

impl Amount {
    /// One payload.
    pub(super) const fn one(bytes: u64) -> Self {
        Self { payloads: 1, bytes }
    }

    /// Whether this and `more` are within `limit`.
    pub(super) const fn has_room_for(self, more: Self, limit: Self) -> bool {
        self.payloads.saturating_add(more.payloads) <= limit.payloads
            && self.bytes.saturating_add(more.bytes) <= limit.bytes
    }

    /// Both together; saturates, as no memory is that large.
    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            payloads: self.payloads.saturating_add(other.payloads),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    /// So much of it, rounded down.
    pub(super) fn percent(self, percent: u8) -> Self {
        let part = |whole: u64| {
            let part = u128::from(whole) * u128::from(percent) / 100;
            u64::try_from(part).unwrap_or(u64::MAX)
        };
        Self {
            payloads: part(self.payloads),
            bytes: part(self.bytes),
        }
    }

    /// Whether no payload with anything in it is within this limit.
    pub(super) const fn admits_nothing(self) -> bool {
        self.payloads == 0 || self.bytes == 0
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, more: Self) {
        self.payloads += more.payloads;
        self.bytes += more.bytes;
    }
}

impl SubAssign for Amount {
    fn sub_assign(&mut self, less: Self) {
        self.payloads -= less.payloads;
        self.bytes -= less.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_largest_limit_is_exact() {
        let all = Amount {
            payloads: 3,
            bytes: u64::MAX,
        };
        let half = all.percent(50);
        assert_eq!((half.payloads, half.bytes), (1, u64::MAX / 2));
        assert_eq!(all.percent(100), all);
    }

    #[test]
    fn payloads_count_as_well_as_bytes() {
        let limit = Amount {
            payloads: 2,
            bytes: 10,
        };
        let held = Amount::one(4);
        assert!(held.has_room_for(Amount::one(6), limit));
        assert!(!held.has_room_for(Amount::one(7), limit));
        assert!(
            !held
                .plus(Amount::one(0))
                .has_room_for(Amount::one(0), limit)
        );
    }
}
