//! What is held in memory, to the object and the byte, at every instant.
//!
//! Whatever is held carries a charge that is given back when the last one to hold it lets go of
//! it, wherever that happens: in the cache, in a batch that waits to be written, in the write
//! under way. So nothing can be held and not be counted, and nothing is counted twice.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::row::Row;

/// Bytes an object takes beside its key's text and its values: its own struct, two counters, its
/// key and its node in two B-trees (of which a node is about two thirds full).
const OBJECT_BYTES: u64 = 256;

/// Objects and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Rows, rows known to be absent, and outputs of effects, each version of one; and batches
    /// that wait to be written, with what is in them beside those.
    pub objects: u64,
    /// Bytes they take, as estimated: what is in them, and 256 for each.
    pub bytes: u64,
}

/// What is held.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<Levels>);

#[derive(Debug, Default)]
struct Levels {
    now: Held,
    most: Held,
}

impl Meter {
    /// What is held now.
    pub(super) fn now(&self) -> Held {
        self.levels().now
    }

    /// The most that was ever held of either.
    pub(super) fn most(&self) -> Held {
        self.levels().most
    }

    fn levels(&self) -> MutexGuard<'_, Levels> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content {
    Row(Row),
    /// There is no such row.
    Absent,
    Output(Arc<str>),
}

/// A content, charged to a meter for as long as it lives.
#[derive(Debug)]
pub(super) struct Charged {
    pub(super) content: Content,
    bytes: u64,
    meter: Arc<Meter>,
}

impl Charged {
    /// `content`, found under a key of so many bytes.
    pub(super) fn new(meter: &Arc<Meter>, key_bytes: u64, content: Content) -> Arc<Self> {
        let bytes = match &content {
            Content::Row(row) => row.bytes(),
            Content::Absent => 0,
            Content::Output(output) => output.len() as u64,
        };
        let bytes = OBJECT_BYTES + key_bytes + bytes;
        let mut levels = meter.levels();
        levels.now.objects += 1;
        levels.now.bytes += bytes;
        levels.most.objects = levels.most.objects.max(levels.now.objects);
        levels.most.bytes = levels.most.bytes.max(levels.now.bytes);
        drop(levels);
        Arc::new(Self {
            content,
            bytes,
            meter: Arc::clone(meter),
        })
    }

    /// The row, if there is one.
    pub(super) fn row(&self) -> Option<&Row> {
        match &self.content {
            Content::Row(row) => Some(row),
            Content::Absent | Content::Output(_) => None,
        }
    }
}

impl Drop for Charged {
    fn drop(&mut self) {
        let mut levels = self.meter.levels();
        levels.now.objects -= 1;
        levels.now.bytes -= self.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_twice_counts_once_and_until_the_last_lets_go() {
        let meter = Arc::new(Meter::default());
        let first = Charged::new(&meter, 3, Content::Output("four".into()));
        let shared = Arc::clone(&first);
        drop(first);
        let one = Held {
            objects: 1,
            bytes: OBJECT_BYTES + 7,
        };
        assert_eq!(meter.now(), one);
        drop(shared);
        assert_eq!(meter.now(), Held::default());
        assert_eq!(meter.most(), one);
    }
}
