//! What the same seeds before and after say about a change: paired log-ratios over seeds.
//!
//! A seed is a replicate, not a sample: inside a seed nothing varies, so the n of every test here
//! is the number of seeds. The same seed has the same plan before and after (common random
//! numbers), so what is common to both cancels in `d = ln(new / old)`: Law, "Simulation Modeling
//! and Analysis", 5th ed., 11.2. The interval is Student's, because percentile bootstraps of ten
//! values are too narrow: Hesterberg, "What Teachers Should Know About the Bootstrap", 2015.

use super::student;

/// What an interval leaves out, both sides together.
pub(super) const ALPHA: f64 = 0.05;

/// What the pairs of all seeds come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Paired {
    /// The geometric mean of new / old.
    pub(super) ratio: f64,
    /// What is known of its spread; `None` with one seed, which says nothing about another.
    pub(super) spread: Option<Spread>,
}

/// How far another set of seeds could be from the mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    /// The 95 % confidence interval of the ratio.
    pub(super) low: f64,
    /// Its other end.
    pub(super) high: f64,
    /// The least ratio above 1 that these seeds could tell from 1: exp(t·sd/√S).
    pub(super) detectable: f64,
    /// The probability of a mean that far from 1 if nothing had changed, two-sided.
    pub(super) p: f64,
}

impl Paired {
    /// What (old, new) come to; `None` without a pair, or if any is 0: there is no ratio then.
    pub(super) fn of(pairs: &[(u64, u64)]) -> Option<Self> {
        if pairs.is_empty() || pairs.iter().any(|&(old, new)| old == 0 || new == 0) {
            return None;
        }
        let logs: Vec<f64> = pairs
            .iter()
            .map(|&(old, new)| libm::log(new as f64) - libm::log(old as f64))
            .collect();
        let n = logs.len() as f64;
        let mean = logs.iter().sum::<f64>() / n;
        let squares: f64 = logs.iter().map(|log| (log - mean) * (log - mean)).sum();
        let spread = (logs.len() > 1).then(|| {
            let freedom = n - 1.0;
            let error = libm::sqrt(squares / freedom) / libm::sqrt(n);
            let half = student::quantile(ALPHA, freedom) * error;
            // Seeds that all move alike leave no doubt, and none that do not move have moved.
            let p = match (mean == 0.0, error == 0.0) {
                (true, _) => 1.0,
                (false, true) => 0.0,
                (false, false) => student::two_sided(mean / error, freedom),
            };
            Spread {
                low: libm::exp(mean - half),
                high: libm::exp(mean + half),
                detectable: libm::exp(half),
                p,
            }
        });
        Some(Self {
            ratio: libm::exp(mean),
            spread,
        })
    }
}

/// The probabilities of several tests, each such that the chance of any false alarm among all of
/// them stays what it is for one: Holm, "A simple sequentially rejective multiple test procedure",
/// 1979.
pub(super) fn holm(tests: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..tests.len()).collect();
    order.sort_by(|&a, &b| tests[a].total_cmp(&tests[b]));
    let mut adjusted = vec![1.0; tests.len()];
    let mut least: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        let left = (tests.len() - rank) as f64;
        least = least.max((tests[index] * left).min(1.0));
        adjusted[index] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-3, "{found}, not {expected}");
    }

    /// Worked by hand: d = ln 1.1, ln 1.2, ln 1.3, ln 1.2; mean 0.180 669, sd 0.068 350,
    /// t = 5.2866 with 3 degrees of freedom, half-width 3.182 446 · 0.034 175 = 0.108 760.
    #[test]
    fn a_worked_example() {
        let paired = Paired::of(&[(100, 110), (200, 240), (1_000, 1_300), (5, 6)]).unwrap();
        close(paired.ratio, 1.198_02);
        let spread = paired.spread.unwrap();
        close(spread.low, 1.074_56);
        close(spread.high, 1.335_66);
        close(spread.detectable, 1.114_89);
        close(spread.p, 0.013_2);
    }

    #[test]
    fn what_all_seeds_do_alike_is_beyond_doubt() {
        let paired = Paired::of(&[(64, 128); 6]).unwrap();
        let spread = paired.spread.unwrap();
        close(paired.ratio, 2.0);
        close(spread.low, 2.0);
        close(spread.detectable, 1.0);
        assert!(spread.p < 1e-12);
        let same = Paired::of(&[(7, 7), (9, 9)]).unwrap().spread.unwrap();
        close(same.p, 1.0);
    }

    #[test]
    fn one_seed_says_nothing_of_another_and_zero_has_no_ratio() {
        let one = Paired::of(&[(10, 20)]).unwrap();
        close(one.ratio, 2.0);
        assert_eq!(one.spread, None);
        assert_eq!(Paired::of(&[]), None);
        assert_eq!(Paired::of(&[(1, 1), (0, 1)]), None);
        assert_eq!(Paired::of(&[(1, 0)]), None);
    }

    /// The example of Holm's procedure with four tests: 0.005 and 0.01 stand, 0.03 does not.
    #[test]
    fn several_tests_share_one_chance_of_a_false_alarm() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            close(*found, expected);
        }
        assert!(holm(&[]).is_empty());
        assert_eq!(holm(&[0.5, 0.9, 0.4]), [1.0, 1.0, 1.0]);
    }
}
