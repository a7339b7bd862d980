//! Integer draws: how a `u64` from a stream becomes a choice.
//!
//! No distribution of the `rand` crates is used, because theirs may draw differently from one
//! release to the next; these are two lines each and stay as they are.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use crate::seed;

/// A number in `0..n`, or 0 when `n` is 0.
pub(crate) fn below(rng: &mut ChaCha8Rng, n: u64) -> u64 {
    seed::below(rng.next_u64(), n)
}

/// `share` of `n`, rounded half up and at most `n`.
pub(crate) fn share_of(n: u64, share: f64) -> u64 {
    ((n as f64 * share + 0.5).floor() as u64).min(n)
}

/// Shuffles `items` (Fisher-Yates).
pub(crate) fn shuffle<T>(rng: &mut ChaCha8Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        let other = below(rng, last as u64 + 1) as usize;
        items.swap(last, other);
    }
}

/// Chooses exactly `wanted` of `total`, each with the same chance (selection sampling, Knuth
/// 3.4.2 S), one draw each; which they are, in order.
pub(crate) fn choose(rng: &mut ChaCha8Rng, wanted: u64, total: u64) -> Vec<bool> {
    let mut wanted = wanted.min(total);
    (0..total)
        .map(|at| {
            let chosen = below(rng, total - at) < wanted;
            wanted -= u64::from(chosen);
            chosen
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Purpose, stream};

    #[test]
    fn draws_stay_below_their_bound_and_reach_it() {
        let mut rng = stream(1, Purpose::Data, "draw");
        let mut seen = [0_u32; 7];
        for _ in 0..7_000 {
            seen[below(&mut rng, 7) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (800..1_200).contains(&n)), "{seen:?}");
        assert_eq!(below(&mut rng, 0), 0);
        assert_eq!(below(&mut rng, 1), 0);
    }

    #[test]
    fn as_many_are_chosen_as_were_wanted_and_from_everywhere() {
        let mut rng = stream(1, Purpose::Data, "draw");
        let chosen = choose(&mut rng, 100, 1_000);
        let of = |part: &[bool]| part.iter().filter(|&&it| it).count();
        assert_eq!(of(&chosen), 100);
        assert!((35..65).contains(&of(&chosen[..500])));
        assert_eq!(choose(&mut rng, 5, 3), [true; 3]);
    }

    #[test]
    fn shares_round_half_up_and_never_exceed_the_whole() {
        assert_eq!(share_of(10, 0.05), 1);
        assert_eq!(share_of(100, 0.05), 5);
        assert_eq!(share_of(10, 0.0), 0);
        assert_eq!(share_of(10, 2.0), 10);
    }
}
