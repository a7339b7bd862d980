//! A servo on the time that passed, waiting included: the mistake Spirit's copier made first.
//!
//! Under load a chunk waits longer for the connection. That wait does not depend on its rows, but
//! the servo takes it for their cost and makes the next chunk smaller, which then waits as long.

use std::time::Duration;

use backfill::chunked::{ChunkCost, Pace, Pacer, PacerError, TimeTarget, Work};

/// [`TimeTarget`], told the wrong time.
#[derive(Clone, Copy, Debug)]
pub struct ElapsedTime(TimeTarget);

impl ElapsedTime {
    /// Chunks that take `target` from asking for the connection to giving it back.
    ///
    /// # Errors
    /// If `target` is 0.
    pub fn new(target: Duration) -> Result<Self, PacerError> {
        TimeTarget::new(target).map(Self)
    }
}

impl Pacer for ElapsedTime {
    fn pace(&mut self, next: Work, last: Option<&ChunkCost>) -> Pace {
        let elapsed = last.map(|cost| ChunkCost {
            hold: cost.wait + cost.hold,
            ..*cost
        });
        self.0.pace(next, elapsed.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use backfill::time::Instant;

    use super::*;

    /// Rows cost 10 µs; the wait is all that changes.
    #[test]
    fn it_collapses_when_others_make_it_wait() {
        let rows_after = |wait: Duration| {
            let mut pacer = ElapsedTime::new(Duration::from_millis(50)).unwrap();
            let mut rows = pacer.pace(Work::Write, None).rows.get();
            for _ in 0..50 {
                let cost = ChunkCost {
                    ended_at: Instant::default(),
                    rows,
                    wait,
                    hold: Duration::from_micros(10 * rows),
                    waiting: 0,
                    in_order: true,
                    busy_retries: 0,
                };
                rows = pacer.pace(Work::Write, Some(&cost)).rows.get();
            }
            rows
        };
        assert!((4_900..=5_100).contains(&rows_after(Duration::ZERO)));
        assert!(rows_after(Duration::from_millis(200)) <= 2);
    }
}
