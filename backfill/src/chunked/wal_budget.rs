//! How long the write-ahead log may become.

/// How long the write-ahead log may become, in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalBudget {
    /// From here on it is copied back in the gap after a step.
    pub checkpoint_pages: u64,
    /// From here on nothing is written until it can start over: somebody reads from an old
    /// snapshot.
    pub most_pages: u64,
}

impl Default for WalBudget {
    /// Half of, and four times, the 1000 pages at which SQLite checkpoints in a commit by itself:
    /// early enough that no commit of the live path comes to it, and late enough that a reader of
    /// seconds stops nothing.
    fn default() -> Self {
        Self {
            checkpoint_pages: 500,
            most_pages: 4_000,
        }
    }
}
