//! Payloads and bytes, added up.

/// Payloads and bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) payloads: u64,
    pub(super) bytes: u64,
}

impl Sum {
    pub(super) const fn add(&mut self, bytes: u64) {
        self.payloads += 1;
        self.bytes += bytes;
    }

    pub(super) const fn remove(&mut self, bytes: u64) {
        self.payloads = self.payloads.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    pub(super) const fn with(mut self, bytes: u64) -> Self {
        self.add(bytes);
        self
    }

    pub(super) const fn without(mut self, other: Self) -> Self {
        self.payloads = self.payloads.saturating_sub(other.payloads);
        self.bytes = self.bytes.saturating_sub(other.bytes);
        self
    }

    pub(super) const fn within(self, payloads: u64, bytes: u64) -> bool {
        self.payloads <= payloads && self.bytes <= bytes
    }
}
