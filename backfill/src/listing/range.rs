//! A span of time that a list API is asked for.

use serde::{Deserialize, Serialize};

/// Seconds since 1970, from `gte` on and before `lt`, as a list API takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Range {
    /// The first second.
    pub gte: i64,
    /// The first second that is no longer in it.
    pub lt: i64,
}

impl Range {
    /// From `gte` on and before `lt`.
    #[must_use]
    pub const fn new(gte: i64, lt: i64) -> Self {
        Self { gte, lt }
    }

    /// Seconds in it; 0 if it ends before it begins.
    #[must_use]
    pub fn span(self) -> u64 {
        u64::try_from(i128::from(self.lt) - i128::from(self.gte)).unwrap_or(0)
    }

    /// Whether no second is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.lt <= self.gte
    }

    /// Whether `second` is in it.
    #[must_use]
    pub const fn contains(self, second: i64) -> bool {
        self.gte <= second && second < self.lt
    }

    /// The seconds that are in both.
    #[must_use]
    pub fn overlap(self, other: Self) -> Self {
        Self {
            gte: self.gte.max(other.gte),
            lt: self.lt.min(other.lt),
        }
    }

    /// `parts` parts of the same length, but for a second, oldest first; fewer where there are
    /// fewer seconds. They cover the range and do not overlap.
    #[must_use]
    pub fn cut(self, parts: u64) -> Vec<Self> {
        let span = u128::from(self.span());
        let parts = u128::from(parts).clamp(1, span.max(1));
        if span == 0 {
            return Vec::new();
        }
        // The k-th boundary lies at floor(k * span / parts): integers all the way.
        let boundary = |k: u128| {
            let offset = i128::try_from(k * span / parts).unwrap_or(i128::MAX);
            i64::try_from(i128::from(self.gte) + offset).unwrap_or(self.lt)
        };
        (0..parts)
            .map(|k| Self::new(boundary(k), boundary(k + 1)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn extreme_ranges_do_not_overflow() {
        let all = Range::new(i64::MIN, i64::MAX);
        assert_eq!(all.span(), u64::MAX);
        let parts = all.cut(3);
        assert_eq!((parts[0].gte, parts[2].lt), (i64::MIN, i64::MAX));
        assert_eq!(Range::new(5, 3).span(), 0);
        assert!(Range::new(5, 5).cut(4).is_empty());
    }

    #[test]
    fn a_short_range_is_cut_into_as_many_parts_as_it_has_seconds() {
        let parts = Range::new(10, 13).cut(50);
        assert_eq!(
            parts,
            [Range::new(10, 11), Range::new(11, 12), Range::new(12, 13)]
        );
    }

    proptest! {
        #[test]
        fn parts_cover_the_range_without_overlap(
            gte in -4_000_000_000_i64..4_000_000_000,
            span in 1_u32..1_000_000,
            parts in 1_u64..600,
        ) {
            let whole = Range::new(gte, gte + i64::from(span));
            let cut = whole.cut(parts);
            prop_assert_eq!(cut.len() as u64, parts.min(u64::from(span)));
            prop_assert_eq!((cut[0].gte, cut[cut.len() - 1].lt), (whole.gte, whole.lt));
            prop_assert!(cut.windows(2).all(|pair| pair[0].lt == pair[1].gte));
            let lengths: Vec<u64> = cut.iter().map(|part| part.span()).collect();
            let (least, most) = (lengths.iter().min(), lengths.iter().max());
            prop_assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1));
            prop_assert!(*least.unwrap() > 0);
        }
    }
}
