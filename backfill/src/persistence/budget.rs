//! How much may be held in memory.

use super::meter::Held;

/// How much may be held: all versions of rows and all outputs, in the cache, in batches that wait
/// and in the write under way.
///
/// It is looked at before a batch of items begins, so that what is held never exceeds it by more
/// than one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// What may be held.
    pub held: Held,
    /// How much of it may be waiting to be written.
    pub unsaved: Unsaved,
}

/// How much may be waiting to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unsaved {
    /// All there is room for.
    #[default]
    Any,
    /// Only as much as makes writing efficient, in percent of what no transaction could do better:
    /// the rest of the budget is worth more as a cache. How much that is follows from what writes
    /// turn out to cost. More than 99 counts as 99.
    ForEfficiency(u8),
}

impl Budget {
    /// A hundred thousand objects, 256 MiB, and all of it may wait.
    pub const DEFAULT: Self = Self {
        held: Held {
            objects: 100_000,
            bytes: 256 << 20,
        },
        unsaved: Unsaved::Any,
    };

    /// Whether `held` is more than there is room for.
    pub(super) const fn exceeded_by(&self, held: Held) -> bool {
        held.objects > self.held.objects || held.bytes > self.held.bytes
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::DEFAULT
    }
}
