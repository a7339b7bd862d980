//! Always the same.

use std::num::NonZeroU64;
use std::time::Duration;

use super::{ChunkCost, Pace, Pacer, PacerError, Work};

/// Always the same number of rows and the same pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed {
    rows: NonZeroU64,
    pause: Duration,
}

impl Fixed {
    /// Chunks of `rows` rows with `pause` between them.
    ///
    /// # Errors
    /// If `rows` is 0.
    pub fn new(rows: u64, pause: Duration) -> Result<Self, PacerError> {
        let rows = NonZeroU64::new(rows).ok_or(PacerError::NoRows)?;
        Ok(Self { rows, pause })
    }
}

impl Pacer for Fixed {
    fn pace(&mut self, next: Work, _last: Option<&ChunkCost>) -> Pace {
        let pace = Pace::of(self.rows);
        match next {
            // Nobody waits for a connection that nobody else uses.
            Work::ReadApart => pace,
            Work::Write | Work::Read => pace.after(self.pause),
        }
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
