//! How a strategy writes what was processed, and which oracle is meant to catch it where it is a
//! cheat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::processing::oracle_names::{HISTORY, MEMORY, OUTPUTS, PREFIX, PROGRESS, READS};

/// How what was processed is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ProcessingStrategyKind")]
pub enum StrategyKind {
    /// Every batch is written before the next one begins; what was written stays in memory as long
    /// as the budget allows.
    Synchronous,
    /// Every batch is written before the next one begins, and memory is emptied after it.
    Wipe,
    /// Written behind processing. Objects are counted, bytes are not; what is being written is not
    /// counted either, and where there are too many, all that is written is forgotten at once.
    CountOnly,
    /// Written behind processing; nothing is ever forgotten, and processing never waits.
    Unbounded,
    /// Written behind processing, within the budget.
    Store,
    /// As `count-only`, and rows are forgotten before they are in the database: a mistake that must
    /// be caught.
    EvictBeforeCommit,
    /// As `count-only`, and a write takes rows that were set after its last batch: a mistake that
    /// must be caught.
    SnapshotUnbounded,
    /// As `count-only`, and whoever waits for room is not told of a write that failed: a mistake
    /// that must be caught.
    WaiterNotWoken,
    /// As `count-only`, and a row that is set again while it is being written is written twice: a
    /// mistake that must be caught.
    QueuedTwice,
    /// As `count-only`, where nobody waits while all there is to write is being written: a mistake
    /// that must be caught.
    GateOpen,
    /// As `count-only`, and outputs count as stored before they are: a mistake that must be caught.
    CountedEarly,
}

impl StrategyKind {
    /// Those that are here to be caught, and nothing else.
    pub const CHEATS: [Self; 6] = [
        Self::EvictBeforeCommit,
        Self::SnapshotUnbounded,
        Self::WaiterNotWoken,
        Self::QueuedTwice,
        Self::GateOpen,
        Self::CountedEarly,
    ];

    /// Its name in a scenario file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Synchronous => "synchronous",
            Self::Wipe => "wipe",
            Self::CountOnly => "count-only",
            Self::Unbounded => "unbounded",
            Self::Store => "store",
            Self::EvictBeforeCommit => "evict-before-commit",
            Self::SnapshotUnbounded => "snapshot-unbounded",
            Self::WaiterNotWoken => "waiter-not-woken",
            Self::QueuedTwice => "queued-twice",
            Self::GateOpen => "gate-open",
            Self::CountedEarly => "counted-early",
        }
    }

    /// The oracle that has to catch it; `None` for what is not known to be wrong.
    #[must_use]
    pub const fn meant_oracle(self) -> Option<&'static str> {
        match self {
            Self::Synchronous | Self::Wipe | Self::CountOnly | Self::Unbounded | Self::Store => {
                None
            }
            Self::EvictBeforeCommit => Some(READS),
            Self::SnapshotUnbounded => Some(PREFIX),
            Self::WaiterNotWoken => Some(PROGRESS),
            Self::QueuedTwice => Some(HISTORY),
            Self::GateOpen => Some(MEMORY),
            Self::CountedEarly => Some(OUTPUTS),
        }
    }

    /// Whether it promises to hold no more than its budget and one batch.
    #[must_use]
    pub const fn keeps_budget(self) -> bool {
        match self {
            Self::Synchronous | Self::Wipe | Self::Store | Self::GateOpen => true,
            Self::CountOnly
            | Self::Unbounded
            | Self::EvictBeforeCommit
            | Self::SnapshotUnbounded
            | Self::WaiterNotWoken
            | Self::QueuedTwice
            | Self::CountedEarly => false,
        }
    }
}
