//! How many rows next, and how long to pause before them.
//!
//! A backfill does up to two kinds of work in turn, reading and writing, and a row costs something
//! else in each; a pacer is asked for every step, and told what the last one of its kind cost.
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

/// What a step does, which decides who feels it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// It writes rows: other writers wait, and readers that share the connection.
    Write,
    /// It reads on a connection others use.
    Read,
    /// It reads on a connection of its own: others share the device and the processors with it.
    ReadApart,
}

/// What a step cost, as the loop saw it.
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
    /// Whether those who wait are served in the order they came.
    pub in_order: bool,
    /// How often SQLite answered "busy".
    pub busy_retries: u32,
}

/// The next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many rows it covers at most.
    pub rows: NonZeroU64,
    /// How long to wait before it. Not waited before the first step of its kind.
    pub pause: Duration,
    /// After the pause, how long to wait at most until nobody waits for the connection.
    pub until_idle: Duration,
}

impl Pace {
    /// So many rows at once.
    #[must_use]
    pub const fn of(rows: NonZeroU64) -> Self {
        Self {
            rows,
            pause: Duration::ZERO,
            until_idle: Duration::ZERO,
        }
    }

    /// The same after a pause.
    #[must_use]
    pub const fn after(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }
}

/// Decides the next step from what the last one cost.
pub trait Pacer: Send + 'static {
    /// The next step, which does `next`; `last` is the last one of that kind, `None` before the
    /// first of a run.
    fn pace(&mut self, next: Work, last: Option<&ChunkCost>) -> Pace;
}

/// One value for each kind of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerWork<T>([T; 3]);

impl<T: Clone> PerWork<T> {
    /// The same value for each.
    pub fn all(value: T) -> Self {
        Self([value.clone(), value.clone(), value])
    }
}

impl<T> PerWork<T> {
    /// The value for `work`.
    pub const fn of(&mut self, work: Work) -> &mut T {
        let [write, read, read_apart] = &mut self.0;
        match work {
            Work::Write => write,
            Work::Read => read,
            Work::ReadApart => read_apart,
        }
    }
}

impl<P: Pacer + ?Sized> Pacer for Box<P> {
    fn pace(&mut self, next: Work, last: Option<&ChunkCost>) -> Pace {
        (**self).pace(next, last)
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
