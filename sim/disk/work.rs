//! Counted work, and what it costs on a device.
//!
//! Work is counted, never timed: the same statements on the same pages count the same on every
//! machine. A [`DeviceProfile`] turns counts into modelled time.

use std::ops::{AddAssign, Sub};

use super::DeviceProfile;

/// Work that was done, in units that have a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Steps of SQLite's virtual machine.
    pub vm_steps: u64,
    /// 4 KiB pages copied from the operating system's cache, after a miss too.
    pub page_reads: u64,
    /// Misses that went to a random place on the device.
    pub random_reads: u64,
    /// Pages read ahead: misses that continued a run, and pages left out on the way.
    pub sequential_reads: u64,
    /// 4 KiB pages copied into the operating system's cache.
    pub page_writes: u64,
    /// Dirty pages that reached the device at a random place.
    pub random_writes: u64,
    /// Dirty pages that reached the device right behind the one before.
    pub sequential_writes: u64,
    /// Syncs.
    pub syncs: u64,
    /// Bytes read from files and written to them; they have no price but that of their pages.
    pub bytes: u64,
    /// Of the bytes written: those that were copied back from a write-ahead log, from which as many
    /// were read.
    pub copied_back_bytes: u64,
}

impl Work {
    /// CPU time it takes on `profile`, ns.
    #[must_use]
    pub const fn cpu_ns(&self, profile: &DeviceProfile) -> u64 {
        self.vm_steps * profile.vm_step_ps / 1_000
            + self.page_reads * profile.cached_read_ns
            + self.page_writes * profile.cached_write_ns
    }

    /// Device time it takes on `profile`, ns, when nobody else uses the device.
    ///
    /// SQLite waits for each page it reads before it asks for the next. Dirty pages are handed to
    /// the device all at once, by a sync, and it writes as many at a time as its queue is deep.
    #[must_use]
    pub const fn device_ns(&self, profile: &DeviceProfile) -> u64 {
        self.random_reads * profile.random_read_ns
            + self.sequential_reads * profile.sequential_read_ns
            + self.random_writes * profile.random_write_ns / profile.queue_depth as u64
            + self.sequential_writes * profile.sequential_write_ns
            + self.syncs * profile.sync_ns
    }

    /// Bytes that were read and written, but for what was copied back from a write-ahead log: that
    /// is of whoever wrote it before.
    #[must_use]
    pub const fn own_bytes(&self) -> u64 {
        self.bytes.saturating_sub(2 * self.copied_back_bytes)
    }

    /// The counts by name, for reports.
    #[must_use]
    pub const fn named(&self) -> [(&'static str, u64); 8] {
        [
            ("vm_steps", self.vm_steps),
            ("page_reads", self.page_reads),
            ("random_reads", self.random_reads),
            ("sequential_reads", self.sequential_reads),
            ("page_writes", self.page_writes),
            ("random_writes", self.random_writes),
            ("sequential_writes", self.sequential_writes),
            ("syncs", self.syncs),
        ]
    }
}

impl AddAssign for Work {
    fn add_assign(&mut self, more: Self) {
        self.vm_steps += more.vm_steps;
        self.page_reads += more.page_reads;
        self.random_reads += more.random_reads;
        self.sequential_reads += more.sequential_reads;
        self.page_writes += more.page_writes;
        self.random_writes += more.random_writes;
        self.sequential_writes += more.sequential_writes;
        self.syncs += more.syncs;
        self.bytes += more.bytes;
        self.copied_back_bytes += more.copied_back_bytes;
    }
}

impl Sub for Work {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            vm_steps: self.vm_steps - earlier.vm_steps,
            page_reads: self.page_reads - earlier.page_reads,
            random_reads: self.random_reads - earlier.random_reads,
            sequential_reads: self.sequential_reads - earlier.sequential_reads,
            page_writes: self.page_writes - earlier.page_writes,
            random_writes: self.random_writes - earlier.random_writes,
            sequential_writes: self.sequential_writes - earlier.sequential_writes,
            syncs: self.syncs - earlier.syncs,
            bytes: self.bytes - earlier.bytes,
            copied_back_bytes: self.copied_back_bytes - earlier.copied_back_bytes,
        }
    }
}
