//! The reader p95 that the backfill's holds of a shared connection explain by themselves.
//!
//! An arriving reader waits for the work ahead of it. A hold of length `B` raises that work by `B`
//! the moment the backfill joins the queue; the others' own work arrives at rate ρ, so it falls at
//! slope `1 − ρ` until it is gone. Poisson arrivals see time averages (PASTA), so the share of
//! readers that wait longer than `w` is the share of the window in which the work exceeds `w`:
//!
//! ```text
//! P(W > w) = Σ [(top − w)+ − (foot − w)+] / ((1 − ρ) · window)
//! ```
//!
//! with the work right after a hold is queued (`top`: what it found there and itself) and right
//! before the next one or the end of the window (`foot`: what the next one finds). While every
//! excursion ends before the next begins (`B / (1 − ρ) ≤ cycle`), all feet are 0, every top is a
//! `B`, and this is the closed formula `E[(B − w)+] / ((1 − ρ) · E[cycle])`. Where that bound fails
//! the feet are the backlog, which the log has as the time the backfill itself waited; a single
//! transaction is one excursion that the window cuts off. [`Forecast::overlapping`] says which of
//! the two it was.
//!
//! ρ is work asked for in the window per unit of time, wherever it was served: what the others get
//! between holds is a queue being worked off and says nothing about arrivals.
//!
//! A wait is not a latency: the answer adds what the same reads take without a backfill, by
//! convolving the two distributions.

use super::percentile::Quantile;
use super::phase::reads_in;
use crate::outcome::{BACKFILL, Hold, Outcome, Window};

/// Points that stand for the latencies without a backfill.
const SERVICE_POINTS: u32 = 500;
/// The share of readers that a 95th percentile leaves above it.
const TAIL: f64 = 0.05;

/// What the holds predict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// The 95th percentile of reader latency, nanoseconds.
    pub p95_ns: u64,
    /// The connection's share that everybody else asks for.
    pub rho: f64,
    /// Whether a hold was queued before the backlog of the one before was gone: the closed formula
    /// does not hold and the backlog was carried over.
    pub overlapping: bool,
}

/// A hold of the backfill, and what it found when it was queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excursion {
    /// When the backfill joined the queue, nanoseconds.
    pub queued_ns: u64,
    /// How long it waited: the work that was ahead of it, nanoseconds.
    pub waited_ns: u64,
    /// How long it had the connection, nanoseconds.
    pub held_ns: u64,
}

/// The backfill's holds, in the order of acquisition. Two that follow each other at once are two:
/// a reader that came during the first would have gone in between.
#[must_use]
pub fn excursions(outcome: &Outcome) -> Vec<Excursion> {
    let holds = outcome.holds.iter().filter(|hold| is_backfill(hold));
    holds
        .map(|hold| Excursion {
            queued_ns: hold.queued_ns,
            waited_ns: hold.acquired_ns - hold.queued_ns,
            held_ns: hold.released_ns - hold.acquired_ns,
        })
        .collect()
}

/// Whether a hold is the backfill's, of the connection that readers wait for.
pub(crate) fn is_backfill(hold: &Hold) -> bool {
    hold.user == BACKFILL
}

/// Whether a hold is somebody else's: a reader's, a writer's, the operator's.
pub(crate) fn is_others(hold: &Hold) -> bool {
    hold.user != BACKFILL
}

