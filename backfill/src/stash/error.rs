//! Why a payload was not stored.

use std::time::Duration;

/// Why a payload was not stored. Whoever keeps a clone of its [`Bytes`](bytes::Bytes), which costs
/// nothing, still has it, and need not do again what made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PutError {
    /// It would not fit into an empty stash, or its owner's share of one.
    #[error(
        "a payload of {bytes} B is too large: one of {largest_bytes} B fits at the most; send it \
         in another way, or raise `capacity` or `owner_percent`"
    )]
    TooLarge {
        /// How large it is.
        bytes: u64,
        /// The largest that one owner can store.
        largest_bytes: u64,
    },
    /// There is no room, neither in the stash nor, if it was to wait, in the line.
    #[error("no room for a payload of {bytes} B: {why}")]
    Full {
        /// How large it is.
        bytes: u64,
        /// What is full.
        why: Full,
    },
    /// It has waited as long as is set, and there was no room for it.
    #[error(
        "no room for a payload of {bytes} B within {:.3} s; send it in another way, or try again \
         when something has been fetched", waited.as_secs_f64()
    )]
    TimedOut {
        /// How large it is.
        bytes: u64,
        /// How long it has waited.
        waited: Duration,
    },
    /// Whoever wanted it stored does not any more.
    #[error("storing it was cancelled")]
    Cancelled,
}

/// What is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// Every tier.
    #[error("every tier is full; wait until something is fetched, or raise `capacity`")]
    Tiers,
    /// There may be room, but others wait for it who came first.
    #[error("others wait for room, and come first; wait behind them, or raise `capacity`")]
    OthersFirst,
    /// The owner holds its share.
    #[error("its owner holds its share; fetch some of that, or raise `owner_percent`")]
    Share,
    /// As many wait as may.
    #[error("as many wait as may; try again later, or raise `waiting.payloads`")]
    Waiters,
    /// As many bytes wait as may.
    #[error("as many bytes wait as may; try again later, or raise `waiting.bytes`")]
    WaitingBytes,
    /// As much of the owner waits as may.
    #[error("its owner takes its share of the line; try again later, or raise `owner_percent`")]
    WaitingShare,
}
