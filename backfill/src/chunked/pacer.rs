//! How many rows next, and how long to pause before them.

use std::num::NonZeroU64;
use std::time::Duration;

/// What a chunk cost, as the loop saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkCost {
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

/// Always the same number of rows and the same pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed {
    pace: Pace,
}

/// Why a pacer cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacerError {
    /// A chunk of no rows would never end.
    #[error("a chunk must have at least 1 row")]
    NoRows,
}

impl Fixed {
    /// Chunks of `rows` rows with `pause` between them.
    ///
    /// # Errors
    /// If `rows` is 0.
    pub fn new(rows: u64, pause: Duration) -> Result<Self, PacerError> {
        let rows = NonZeroU64::new(rows).ok_or(PacerError::NoRows)?;
        Ok(Self {
            pace: Pace { rows, pause },
        })
    }
}

impl Pacer for Fixed {
    fn pace(&mut self, _last: Option<&ChunkCost>) -> Pace {
        self.pace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_of_no_rows_is_refused() {
        assert_eq!(Fixed::new(0, Duration::ZERO), Err(PacerError::NoRows));
        assert!(Fixed::new(1, Duration::ZERO).is_ok());
    }
}
