//! How much a stash holds.

use super::amount::Amount;

/// How much a stash holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// In the main tier.
    pub main: Amount,
    /// In the overflow.
    pub overflow: Amount,
    /// In line.
    pub waiting: Amount,
}

impl Stats {
    /// In both tiers together.
    #[must_use]
    pub const fn held(&self) -> Amount {
        self.main.plus(self.overflow)
    }
}
