//! What the live path stored: what oracles hold a backfill to.
//!
//! Said by the request itself, inside its transaction, and believed only when that was committed.
//! A request may store nothing: what it was about may have been deleted.

use super::plan::Planned;

/// What one request of the live path stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Nothing,
    /// An observation, and `last_seen` at least as late.
    Observed {
        /// Of the transmission with this id.
        transmission: i64,
        /// Unix seconds.
        timestamp: i64,
    },
    /// A transmission, with its first observation.
    Transmitted {
        /// Its id.
        transmission: i64,
        /// Of the observation, unix seconds.
        timestamp: i64,
    },
    /// A transmission went, and with it its observations.
    Deleted {
        /// Its id.
        transmission: i64,
        /// How many observations.
        observations: u64,
    },
    /// A statement of a database of one's own was made.
    Wrote {
        /// Which, and with what.
        request: Planned,
        /// At which modelled moment, ns.
        at_ns: u64,
        /// How many rows it changed, of whatever table.
        rows: u64,
    },
}

impl Effect {
    /// Rows it added to the table that is filled, at the most.
    #[must_use]
    pub const fn added(&self) -> u64 {
        match self {
            Self::Transmitted { .. } => 1,
            Self::Wrote { rows, .. } => *rows,
            Self::Nothing | Self::Observed { .. } | Self::Deleted { .. } => 0,
        }
    }

    /// Rows it took from it, at the least.
    #[must_use]
    pub const fn removed(&self) -> u64 {
        match self {
            Self::Deleted { .. } => 1,
            Self::Nothing
            | Self::Observed { .. }
            | Self::Transmitted { .. }
            | Self::Wrote { .. } => 0,
        }
    }
}
