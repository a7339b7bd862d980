//! Which part of a cell a request belongs to: decided by when it was meant to arrive.
//!
//! A request that arrives during the backfill and is answered after it counts as "during":
//! counting by completion would move the longest waits into the recovery and hide them.

use serde::Serialize;

use super::percentile::Latencies;
use super::subject::Subject;
use crate::outcome::{Outcome, Request, Window};
use crate::scenario::Phases;

/// The parts of a cell, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Traffic that fills the caches.
    WarmUp,
    /// Traffic before the backfill.
    Baseline,
    /// While the backfill ran.
    Backfill,
    /// After it had ended.
    Recovery,
}

impl Phase {
    /// The phase of `at_ns` in a cell whose backfill ran during `window`; without one there is
    /// warm-up and baseline only.
    #[must_use]
    pub fn of(phases: &Phases, window: Option<Window>, at_ns: u64) -> Self {
        match window {
            Some(window) if at_ns > window.end_ns => Self::Recovery,
            Some(window) if at_ns >= window.start_ns => Self::Backfill,
            _ if at_ns < warm_up_ns(phases) => Self::WarmUp,
            _ => Self::Baseline,
        }
    }

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WarmUp => "warm-up",
            Self::Baseline => "baseline",
            Self::Backfill => "backfill",
            Self::Recovery => "recovery",
        }
    }
}

/// When the warm-up ends, nanoseconds.
#[must_use]
pub(crate) fn warm_up_ns(phases: &Phases) -> u64 {
    (phases.warm_up_s.max(0.0) * 1e9) as u64
}

/// Latencies of those of `requests` that `subject` sent and that were meant to arrive within
/// `window`.
#[must_use]
pub fn requests_in(requests: &[Request], subject: Subject, window: Window) -> Latencies {
    Latencies::of(in_window(requests, subject, window))
}

/// Those of `requests` that `subject` sent and that were meant to arrive within `window`.
pub(super) fn in_window(
    requests: &[Request],
    subject: Subject,
    window: Window,
) -> impl Iterator<Item = &Request> {
    let all = requests.iter();
    all.filter(move |one| subject.sends(one.kind) && window.contains(one.intended_ns))
}

/// Latencies of the reads of `outcome` that were meant to arrive within `window`.
#[must_use]
pub fn reads_in(outcome: &Outcome, window: Window) -> Latencies {
    requests_in(&outcome.requests, Subject::Readers, window)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::synthetic;
    use crate::outcome::RequestKind;

    const WINDOW: Window = Window {
        start_ns: 60_000_000_000,
        end_ns: 90_000_000_000,
    };

    #[test]
    fn a_phase_is_decided_by_the_intended_time() {
        let phases = Phases::default();
        let phase = |at_s: u64| Phase::of(&phases, Some(WINDOW), at_s * 1_000_000_000);
        assert_eq!(phase(0), Phase::WarmUp);
        assert_eq!(phase(20), Phase::Baseline);
        assert_eq!(phase(60), Phase::Backfill);
        assert_eq!(phase(90), Phase::Backfill);
        assert_eq!(phase(91), Phase::Recovery);
        assert_eq!(Phase::of(&phases, None, 75_000_000_000), Phase::Baseline);
    }

    #[test]
    fn a_read_that_outlasts_the_backfill_counts_and_a_write_does_not() {
        let mut outcome = synthetic::idle("a", 1);
        let request = |kind, intended_s: u64, finished_s: u64, failed| Request {
            service: crate::outcome::Service::default(),
            kind,
            intended_ns: intended_s * 1_000_000_000,
            acquired_ns: finished_s * 1_000_000_000,
            finished_ns: finished_s * 1_000_000_000,
            failed,
        };
        outcome.requests = vec![
            request(RequestKind::Stats, 59, 100, false),
            request(RequestKind::Stats, 60, 100, false),
            request(RequestKind::InsertObservation, 70, 100, false),
            request(RequestKind::Health, 80, 85, true),
            request(RequestKind::Stats, 91, 92, false),
        ];
        let stats = reads_in(&outcome, WINDOW).stats().unwrap();
        assert_eq!((stats.count, stats.failed), (2, 1));
        assert_eq!(stats.max_ns, 40_000_000_000);
        let writes = requests_in(&outcome.requests, Subject::Writers, WINDOW);
        assert_eq!(writes.as_slice(), [30_000_000_000]);
    }
}
