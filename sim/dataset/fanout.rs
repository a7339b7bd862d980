//! How many observations each transmission has.
//!
//! * Orphans come first unless told otherwise: `orphan_share` of all transmissions, the lowest
//!   ids. That is the hostile place for them, because a loop that looks for "not done yet" from the
//!   start of the table meets every one of them again in every chunk.
//! * The others, the carriers, get one observation each, and what is left is dealt out by Zipf's
//!   law, rank^-exponent, exactly (largest remainder, ties to the better rank).
//! * Rank follows id, because in the field the oldest packets are the ones repeated most: the
//!   first 64 of 71 000 carry about 3 % of all observations. Ranks are shuffled within blocks of
//!   128 ids, so that the very first row is not always the heaviest.

use rand_chacha::ChaCha8Rng;

use super::draw::{choose, share_of, shuffle};
use super::error::DatasetError;
use crate::scenario::Dataset;
use crate::seed::{Purpose, stream};

/// Ids that trade ranks with each other. With the default exponent of 0.6 the first 64 of 71 000
/// then carry 3 to 4 % of all observations, as in the field.
const SHUFFLE_BLOCK: usize = 128;

/// Weights are integers from here on: the first rank weighs 2^40, so that rank 71 000 still
/// weighs 200 with exponent 2.
const WEIGHT_ONE: f64 = (1_u64 << 40) as f64;

/// How many observations each transmission has.
#[derive(Debug)]
pub(super) struct Fanout {
    /// Transmissions without observations.
    pub(super) orphans: usize,
    /// Observations of each transmission in the order of ids, orphans included.
    pub(super) counts: Vec<u32>,
}

impl Fanout {
    /// Deals the observations of `spec` out.
    ///
    /// # Errors
    /// [`DatasetError::Impossible`] when they cannot be dealt out.
    pub(super) fn new(spec: &Dataset, seed: u64) -> Result<Self, DatasetError> {
        let orphans = share_of(spec.transmissions, spec.orphan_share);
        let carriers = spec.transmissions - orphans;
        let spare = check(spec, carriers)?;
        let mut rng = stream(seed, Purpose::Data, "fanout");
        let shares = deal(
            &ranked_weights(&mut rng, carriers, spec.fanout_exponent),
            spare,
        );
        let mut shares = shares.into_iter();
        let orphaned = if spec.orphans_first {
            (0..spec.transmissions).map(|at| at < orphans).collect()
        } else {
            let mut rng = stream(seed, Purpose::Data, "orphans");
            choose(&mut rng, orphans, spec.transmissions)
        };
        let counts = orphaned
            .into_iter()
            .map(|orphan| match orphan {
                true => 0,
                false => shares.next().unwrap_or(0) + 1,
            })
            .collect();
        Ok(Self {
            orphans: orphans as usize,
            counts,
        })
    }
}

/// The observations left when every carrier has one.
fn check(spec: &Dataset, carriers: u64) -> Result<u64, DatasetError> {
    let limit = u64::from(u32::MAX);
    if spec.transmissions > limit || spec.observations > limit {
        return Err(DatasetError::Impossible(format!(
            "{} transmissions and {} observations: {limit} of each are the most",
            spec.transmissions, spec.observations
        )));
    }
    if carriers == 0 && spec.observations > 0 {
        return Err(DatasetError::Impossible(format!(
            "{} observations, but no transmission to carry them: lower orphan_share",
            spec.observations
        )));
    }
    spec.observations.checked_sub(carriers).ok_or_else(|| {
        DatasetError::Impossible(format!(
            "{} observations are too few for {carriers} transmissions with at least one each: \
             raise observations or orphan_share",
            spec.observations
        ))
    })
}

/// The Zipf weight of each carrier, in the order of ids. `libm`'s power, because the platform's
/// may differ in the last bit.
fn ranked_weights(rng: &mut ChaCha8Rng, carriers: u64, exponent: f64) -> Vec<u64> {
    let mut weights: Vec<u64> = (1..=carriers)
        .map(|rank| (libm::pow(rank as f64, -exponent) * WEIGHT_ONE) as u64)
        .collect();
    for block in weights.chunks_mut(SHUFFLE_BLOCK) {
        shuffle(rng, block);
    }
    weights
}

/// Splits `total` in proportion to `weights` by largest remainder, in integers alone. Equal
/// remainders go to the lower id.
fn deal(weights: &[u64], total: u64) -> Vec<u32> {
    let sum: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let exact = |weight: u64| u128::from(total) * u128::from(weight);
    let mut shares: Vec<u32> = weights.iter().map(|&w| (exact(w) / sum) as u32).collect();
    let dealt: u64 = shares.iter().map(|&share| u64::from(share)).sum();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|&at| (std::cmp::Reverse(exact(weights[at]) % sum), at));
    for &at in by_remainder.iter().take((total - dealt) as usize) {
        shares[at] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spec(transmissions: u64, observations: u64) -> Dataset {
        Dataset {
            transmissions,
            observations,
            ..Dataset::default()
        }
    }

    #[test]
    fn the_head_of_the_field_carries_about_3_percent() {
        let fanout = Fanout::new(&Dataset::default(), 1).unwrap();
        let head: u32 = fanout.counts[..64].iter().sum();
        let total: u64 = fanout.counts.iter().map(|&n| u64::from(n)).sum();
        assert_eq!(total, 1_500_000);
        let share = f64::from(head) / total as f64;
        assert!((0.025..0.045).contains(&share), "{share}");
    }

    #[test]
    fn equal_weights_share_evenly_and_ties_go_to_lower_ids() {
        assert_eq!(deal(&[1, 1, 1, 1], 6), [2, 2, 1, 1]);
        assert_eq!(deal(&[3, 1], 4), [3, 1]);
        assert_eq!(deal(&[], 0), [0; 0]);
    }

    #[test]
    fn what_cannot_be_dealt_out_is_refused() {
        let all_orphans = Dataset {
            orphan_share: 1.0,
            ..spec(10, 10)
        };
        assert!(Fanout::new(&all_orphans, 1).is_err());
        assert!(Fanout::new(&spec(10, 9), 1).is_err());
        assert!(Fanout::new(&spec(1 << 33, 1 << 34), 1).is_err());
        assert!(Fanout::new(&spec(0, 0), 1).is_ok());
    }

    proptest! {
        #[test]
        fn every_carrier_has_one_and_the_total_is_exact(
            // Of five or fewer, nine tenths may be rounded to all of them.
            transmissions in 6_u64..2_000,
            spare in 0_u64..20_000,
            orphan_share in 0.0_f64..0.9,
            orphans_first in any::<bool>(),
            fanout_exponent in 0.0_f64..3.0,
            seed in 0_u64..4,
        ) {
            let spec = Dataset {
                orphan_share,
                orphans_first,
                fanout_exponent,
                ..spec(transmissions, transmissions + spare)
            };
            let fanout = Fanout::new(&spec, seed).unwrap();
            let total: u64 = fanout.counts.iter().map(|&n| u64::from(n)).sum();
            prop_assert_eq!(total, spec.observations);
            prop_assert_eq!(fanout.counts.len() as u64, transmissions);
            let orphans = fanout.counts.iter().filter(|&&n| n == 0).count();
            prop_assert_eq!(orphans, fanout.orphans);
            let first = fanout.counts[..orphans].iter().all(|&n| n == 0);
            prop_assert!(first || !orphans_first);
        }
    }
}