/// The reader p95 of `outcome` from its hold log, on one connection that is handed over first
/// come, first served. `None` without a backfill, without holds, without reads in the
/// counterfactual, or when the others alone ask for the whole connection (ρ ≥ 1).
#[must_use]
pub fn forecast(outcome: &Outcome, counterfactual: &Outcome) -> Option<Forecast> {
    let window = outcome.backfill?;
    let window_ns = window.duration_ns() as f64;
    let holds = excursions(outcome);
    let rho = offered_ns(outcome, window) as f64 / window_ns;
    if holds.is_empty() || window.duration_ns() == 0 || rho >= 1.0 {
        return None;
    }
    let work = Work::new(&holds, window, 1.0 - rho);
    let quiet = reads_in(counterfactual, window);
    let service: Vec<u64> = (0..SERVICE_POINTS)
        .filter_map(|point| {
            quiet.at(Quantile::from_ppm(
                (2 * point + 1) * 1_000_000 / (2 * SERVICE_POINTS),
            ))
        })
        .collect();
    let slowest = *service.last()?;
    let above = |latency_ns: u64| {
        let sum: f64 = service
            .iter()
            .map(|&own_ns| {
                latency_ns
                    .checked_sub(own_ns)
                    .map_or(1.0, |wait_ns| work.time_above(wait_ns) / window_ns)
            })
            .sum();
        sum / service.len() as f64
    };
    // The smallest latency with at most 5 % above it.
    let (mut low, mut high) = (0, work.highest_ns() + slowest);
    while low < high {
        let middle = low + (high - low) / 2;
        if above(middle) > TAIL {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Some(Forecast {
        p95_ns: low,
        rho,
        overlapping: work.overlapping,
    })
}

/// What everybody but the backfill asked of the connection within `window`, nanoseconds.
fn offered_ns(outcome: &Outcome, window: Window) -> u64 {
    outcome
        .holds
        .iter()
        .filter(|hold| is_others(hold) && window.contains(hold.queued_ns))
        .map(|hold| hold.released_ns - hold.acquired_ns)
        .sum()
}

/// The work ahead of an arriving reader over time, as the tops and feet of its falling edges.
struct Work {
    tops: Tail,
    feet: Tail,
    slope: f64,
    overlapping: bool,
}

impl Work {
    fn new(holds: &[Excursion], window: Window, slope: f64) -> Self {
        let (mut tops, mut feet) = (Vec::new(), Vec::new());
        let mut overlapping = false;
        for (index, hold) in holds.iter().enumerate() {
            let top = (hold.waited_ns + hold.held_ns) as f64;
            let next = holds.get(index + 1);
            let until_ns = next.map_or(window.end_ns, |next| next.queued_ns);
            let elapsed_ns = until_ns.saturating_sub(hold.queued_ns);
            let left = (top - elapsed_ns as f64 * slope).max(0.0);
            // The window ends with a hold, so the last excursion is cut off; alone, it is all.
            overlapping |= left > 0.0 && (next.is_some() || holds.len() == 1);
            // What the next one finds is known; after the last, what the slope leaves.
            let foot = next.map_or(left, |next| next.waited_ns as f64);
            tops.push(top);
            feet.push(foot);
        }
        Self {
            tops: Tail::new(tops),
            feet: Tail::new(feet),
            slope,
            overlapping,
        }
    }

    /// How long more than `wait_ns` of work is ahead, nanoseconds.
    fn time_above(&self, wait_ns: u64) -> f64 {
        let wait = wait_ns as f64;
        (self.tops.excess(wait) - self.feet.excess(wait)) / self.slope
    }

    fn highest_ns(&self) -> u64 {
        self.tops.ascending.last().copied().unwrap_or(0.0) as u64 + 1
    }
}

/// Sums of what exceeds a level, in logarithmic time.
struct Tail {
    ascending: Vec<f64>,
    /// `sums[i]`: the values from `i` on.
    sums: Vec<f64>,
}

impl Tail {
    fn new(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let mut sums = vec![0.0; values.len() + 1];
        for index in (0..values.len()).rev() {
            sums[index] = sums[index + 1] + values[index];
        }
        Self {
            ascending: values,
            sums,
        }
    }

    /// `Σ (value − level)+`.
    fn excess(&self, level: f64) -> f64 {
        let first = self.ascending.partition_point(|value| *value <= level);
        let count = self.ascending.len() - first;
        self.sums[first] - level * count as f64
    }
}

#[cfg(test)]
#[path = "forecast_tests.rs"]
mod tests;
