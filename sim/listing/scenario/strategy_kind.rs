//! How a strategy lists, and which oracle is meant to catch it where it is a cheat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::listing::oracle_names::{LIMIT, MULTISET, RATE, REFETCHED, STATE};

/// How objects are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ListingStrategyKind")]
pub enum StrategyKind {
    /// One page after the other.
    Sequential,
    /// 1, 10 or 50 equal segments, as the newest page suggests in three steps.
    Tiers,
    /// `segments` equal segments, whatever is in them.
    Fixed,
    /// 1 to 50 equal segments, as the newest page suggests.
    Probe,
    /// What is left of a segment is cut into `ways` after every page.
    Recursive,
    /// A segment is split when a slot has nothing to do.
    Adaptive,
    /// As many segments as slots, with as many objects in each: it knows where they lie, which
    /// nobody does. No cut made beforehand can do better.
    EqualCount,
    /// As `adaptive`, and the state is written before the objects: a mistake that must be caught.
    StateFirst,
    /// As `adaptive`, and what is tried again passes the limiter by: a mistake that must be caught.
    RetryOutside,
    /// As `adaptive`, and a split leaves out the second at its boundary: a mistake that must be
    /// caught.
    BoundaryDropped,
    /// As `adaptive`, and an empty page behind a deleted object is taken for the end: a mistake
    /// that must be caught.
    CursorTrusted,
    /// As `adaptive`, and whoever splits begins with the page it has: a mistake that must be
    /// caught.
    RefetchingSplit,
    /// As `probe`, and the page it asks for first is thrown away: a mistake that must be caught.
    ProbeDiscarded,
    /// As `adaptive`, and what is stopped by the limit is marked as complete: a mistake that must
    /// be caught.
    LimitCompletes,
}

impl StrategyKind {
    /// Those that are here to be caught, and nothing else.
    pub const CHEATS: [Self; 7] = [
        Self::StateFirst,
        Self::RetryOutside,
        Self::BoundaryDropped,
        Self::CursorTrusted,
        Self::RefetchingSplit,
        Self::ProbeDiscarded,
        Self::LimitCompletes,
    ];

    /// Its name in a scenario file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Tiers => "tiers",
            Self::Fixed => "fixed",
            Self::Probe => "probe",
            Self::Recursive => "recursive",
            Self::Adaptive => "adaptive",
            Self::EqualCount => "equal-count",
            Self::StateFirst => "state-first",
            Self::RetryOutside => "retry-outside",
            Self::BoundaryDropped => "boundary-dropped",
            Self::CursorTrusted => "cursor-trusted",
            Self::RefetchingSplit => "refetching-split",
            Self::ProbeDiscarded => "probe-discarded",
            Self::LimitCompletes => "limit-completes",
        }
    }

    /// The oracle that has to catch it; `None` for what is not known to be wrong.
    #[must_use]
    pub const fn meant_oracle(self) -> Option<&'static str> {
        match self {
            Self::Sequential
            | Self::Tiers
            | Self::Fixed
            | Self::Probe
            | Self::Recursive
            | Self::Adaptive
            | Self::EqualCount => None,
            Self::StateFirst => Some(STATE),
            Self::RetryOutside => Some(RATE),
            Self::BoundaryDropped | Self::CursorTrusted => Some(MULTISET),
            Self::RefetchingSplit | Self::ProbeDiscarded => Some(REFETCHED),
            Self::LimitCompletes => Some(LIMIT),
        }
    }
}
