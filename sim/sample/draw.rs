//! Draws that can be made again: what happened to the n-th row, in whatever order rows are asked
//! for.
//!
//! Orders are written by time and their items by key, so what an order has in it must not depend
//! on what was drawn before. Every draw is a permutation of (row, question) under a key from the
//! seed tree.

use rand::Rng as _;

use crate::seed::{self, Purpose, mix, stream};

/// The draws of one kind of row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    key: u64,
}

impl Draws {
    /// The draws of `entity` under `seed`.
    pub(crate) fn new(seed: u64, entity: &str) -> Self {
        Self {
            key: stream(seed, Purpose::Data, entity).next_u64(),
        }
    }

    /// 64 bits that no other row has: the answer to question 0.
    pub(crate) const fn unique(self, nth: u64) -> u64 {
        mix(nth.wrapping_add(self.key))
    }

    /// 64 bits for the n-th row's `question`.
    pub(crate) const fn of(self, nth: u64, question: u64) -> u64 {
        mix(self.unique(nth) ^ mix(question))
    }

    /// A number in `0..n` for the n-th row's `question`, or 0 when `n` is 0.
    pub(crate) fn below(self, nth: u64, question: u64, n: u64) -> u64 {
        seed::below(self.of(nth, question), n)
    }

    /// The same, but low numbers come more often: the square of an even draw, so that the first
    /// hundredth has a tenth of all.
    pub(crate) fn skewed(self, nth: u64, question: u64, n: u64) -> u64 {
        let even = self.of(nth, question);
        seed::below(seed::below(even, even), n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_row_and_question_alone() {
        let draws = Draws::new(1, "rows");
        assert_eq!(draws.of(3, 4), Draws::new(1, "rows").of(3, 4));
        for other in [
            draws.of(4, 3),
            draws.of(3, 5),
            draws.of(4, 4),
            Draws::new(2, "rows").of(3, 4),
            Draws::new(1, "row").of(3, 4),
        ] {
            assert_ne!(draws.of(3, 4), other);
        }
    }

    #[test]
    fn the_first_hundredth_has_a_tenth_of_all() {
        let draws = Draws::new(1, "rows");
        let low = (0..10_000).filter(|&nth| draws.skewed(nth, 1, 100) == 0);
        let low = low.count();
        assert!((900..1_100).contains(&low), "{low}");
        assert!((0..10_000).all(|nth| draws.skewed(nth, 1, 100) < 100));
        assert_eq!(draws.skewed(1, 1, 0), 0);
    }
}
