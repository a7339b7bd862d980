//! Prose to fill columns with: slices of one long text of words, so that a row costs a copy.

use rand::Rng as _;

use crate::seed::{self, Purpose, stream};

/// Bytes of the long text: slices of it hardly ever come twice side by side.
const POOL_BYTES: usize = 1 << 18;

/// The longest slice that is asked for, bytes.
pub(super) const SLICE_MOST: usize = 4_096;

const WORDS: [&str; 64] = [
    "please",
    "leave",
    "the",
    "parcel",
    "with",
    "a",
    "neighbour",
    "behind",
    "garden",
    "shed",
    "ring",
    "twice",
    "gift",
    "wrap",
    "blue",
    "paper",
    "no",
    "invoice",
    "inside",
    "second",
    "floor",
    "left",
    "door",
    "code",
    "changed",
    "since",
    "last",
    "order",
    "call",
    "before",
    "delivery",
    "after",
    "six",
    "only",
    "on",
    "weekdays",
    "fragile",
    "glass",
    "handle",
    "carefully",
    "thanks",
    "for",
    "quick",
    "reply",
    "exchange",
    "size",
    "if",
    "too",
    "small",
    "and",
    "refund",
    "rest",
    "to",
    "same",
    "card",
    "warehouse",
    "note",
    "box",
    "was",
    "damaged",
    "repacked",
    "by",
    "hand",
    "today",
];

/// The long text of one seed.
#[derive(Debug)]
pub(super) struct Text {
    pool: String,
}

impl Text {
    /// The text of `seed`.
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = stream(seed, Purpose::Data, "shop text");
        let mut pool = String::with_capacity(POOL_BYTES + SLICE_MOST + 16);
        while pool.len() < POOL_BYTES + SLICE_MOST {
            let word = seed::below(rng.next_u64(), WORDS.len() as u64) as usize;
            pool.push_str(WORDS[word]);
            pool.push(' ');
        }
        Self { pool }
    }

    /// Words of `bytes` bytes together, [`SLICE_MOST`] at most; which, `draw` says.
    pub(super) fn slice(&self, draw: u64, bytes: usize) -> &str {
        let start = seed::below(draw, POOL_BYTES as u64) as usize;
        // The pool is ASCII, and longer than any start and slice together.
        &self.pool[start..start + bytes.min(SLICE_MOST)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_draw_and_length_gives_a_slice() {
        let text = Text::new(1);
        assert!(text.pool.is_ascii());
        for draw in [0, 1, u64::MAX / 2, u64::MAX] {
            for bytes in [0, 1, 300, SLICE_MOST] {
                assert_eq!(text.slice(draw, bytes).len(), bytes);
            }
            assert_eq!(text.slice(draw, usize::MAX).len(), SLICE_MOST);
        }
    }
}
