//! What results consist of: pieces of one buffer, so that thousands of megabytes take no memory.

use std::sync::LazyLock;

use hyper::body::Bytes;

use super::scenario::validate::MOST_PAYLOAD_BYTES;
use crate::seed::mix;

/// Bytes from which every piece begins; more of them than any payload is long, so that pieces of
/// two places differ.
const BEGINNINGS: u64 = 1 << 20;

static BUFFER: LazyLock<Bytes> = LazyLock::new(|| {
    let words = (MOST_PAYLOAD_BYTES + BEGINNINGS) / 8;
    let bytes: Vec<u8> = (1..=words)
        .flat_map(|word| mix(word).to_le_bytes())
        .collect();
    Bytes::from(bytes)
});

/// The payload of `bytes` bytes that `draw` picks.
pub(super) fn payload(draw: u64, bytes: u64) -> Bytes {
    let from = (draw % BEGINNINGS) as usize;
    BUFFER.slice(from..from + bytes as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_as_long_as_asked_and_differ() {
        let (one, other) = (payload(1, 40), payload(2, 40));
        assert_eq!((one.len(), one.slice(1..)), (40, other.slice(..39)));
        assert_ne!(one, other);
        let longest = payload(u64::MAX, MOST_PAYLOAD_BYTES);
        assert_eq!(longest.len() as u64, MOST_PAYLOAD_BYTES);
    }
}
