//! Packet hashes: 16 hex digits, unique because they are a permutation of the row id.
//!
//! Whoever inserts live transmissions during a run continues with ids beyond the image's and
//! cannot collide with it, without looking anything up.

use rand::Rng as _;

use crate::seed::{Purpose, mix, stream};

/// Gives each transmission id of one seed its hash.
#[derive(Clone, Copy, Debug)]
pub struct PacketHashes {
    key: u64,
}

impl PacketHashes {
    /// The hashes of the dataset with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            key: stream(seed, Purpose::Data, "hash").next_u64(),
        }
    }

    /// The `hash` column of the transmission with this id.
    #[must_use]
    pub fn of(self, transmission_id: u64) -> String {
        format!("{:016x}", mix(transmission_id.wrapping_add(self.key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn hashes_are_unique_16_digit_and_differ_by_seed() {
        let hashes = PacketHashes::new(1);
        let set: BTreeSet<String> = (1..=10_000).map(|id| hashes.of(id)).collect();
        assert_eq!(set.len(), 10_000);
        assert!(set.iter().all(|hash| hash.len() == 16));
        assert_ne!(hashes.of(1), PacketHashes::new(2).of(1));
    }
}
