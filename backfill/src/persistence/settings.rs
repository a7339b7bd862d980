//! How a store is set up.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::budget::Budget;
use super::checkpoint::Checkpoint;
use super::event::Watcher;
use super::metadata;
use super::table::{Table, TableId};
use crate::ledger;
use crate::retry::RetryPolicy;

/// How a store is set up.
pub struct Settings {
    pub(super) name: Arc<str>,
    pub(super) tables: Vec<Table>,
    pub(super) budget: Budget,
    pub(super) retry: RetryPolicy,
    pub(super) metadata_every: Duration,
    pub(super) history_depth: Option<u64>,
    pub(super) last: Option<Checkpoint>,
    pub(super) stale_after: Duration,
    pub(super) watcher: Box<dyn Watcher>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("name", &self.name)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// A store that is `name` in the ledger, with the default budget. `seed` seeds the waits
    /// before a failed write is tried again.
    #[must_use]
    pub fn new(name: &str, seed: u64) -> Self {
        Self {
            name: name.into(),
            tables: Vec::new(),
            budget: Budget::DEFAULT,
            retry: RetryPolicy {
                base: Duration::from_millis(100),
                cap: Duration::from_secs(5),
                ..RetryPolicy::new(seed)
            },
            metadata_every: metadata::ALONE_EVERY,
            history_depth: None,
            last: None,
            stale_after: ledger::STALE_AFTER,
            watcher: Box::new(()),
        }
    }

    /// Adds a table. Those that refer to others come after them.
    pub fn table(&mut self, table: Table) -> TableId {
        self.tables.push(table);
        TableId(self.tables.len() - 1)
    }

    /// How much may be held in memory.
    pub const fn budget(&mut self, budget: Budget) -> &mut Self {
        self.budget = budget;
        self
    }

    /// How long to wait before a failed write is tried again. How often that is does not matter:
    /// a write that may succeed is tried until it does.
    pub const fn retry(&mut self, retry: RetryPolicy) -> &mut Self {
        self.retry = retry;
        self
    }

    /// How many checkpoints back processing may want to go; all, unless said.
    pub const fn history_depth(&mut self, checkpoints: u64) -> &mut Self {
        self.history_depth = Some(checkpoints);
        self
    }

    /// The last checkpoint there will be, as far as is known, for the ledger's progress.
    pub const fn last(&mut self, last: Checkpoint) -> &mut Self {
        self.last = Some(last);
        self
    }

    /// How long another process may be silent before it is taken for dead.
    pub const fn stale_after(&mut self, stale_after: Duration) -> &mut Self {
        self.stale_after = stale_after;
        self
    }

    /// Who hears of what happens.
    pub fn watcher(&mut self, watcher: impl Watcher) -> &mut Self {
        self.watcher = Box::new(watcher);
        self
    }
}
