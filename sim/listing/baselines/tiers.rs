//! The density probe as it was first written: three tiers.

use std::num::NonZeroU32;

const ONE: NonZeroU32 = NonZeroU32::new(1).unwrap();
const TEN: NonZeroU32 = NonZeroU32::new(10).unwrap();
const FIFTY: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// How many segments a range of `span` seconds is cut into, of which a page covers `covered`: one
/// from a fifth on, ten from a tenth on, else fifty.
#[must_use]
pub fn tiers(span: u64, covered: u64) -> NonZeroU32 {
    if covered.saturating_mul(5) >= span {
        ONE
    } else if covered.saturating_mul(10) >= span {
        TEN
    } else {
        FIFTY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tiers_are_cliffs() {
        let counts = [1_000, 200, 199, 100, 99, 0].map(|covered| tiers(1_000, covered).get());
        assert_eq!(counts, [1, 1, 10, 10, 50, 50]);
    }
}
