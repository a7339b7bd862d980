//! Ids of transmissions, with gaps where they are asked for.
//!
//! Each transmission has `stride` ids to itself and takes one of them, by a draw of its own. So the
//! gaps differ, ids rise with births, and the id of any transmission is known without a table.

use rand::Rng as _;

use crate::seed::{Purpose, below, mix, stream};

/// Gives each transmission of one dataset its id.
#[derive(Clone, Copy, Debug)]
pub struct Ids {
    stride: u64,
    key: u64,
}

impl Ids {
    /// The ids of the dataset with this mean distance and seed.
    #[must_use]
    pub fn new(stride: u64, seed: u64) -> Self {
        Self {
            stride: stride.max(1),
            key: stream(seed, Purpose::Data, "ids").next_u64(),
        }
    }

    /// The id of the transmission that was born as the `nth`, from 0.
    #[must_use]
    pub fn of(self, nth: u64) -> i64 {
        let draw = mix(nth.wrapping_add(self.key));
        let id = nth * self.stride + 1 + below(draw, self.stride);
        i64::try_from(id).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stride_of_1_leaves_no_gaps() {
        let ids = Ids::new(1, 7);
        assert!((0..1_000).all(|nth| ids.of(nth) == nth.cast_signed() + 1));
    }

    #[test]
    fn a_longer_stride_leaves_gaps_of_all_sizes_and_keeps_the_order() {
        let ids = Ids::new(5, 1);
        let all: Vec<i64> = (0..10_000).map(|nth| ids.of(nth)).collect();
        let mut gaps: Vec<i64> = all.windows(2).map(|two| two[1] - two[0]).collect();
        gaps.sort_unstable();
        gaps.dedup();
        assert_eq!(gaps, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert!((1..=5).contains(&all[0]) && all[9_999] > 49_990);
        assert_ne!(
            all[..50],
            (0..50)
                .map(|nth| Ids::new(5, 2).of(nth))
                .collect::<Vec<_>>()
        );
    }
}
