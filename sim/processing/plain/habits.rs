//! What a plain store does its own way, and which of these are mistakes.

use crate::processing::scenario::StrategyKind;

/// How a plain store does things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::processing) struct Habits {
    /// Bytes and the batch being processed count, and no more is forgotten than has to be.
    pub(super) within_budget: bool,
    /// Forgets rows before they are in the database.
    pub(super) evicts_early: bool,
    /// A write takes what was set after its last batch.
    pub(super) unbounded_snapshot: bool,
    /// Does not tell those who wait that a write has failed.
    pub(super) silent_failure: bool,
    /// Takes what is being written for not being written.
    pub(super) forgets_in_flight: bool,
    /// Says that outputs are stored when it begins to write them, and writes again what failed.
    pub(super) counts_early: bool,
}

impl Habits {
    /// Those of a strategy of this kind; `None` if it is no plain store.
    pub(in crate::processing) fn of(kind: StrategyKind) -> Option<Self> {
        let plain = Self::default();
        Some(match kind {
            StrategyKind::Synchronous
            | StrategyKind::Wipe
            | StrategyKind::Unbounded
            | StrategyKind::Store => return None,
            StrategyKind::CountOnly => plain,
            StrategyKind::EvictBeforeCommit => Self {
                evicts_early: true,
                ..plain
            },
            StrategyKind::SnapshotUnbounded => Self {
                unbounded_snapshot: true,
                ..plain
            },
            StrategyKind::WaiterNotWoken => Self {
                silent_failure: true,
                ..plain
            },
            StrategyKind::QueuedTwice => Self {
                forgets_in_flight: true,
                ..plain
            },
            StrategyKind::GateOpen => Self {
                within_budget: true,
                ..plain
            },
            StrategyKind::CountedEarly => Self {
                counts_early: true,
                ..plain
            },
        })
    }
}
