//! The seed tree: one random stream per purpose.
//!
//! A stream's key is SHA-256 over (seed, purpose, entity), so a draw added for one purpose never
//! shifts another, and two strategies of one seed see the same data and the same arrivals.
//! ChaCha8 is a published algorithm: the same key gives the same numbers with every version.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest as _, Sha256};

/// What a stream of random numbers is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Rows of the dataset.
    Data,
    /// Times and parameters of planned requests.
    Arrivals,
    /// What SQLite asks the disk's `xRandomness` for.
    Database,
    /// turmoil's own generator, which takes a `u64`.
    Network,
    /// Who gets a connection, where that is left to chance.
    HandOff,
    /// Values that statements of a database of one's own are about.
    Parameters,
    /// How the simulated list API behaves: how long a page takes, what comes and goes.
    Upstream,
    /// What goes wrong in it.
    Faults,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Data => b"data",
            Self::Arrivals => b"arrivals",
            Self::Database => b"database",
            Self::Network => b"network",
            Self::HandOff => b"hand-off",
            Self::Parameters => b"parameters",
            Self::Upstream => b"upstream",
            Self::Faults => b"faults",
        }
    }
}

/// The stream of `purpose` for one `entity` (a table, a kind of request) under `seed`.
#[must_use]
pub fn stream(seed: u64, purpose: Purpose, entity: &str) -> ChaCha8Rng {
    ChaCha8Rng::from_seed(key(seed, purpose, entity))
}

/// A number in `0..n` made from a draw of 64 bits, or 0 when `n` is 0. Multiply and shift (Lemire
/// 2019) without the rejection step: the bias is below n / 2^64, and every number takes exactly one
/// draw. None of the `rand` crates' own, because theirs may draw differently in the next release.
#[must_use]
pub fn below(draw: u64, n: u64) -> u64 {
    ((u128::from(draw) * u128::from(n)) >> 64) as u64
}

/// A number from 0 on and below 1 made from a draw of 64 bits: every multiple of 2^-53 there is as
/// likely.
#[must_use]
pub fn unit(draw: u64) -> f64 {
    (draw >> 11) as f64 * 2.0_f64.powi(-53)
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection of `u64` that scatters
/// neighbours: what is made from different numbers differs, and looks drawn.
#[must_use]
pub const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn key(seed: u64, purpose: Purpose, entity: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    for part in [purpose.label(), entity.as_bytes()] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;

    #[test]
    fn streams_differ_by_seed_purpose_and_entity() {
        let first = |seed, purpose, entity| stream(seed, purpose, entity).next_u64();
        let one = first(1, Purpose::Data, "rows");
        assert_eq!(one, first(1, Purpose::Data, "rows"));
        assert_ne!(one, first(2, Purpose::Data, "rows"));
        assert_ne!(one, first(1, Purpose::Arrivals, "rows"));
        assert_ne!(one, first(1, Purpose::Data, "row"));
    }

    /// A change of these numbers changes every result ever checked in.
    #[test]
    fn the_first_draws_of_a_stream_are_pinned() {
        let mut stream = stream(1, Purpose::Data, "pin");
        let draws: Vec<u64> = (0..3).map(|_| stream.next_u64()).collect();
        assert_eq!(draws, PINNED);
    }

    const PINNED: [u64; 3] = [
        2_982_823_032_187_119_032,
        6_234_179_050_795_317_114,
        3_509_711_635_543_482_495,
    ];
}
