//! How a strategy counts, and which oracle is meant to catch it where it is a cheat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::aggregate::oracle_names::{LIVE, READS, SESSIONS, VIEWS};

/// How views are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "AggregateStrategyKind")]
pub enum StrategyKind {
    /// Chunk after chunk, the crate under test: first occurrences are decided by the database.
    Chunked,
    /// Every row is read into memory, and all counts are stored, in one transaction.
    CollectAll,
    /// One transaction of `INSERT … SELECT … GROUP BY`.
    SingleTransaction,
    /// Chunk after chunk, each of which is handed the last sessions that were seen, `carried` of
    /// them, in the order they came first: the original. Known to count sessions twice that come
    /// back after that, so it is never a candidate.
    CarriedSet,
    /// As `carried-set`, said to be exact: a mistake that must be caught.
    TruncatedSet,
    /// Chunk after chunk, and the cursor is moved in a transaction of its own: a mistake that must
    /// be caught.
    CursorApart,
    /// Chunk after chunk by two processes, neither of which knows of the other: a mistake that must
    /// be caught.
    DoubleStart,
    /// As `chunked`, and readers do not ask whether it is done: a mistake that must be caught.
    ReadsEarly,
    /// Chunk after chunk, and nobody counts what is added meanwhile: a mistake that must be caught.
    LiveLost,
}

impl StrategyKind {
    /// Those that are here to be caught, and nothing else.
    pub const CHEATS: [Self; 5] = [
        Self::TruncatedSet,
        Self::CursorApart,
        Self::DoubleStart,
        Self::ReadsEarly,
        Self::LiveLost,
    ];

    /// Its name in a scenario file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chunked => "chunked",
            Self::CollectAll => "collect-all",
            Self::SingleTransaction => "single-transaction",
            Self::CarriedSet => "carried-set",
            Self::TruncatedSet => "truncated-set",
            Self::CursorApart => "cursor-apart",
            Self::DoubleStart => "double-start",
            Self::ReadsEarly => "reads-early",
            Self::LiveLost => "live-lost",
        }
    }

    /// The oracle that has to catch it; `None` for what is not here to be caught.
    #[must_use]
    pub const fn meant_oracle(self) -> Option<&'static str> {
        match self {
            Self::Chunked | Self::CollectAll | Self::SingleTransaction | Self::CarriedSet => None,
            Self::TruncatedSet => Some(SESSIONS),
            Self::CursorApart | Self::DoubleStart => Some(VIEWS),
            Self::ReadsEarly => Some(READS),
            Self::LiveLost => Some(LIVE),
        }
    }

    /// Whether the crate under test counts.
    #[must_use]
    pub const fn is_library(self) -> bool {
        matches!(self, Self::Chunked | Self::ReadsEarly)
    }

    /// Whether it works in chunks.
    #[must_use]
    pub const fn in_chunks(self) -> bool {
        !matches!(self, Self::CollectAll | Self::SingleTransaction)
    }

    /// Whether it is known to count some sessions twice, and says so.
    #[must_use]
    pub const fn miscounts_sessions(self) -> bool {
        matches!(self, Self::CarriedSet)
    }
}
