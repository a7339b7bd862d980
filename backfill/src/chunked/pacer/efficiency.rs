//! Jobs at set intervals, each to fill most of its own: the optimiser of GitLab's batched
//! background migrations.
//!
//! Efficiency is duration ÷ interval. It is smoothed over the last 20 jobs, the newest with weight
//! 1 and each older one with 0.6 of the next; nothing is done before there are 20, nor between 0.9
//! and 0.95. Otherwise rows are multiplied by 0.95 ÷ efficiency, by at most 1.2. GitLab runs a job
//! every two minutes; with an interval of seconds the rule is the same.

use std::collections::VecDeque;
use std::time::Duration;

use super::{ChunkCost, Pace, Pacer, PacerError, PerWork, Work, check_bounds, whole_rows};

/// Jobs that are looked at (`NUMBER_OF_JOBS`).
const JOBS: usize = 20;
/// Weight of a job relative to the next newer one: 1 minus a smoothing factor of 0.4.
const OLDER: f64 = 0.6;
/// Efficiencies that are left alone (`TARGET_EFFICIENCY`).
const LEFT_ALONE: std::ops::RangeInclusive<f64> = 0.9..=0.95;
/// The most a batch grows at once (`MAX_MULTIPLIER`).
const GROWTH: f64 = 1.2;

/// Chunks that start at intervals, and grow or shrink to fill them.
#[derive(Clone, Debug, PartialEq)]
pub struct Efficiency {
    interval: Duration,
    min_rows: u64,
    max_rows: u64,
    past: PerWork<Past>,
}

/// The size of the last job, and how well the last ones filled their intervals.
#[derive(Clone, Debug, PartialEq)]
struct Past {
    rows: u64,
    /// Efficiencies of the last jobs, the newest first.
    jobs: VecDeque<f64>,
}

impl Efficiency {
    /// A chunk every `interval`, `rows` rows at first and always within `min_rows` and `max_rows`.
    ///
    /// # Errors
    /// If `interval` is 0, or a number of rows is 0 or out of order.
    pub fn new(
        interval: Duration,
        rows: u64,
        min_rows: u64,
        max_rows: u64,
    ) -> Result<Self, PacerError> {
        check_bounds(min_rows, max_rows)?;
        if interval.is_zero() {
            return Err(PacerError::NoTime);
        }
        Ok(Self {
            interval,
            min_rows,
            max_rows,
            past: PerWork::all(Past {
                rows: rows.clamp(min_rows, max_rows),
                jobs: VecDeque::with_capacity(JOBS),
            }),
        })
    }
}

impl Past {
    /// The smoothed efficiency, rounded to 2 digits as GitLab does; `None` before there are jobs
    /// enough.
    fn smoothed(&self) -> Option<f64> {
        if self.jobs.len() < JOBS {
            return None;
        }
        let (mut sum, mut weights, mut weight) = (0.0, 0.0, 1.0);
        for job in &self.jobs {
            sum += weight * job;
            weights += weight;
            weight *= OLDER;
        }
        Some((sum / weights * 100.0).round() / 100.0)
    }
}

impl Pacer for Efficiency {
    fn pace(&mut self, next: Work, last: Option<&ChunkCost>) -> Pace {
        let past = self.past.of(next);
        let mut pause = Duration::ZERO;
        if let Some(cost) = last {
            past.jobs.truncate(JOBS - 1);
            past.jobs
                .push_front(cost.hold.as_secs_f64() / self.interval.as_secs_f64());
            if next != Work::ReadApart {
                pause = self.interval.saturating_sub(cost.hold);
            }
            if let Some(efficiency) = past.smoothed()
                && !LEFT_ALONE.contains(&efficiency)
            {
                // Efficiency 0 asks for infinitely many; growth is limited all the same.
                let multiplier = (LEFT_ALONE.end() / efficiency).min(GROWTH);
                let rows = past.rows as f64 * multiplier;
                past.rows = whole_rows(rows, self.min_rows, self.max_rows).get();
            }
        }
        Pace::of(whole_rows(past.rows as f64, self.min_rows, self.max_rows)).after(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::super::plant::Plant;
    use super::*;

    #[test]
    fn it_settles_where_a_job_fills_its_interval() {
        let mut plant = Plant::of_row_us(100);
        let mut pacer = Efficiency::new(Duration::from_secs(2), 2_000, 10, 1_000_000).unwrap();
        let rows = plant.run(&mut pacer, 200);
        assert_eq!(
            rows[..20],
            [2_000; 20],
            "nothing is done before there are 20 jobs"
        );
        let filled = *rows.last().unwrap() as f64 * 100e-6 / 2.0;
        assert!((0.85..=1.0).contains(&filled), "{filled}");
    }

    #[test]
    fn bounds_hold_and_nonsense_is_refused() {
        let second = Duration::from_secs(1);
        let mut pacer = Efficiency::new(second, 5, 10, 20).unwrap();
        let rows = Plant::of_row_us(1).run(&mut pacer, 100);
        assert_eq!((rows[0], rows[99]), (10, 20));
        assert_eq!(Efficiency::new(second, 1, 0, 9), Err(PacerError::NoRows));
        assert_eq!(Efficiency::new(second, 1, 9, 8), Err(PacerError::Bounds));
        assert_eq!(
            Efficiency::new(Duration::ZERO, 1, 1, 9),
            Err(PacerError::NoTime)
        );
    }
}
