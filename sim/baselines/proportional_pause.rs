//! Rest for a share of the time worked: gh-ost's `--nice-ratio`, pt-archiver's `--sleep-coef`.

use std::num::NonZeroU64;

use backfill::chunked::{ChunkCost, Pace, Pacer, Work};

/// Chunks of a set size, each followed by a pause of so many times what it took.
#[derive(Clone, Copy, Debug)]
pub struct ProportionalPause {
    /// Rows of a chunk.
    pub rows: NonZeroU64,
    /// The pause, as a multiple of the hold before it.
    pub coefficient: f64,
}

impl Pacer for ProportionalPause {
    fn pace(&mut self, next: Work, last: Option<&ChunkCost>) -> Pace {
        let pace = Pace::of(self.rows);
        match (next, last) {
            // Nobody waits for a connection that nobody else uses.
            (Work::ReadApart, _) | (_, None) => pace,
            (Work::Write | Work::Read, Some(cost)) => {
                pace.after(cost.hold.mul_f64(self.coefficient))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use backfill::time::Instant;

    use super::*;

    #[test]
    fn the_pause_follows_the_hold_and_not_the_wait() {
        let mut pacer = ProportionalPause {
            rows: NonZeroU64::MIN,
            coefficient: 0.7,
        };
        let cost = ChunkCost {
            ended_at: Instant::default(),
            rows: 1,
            wait: Duration::from_secs(9),
            hold: Duration::from_millis(100),
            waiting: 3,
            in_order: true,
            busy_retries: 0,
        };
        let mut pause = |work, last| pacer.pace(work, last).pause;
        assert_eq!(pause(Work::Write, None), Duration::ZERO);
        assert_eq!(pause(Work::Write, Some(&cost)), Duration::from_millis(70));
        assert_eq!(pause(Work::ReadApart, Some(&cost)), Duration::ZERO);
    }
}
