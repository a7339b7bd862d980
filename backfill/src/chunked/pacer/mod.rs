//! How many rows next, and how long to pause before them.
//!
//! * [`Fixed`]: always the same.
//! * [`TimeTarget`]: as many rows as took a set time so far.
//! * [`Efficiency`]: jobs at set intervals, each to fill most of its own.
//! * [`ReaderSlo`]: as many as readers put up with, told by a [`ReaderSignal`].

mod efficiency;
mod fixed;
#[cfg(test)]
mod plant;
mod reader_signal;
mod reader_slo;
mod time_target;

use std::num::NonZeroU64;
use std::time::Duration;

pub use efficiency::Efficiency;
pub use fixed::Fixed;
pub use reader_signal::ReaderSignal;
pub use reader_slo::{Objective, ReaderSlo};
pub use time_target::TimeTarget;

use crate::time::Instant;

/// What a chunk cost, as the loop saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkCost {
    /// When the connection was given back.
    pub ended_at: Instant,
    /// Keys it covered.
    pub rows: u64,
    /// How long it waited for the connection.
    pub wait: Duration,
    /// How long it kept others from what it held, from the moment it had the lock.
    pub hold: Duration,
    /// How many waited for the connection when it was given back.
    pub waiting: usize,
    /// How often SQLite answered "busy".
    pub busy_retries: u32,
}

/// The next chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many keys it covers at most.
    pub rows: NonZeroU64,
    /// How long to wait before it. Not waited before the first chunk of a run.
    pub pause: Duration,
}

/// Decides the next chunk from what the last one cost.
pub trait Pacer: Send + 'static {
    /// The next chunk; `last` is `None` before the first of a run.
    fn pace(&mut self, last: Option<&ChunkCost>) -> Pace;
}

impl<P: Pacer + ?Sized> Pacer for Box<P> {
    fn pace(&mut self, last: Option<&ChunkCost>) -> Pace {
        (**self).pace(last)
    }
}

/// Why a pacer cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacerError {
    /// A chunk of no rows would never end.
    #[error("a chunk must have at least 1 row")]
    NoRows,
    /// The smallest chunk would be larger than the largest.
    #[error("the smallest chunk is larger than the largest")]
    Bounds,
    /// Nothing can be done in no time.
    #[error("a target must be longer than 0")]
    NoTime,
    /// An objective below what readers live through without a backfill cannot be met.
    #[error("a multiple of the readers' own p95 must be at least 1, and a number")]
    Ratio,
}

/// `rows` within the bounds, as the next chunk's size; a fraction counts as the row it begins.
fn whole_rows(rows: f64, min: u64, max: u64) -> NonZeroU64 {
    // A cast from a float saturates, and takes NaN for 0.
    let rows = (rows.round() as u64).clamp(min, max);
    NonZeroU64::new(rows).unwrap_or(NonZeroU64::MIN)
}

/// Checks the bounds of a chunk's size.
const fn check_bounds(min: u64, max: u64) -> Result<(), PacerError> {
    match (min, max) {
        (0, _) | (_, 0) => Err(PacerError::NoRows),
        (min, max) if min > max => Err(PacerError::Bounds),
        _ => Ok(()),
    }
}
