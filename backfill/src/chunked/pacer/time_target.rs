//! As many rows as took a set time so far: the rule of pt-online-schema-change's `--chunk-time`.
//!
//! Rows and seconds are summed with a weight of 0.75 for what was before, and the next chunk has
//! as many rows as their ratio gives for the target: n' = 0.75 n + rows, t' = 0.75 t + time,
//! rows = n' / t' × target, at least 1. Its target is a duration somebody thought of; it knows
//! nothing of readers.

use std::time::Duration;

use super::{ChunkCost, Pace, Pacer, PacerError, PerWork, Work, whole_rows};

/// How much of the past counts for.
const DECAY: f64 = 0.75;
/// pt-online-schema-change's `--chunk-size`: the rows of the first chunk.
const FIRST_ROWS: u64 = 1_000;

/// Chunks that hold the connection for a set time each, without pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeTarget {
    target: Duration,
    past: PerWork<Past>,
}

/// Rows and the time they took, weighted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Past {
    rows: f64,
    time_s: f64,
}

impl TimeTarget {
    /// Chunks of `target` each.
    ///
    /// # Errors
    /// If `target` is 0.
    pub fn new(target: Duration) -> Result<Self, PacerError> {
        if target.is_zero() {
            return Err(PacerError::NoTime);
        }
        Ok(Self {
            target,
            past: PerWork::default(),
        })
    }
}

impl Pacer for TimeTarget {
    fn pace(&mut self, next: Work, last: Option<&ChunkCost>) -> Pace {
        let past = self.past.of(next);
        if let Some(cost) = last {
            past.rows = DECAY * past.rows + cost.rows as f64;
            past.time_s = DECAY * past.time_s + cost.hold.as_secs_f64();
        }
        let rows = if past.time_s > 0.0 {
            past.rows / past.time_s * self.target.as_secs_f64()
        } else {
            FIRST_ROWS as f64
        };
        Pace::of(whole_rows(rows, 1, u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::super::plant::Plant;
    use super::*;

    #[test]
    fn it_finds_the_rows_that_take_the_target() {
        let mut plant = Plant::of_row_us(50);
        let mut pacer = TimeTarget::new(Duration::from_millis(500)).unwrap();
        let rows = plant.run(&mut pacer, 20);
        assert_eq!(rows[0], 1_000);
        assert!((9_500..=10_500).contains(&rows[19]), "{rows:?}");
        assert_eq!(TimeTarget::new(Duration::ZERO), Err(PacerError::NoTime));
    }
}
