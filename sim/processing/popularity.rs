//! How unevenly things are asked for.

use crate::seed::unit;

/// Things numbered from 0, of which the n-th most popular is asked for in proportion to
/// 1 / (n + 1)^skew (Zipf's law).
#[derive(Clone, Debug)]
pub(crate) struct Popularity {
    /// The share of all that is asked for up to each, in the order of popularity.
    cumulative: Vec<f64>,
}

/// Multiplier that scatters ranks over numbers: a prime above every count there can be, so that
/// each number is hit once (Knuth's multiplicative hashing).
const SCATTER: u64 = 2_654_435_761;

impl Popularity {
    /// `count` things, at least one.
    pub(crate) fn new(count: u64, skew: f64) -> Self {
        let mut sum = 0.0;
        let mut cumulative: Vec<f64> = (1..=count.max(1))
            .map(|rank| {
                sum += libm::pow(rank as f64, -skew);
                sum
            })
            .collect();
        for one in &mut cumulative {
            *one /= sum;
        }
        Self { cumulative }
    }

    /// The thing a draw of 64 bits stands for. Popular ones lie anywhere.
    pub(crate) fn pick(&self, draw: u64) -> u64 {
        let share = unit(draw);
        let rank = self.cumulative.partition_point(|&up_to| up_to <= share);
        let count = self.cumulative.len() as u64;
        (rank as u64).min(count - 1) * SCATTER % count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::mix;

    #[test]
    fn every_thing_has_a_number_of_its_own_and_the_first_the_most() {
        let popularity = Popularity::new(1_000, 1.0);
        let mut asked = vec![0_u32; 1_000];
        for draw in 0..200_000 {
            asked[popularity.pick(mix(draw)) as usize] += 1;
        }
        assert!(asked.iter().all(|&times| times > 0));
        // The harmonic number of 1 000 is 7.485: the first has 13.4 %.
        assert!((26_000..27_500).contains(&asked[0]), "{}", asked[0]);
    }

    #[test]
    fn without_skew_all_are_alike() {
        let popularity = Popularity::new(10, 0.0);
        let mut asked = [0_u32; 10];
        for draw in 0..100_000 {
            asked[popularity.pick(mix(draw)) as usize] += 1;
        }
        assert!(
            asked.iter().all(|times| (9_500..10_500).contains(times)),
            "{asked:?}"
        );
    }
}
