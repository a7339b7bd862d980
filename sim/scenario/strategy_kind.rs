//! How a strategy does the work, and which oracle is meant to catch it where it is a cheat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outcome::{
    BOUNDED_TRANSACTIONS, LEDGER, LEDGER_WRITES, NO_LOWERING, PAUSES, RESUME, STATUS, TERMINATION,
    VALUES,
};

/// How the work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StrategyKind {
    /// One correlated UPDATE over the whole table, as it ran in production: 0 means "not done".
    SingleTransaction,
    /// One correlated UPDATE over the whole table that raises and never lowers, whatever is there.
    GuardedSingleTransaction,
    /// Chunks, sized and paused by `pacer`.
    Chunked,
    /// Chunks as they were first proposed: no cursor, and 0 means "not done".
    Proposal,
    /// A single transaction that announces chunks it never made: a cheat that must be caught.
    DressedSingleTransaction,
    /// Chunks without the pauses it asks for: a cheat that must be caught.
    PauseSkipped,
    /// Chunks up to whatever row is the last by then: a mistake that must be caught.
    NoSnapshot,
    /// Chunks that look for rows not done from the start: a mistake that must be caught.
    NoCursor,
    /// Chunks with a cursor that skip rows with a value: a mistake that must be caught.
    SentinelCursor,
    /// Chunks that write what was true a moment ago: a mistake that must be caught.
    LateWrite,
    /// Chunks that note "done" when they are cancelled: a mistake that must be caught.
    DoneAfterCancel,
    /// Chunks that note their progress row by row: a mistake that must be caught.
    ProgressPerRow,
    /// Chunks that start over when they are started again: a mistake that must be caught.
    ResumeFromZero,
    /// Chunks as they should be, and a status page that takes a ledger it cannot read for an empty
    /// one: a mistake that must be caught.
    BlindStatus,
}

impl StrategyKind {
    /// Those that are here to be caught, and nothing else.
    pub const CHEATS: [Self; 10] = [
        Self::DressedSingleTransaction,
        Self::PauseSkipped,
        Self::NoSnapshot,
        Self::NoCursor,
        Self::SentinelCursor,
        Self::LateWrite,
        Self::DoneAfterCancel,
        Self::ProgressPerRow,
        Self::ResumeFromZero,
        Self::BlindStatus,
    ];

    /// Its name in a scenario file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SingleTransaction => "single-transaction",
            Self::GuardedSingleTransaction => "guarded-single-transaction",
            Self::Chunked => "chunked",
            Self::Proposal => "proposal",
            Self::DressedSingleTransaction => "dressed-single-transaction",
            Self::PauseSkipped => "pause-skipped",
            Self::NoSnapshot => "no-snapshot",
            Self::NoCursor => "no-cursor",
            Self::SentinelCursor => "sentinel-cursor",
            Self::LateWrite => "late-write",
            Self::DoneAfterCancel => "done-after-cancel",
            Self::ProgressPerRow => "progress-per-row",
            Self::ResumeFromZero => "resume-from-zero",
            Self::BlindStatus => "blind-status",
        }
    }

    /// Whether it is one UPDATE and says so.
    #[must_use]
    pub const fn is_single_transaction(self) -> bool {
        matches!(
            self,
            Self::SingleTransaction | Self::GuardedSingleTransaction
        )
    }

    /// Whether it really works in chunks, and so has to keep what they did.
    #[must_use]
    pub const fn works_in_chunks(self) -> bool {
        !self.is_single_transaction() && !matches!(self, Self::DressedSingleTransaction)
    }

    /// Whether its mistake shows only when it is stopped.
    #[must_use]
    pub const fn must_be_stopped(self) -> bool {
        matches!(self, Self::DoneAfterCancel | Self::ResumeFromZero)
    }

    /// The oracle that has to catch it; `None` for what is not known to be wrong.
    #[must_use]
    pub const fn meant_oracle(self) -> Option<&'static str> {
        match self {
            Self::SingleTransaction | Self::GuardedSingleTransaction | Self::Chunked => None,
            Self::Proposal | Self::NoSnapshot => Some(TERMINATION),
            Self::DressedSingleTransaction => Some(BOUNDED_TRANSACTIONS),
            Self::PauseSkipped => Some(PAUSES),
            Self::NoCursor | Self::DoneAfterCancel => Some(LEDGER),
            Self::ProgressPerRow => Some(LEDGER_WRITES),
            Self::ResumeFromZero => Some(RESUME),
            Self::BlindStatus => Some(STATUS),
            Self::SentinelCursor => Some(VALUES),
            Self::LateWrite => Some(NO_LOWERING),
        }
    }
}
