//! Where the text of the rows comes from: radio frames, node keys and hop paths.
//!
//! Frames are slices of one pool of random hex, so that a gigabyte of them costs no random
//! numbers; what matters to the simulation is how long they are. Keys and paths are real JSON of
//! the shape the production log has: a hop is the first byte of its node's key.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::draw::below;
use crate::seed::{Purpose, stream};

/// Nodes of the mesh, each with a public key: as many as the field's network has.
pub const NODES: u32 = 1_700;

/// Longer than any frame asked for in practice, and small enough to stay in a processor's cache.
const POOL_BYTES: u64 = 256 * 1024;

/// Hops of a path: 1 to 7 at an even chance, 4 on average.
const HOPS_MAX: u64 = 7;

/// Bytes of one quoted key and its comma, and of the brackets less one comma.
const KEY_BYTES: usize = 64 + 3;
const BRACKET_BYTES: usize = 1;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The text that rows are made of, the same for all rows of one seed.
#[derive(Debug)]
pub(super) struct Texts {
    pool: String,
    keys: Vec<String>,
}

impl Texts {
    /// The text of this seed; `longest` is the most bytes a frame will be asked for.
    pub(super) fn new(seed: u64, longest: u64) -> Self {
        let mut rng = stream(seed, Purpose::Data, "frames");
        let pool = hex(&mut rng, POOL_BYTES.max(longest * 2));
        let mut rng = stream(seed, Purpose::Data, "nodes");
        let keys = (0..NODES).map(|node| key(&mut rng, node as u8)).collect();
        Self { pool, keys }
    }

    /// A radio frame of `bytes` hex digits; one less when that is odd.
    pub(super) fn frame(&self, rng: &mut ChaCha8Rng, bytes: usize) -> &str {
        let bytes = bytes & !1;
        let at = below(rng, (self.pool.len() - bytes) as u64) as usize;
        &self.pool[at..at + bytes]
    }

    /// The key of some node.
    pub(super) fn any_key(&self, rng: &mut ChaCha8Rng) -> &str {
        &self.keys[below(rng, u64::from(NODES)) as usize]
    }

    /// The key of some node that would appear as `hop` in a path.
    fn key_of_hop(&self, rng: &mut ChaCha8Rng, hop: u8) -> &str {
        let others = (NODES - 1 - u32::from(hop)) / 256;
        let nth = below(rng, u64::from(others) + 1) as usize;
        &self.keys[usize::from(hop) + 256 * nth]
    }

    /// Writes the keys of `hops` as a JSON array.
    pub(super) fn push_resolved(&self, text: &mut String, rng: &mut ChaCha8Rng, hops: &[u8]) {
        text.push('[');
        for (at, &hop) in hops.iter().enumerate() {
            text.push_str(if at == 0 { "\"" } else { ",\"" });
            text.push_str(self.key_of_hop(rng, hop));
            text.push('"');
        }
        text.push(']');
    }
}

/// The length of what [`Texts::push_resolved`] writes for this many hops.
pub(super) const fn resolved_bytes(hops: usize) -> usize {
    hops * KEY_BYTES + BRACKET_BYTES
}

/// The hops of one reception.
///
/// A packet that one observer hears again came by another path: the first hops spell the round,
/// each byte of it under a fixed permutation, and the rest is chance. So (transmission, observer,
/// path) never repeats. `rounds` is how often the transmission's keenest observer hears it.
pub(super) fn hops(rng: &mut ChaCha8Rng, into: &mut Vec<u8>, seen: Reception) {
    into.clear();
    let spelled = 4 - seen.rounds.max(1).leading_zeros() / 8;
    let wanted = u64::from(spelled).max(1 + below(rng, HOPS_MAX));
    let chance = rng.next_u64().to_le_bytes();
    for at in 0..wanted as u32 {
        into.push(if at < spelled {
            (seen.round >> (8 * at)) as u8 ^ seen.transmission.wrapping_mul(167) as u8
        } else {
            chance[at as usize]
        });
    }
}

/// Which reception of a transmission a path is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reception {
    /// The transmission.
    pub(super) transmission: u32,
    /// The how-manieth time its observer hears it, from 0.
    pub(super) round: u32,
    /// The highest round of the transmission.
    pub(super) rounds: u32,
}

/// Writes hops as a JSON array of hex bytes.
pub(super) fn push_path(text: &mut String, hops: &[u8]) {
    text.push('[');
    for (at, &hop) in hops.iter().enumerate() {
        text.push_str(if at == 0 { "\"" } else { ",\"" });
        push_hex(text, hop);
        text.push('"');
    }
    text.push(']');
}

fn push_hex(text: &mut String, byte: u8) {
    text.push(char::from(HEX[usize::from(byte >> 4)]));
    text.push(char::from(HEX[usize::from(byte & 15)]));
}

fn hex(rng: &mut ChaCha8Rng, digits: u64) -> String {
    let mut text = String::with_capacity(digits as usize + 16);
    while (text.len() as u64) < digits {
        for byte in rng.next_u64().to_le_bytes() {
            push_hex(&mut text, byte);
        }
    }
    text
}

/// 32 random bytes in hex, the first of them given.
fn key(rng: &mut ChaCha8Rng, first: u8) -> String {
    let mut text = String::with_capacity(64);
    push_hex(&mut text, first);
    text.push_str(&hex(rng, 64)[2..]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn paths_of_one_observer_never_repeat() {
        let mut rng = stream(1, Purpose::Data, "test");
        for rounds in [1, 255, 256, 70_000] {
            let mut hops_of = Vec::new();
            let mut paths = BTreeSet::new();
            for round in 0..=rounds {
                let seen = Reception {
                    transmission: 7,
                    round,
                    rounds,
                };
                hops(&mut rng, &mut hops_of, seen);
                assert!(paths.insert(hops_of.clone()), "{round} of {rounds}");
            }
        }
    }

    #[test]
    fn a_resolved_path_names_nodes_whose_keys_begin_with_the_hops() {
        let texts = Texts::new(1, 0);
        let mut rng = stream(1, Purpose::Data, "test");
        let hops: Vec<u8> = (0..=255).collect();
        let mut text = String::new();
        texts.push_resolved(&mut text, &mut rng, &hops);
        assert_eq!(text.len(), resolved_bytes(hops.len()));
        let keys: Vec<String> = serde_json::from_str(&text).unwrap();
        for (hop, key) in hops.iter().zip(&keys) {
            assert_eq!(key.len(), 64);
            assert_eq!(key[..2], format!("{hop:02x}"));
        }
        let mut path = String::new();
        push_path(&mut path, &[0, 171]);
        assert_eq!(path, "[\"00\",\"ab\"]");
    }

    #[test]
    fn frames_have_whole_bytes() {
        let texts = Texts::new(1, 1_000_000);
        let mut rng = stream(1, Purpose::Data, "test");
        assert_eq!(texts.frame(&mut rng, 9).len(), 8);
        assert_eq!(texts.frame(&mut rng, 1_000_000).len(), 1_000_000);
        assert_eq!(texts.frame(&mut rng, 0), "");
    }
}
