//! How close together objects lie, in integers.

use super::Answer;
use crate::listing::range::Range;

/// Objects per second, as a whole number of 2^-32: exact to one object in a century, and far from
/// its end at a million a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Density(u64);

const FRACTION_BITS: u32 = 32;

impl Density {
    /// What a page says of the seconds it covers; `None` where it does not say.
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        let (newest, oldest) = (answer.newest?, answer.oldest?);
        let seconds = u64::try_from(newest.saturating_sub(oldest)).ok()?;
        Some(Self::per(u64::from(answer.items), seconds))
    }

    /// So many objects in so many seconds, or in one if there was none.
    pub(super) fn per(objects: u64, seconds: u64) -> Self {
        let scaled = (u128::from(objects) << FRACTION_BITS) / u128::from(seconds.max(1));
        Self(u64::try_from(scaled).unwrap_or(u64::MAX))
    }

    /// Half of what was known and half of what was just seen.
    pub(super) const fn blended(self, seen: Self) -> Self {
        Self(self.0 / 2 + seen.0 / 2)
    }

    /// Objects that lie in `range` at this density, rounded up.
    pub(super) fn objects(self, range: Range) -> u64 {
        let scaled = u128::from(self.0) * u128::from(range.span());
        u64::try_from(scaled.div_ceil(1 << FRACTION_BITS)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_density_gives_back_what_was_put_in() {
        let year = Range::new(0, 365 * 86_400);
        assert_eq!(Density::per(100, 1_000).objects(year), 3_153_600);
        assert_eq!(Density::per(1, 86_400).objects(year), 365);
        let blended = Density::per(100, 1_000).blended(Density::per(300, 1_000));
        assert_eq!(blended.objects(Range::new(0, 1_000)), 200);
        assert_eq!(Density::per(7, 0), Density::per(7, 1));
    }
}
