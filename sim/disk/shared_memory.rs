//! The WAL index: memory that all connections of a file share.
//!
//! SQLite reads and writes these regions through plain pointers, from C. They are made of atomics,
//! so that such a pointer may be handed out without a mutable borrow.

use std::sync::atomic::AtomicU64;

/// Bytes of a region: what SQLite asks for (`WALINDEX_PGSZ`).
pub(super) const REGION: usize = 32 * 1024;

/// A region, zeroed when new, never moved while it exists.
type Region = Box<[AtomicU64]>;

/// The shared regions of one file.
#[derive(Debug, Default)]
pub(super) struct SharedMemory {
    regions: Vec<Region>,
    /// Handles that have mapped a region.
    mapped: u32,
}

impl SharedMemory {
    /// A handle maps its first region.
    pub(super) const fn join(&mut self) {
        self.mapped += 1;
    }

    /// A handle unmaps; after the last, the regions are gone, as if the file had been removed.
    pub(super) fn leave(&mut self) {
        self.mapped -= 1;
        if self.mapped == 0 {
            self.regions.clear();
        }
    }

    /// The region `index`; with `extend`, it and those before it are made first.
    pub(super) fn region(&mut self, index: usize, extend: bool) -> Option<&[AtomicU64]> {
        while extend && self.regions.len() <= index {
            let zeroed = (0..REGION / size_of::<AtomicU64>()).map(|_| AtomicU64::new(0));
            self.regions.push(zeroed.collect());
        }
        self.regions.get(index).map(AsRef::as_ref)
    }
}
