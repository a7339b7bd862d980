//! What readers waited, with and without the processing, of all seeds together.

use super::Evidence;
use crate::measure::{Latencies, Subject, requests_in};
use crate::outcome::Window;
use crate::processing::Outcome;
use crate::processing::measure::StrategyResult;
use crate::report::evidence::pooled;

/// Latencies of the readers while the strategy of `result` ran; none where a seed has no figures.
pub(super) fn meanwhile(evidence: &Evidence<'_>, result: &StrategyResult) -> Latencies {
    let cells = evidence.run.outcomes.iter();
    let own = cells.filter(|one| one.strategy == result.name && result.pooled.is_some());
    pooled(own.filter_map(|one| Some(reads_in(one, one.processing?))))
}

/// The same without any processing, over the longest time any strategy took.
pub(super) fn without(evidence: &Evidence<'_>) -> Latencies {
    let run = evidence.run;
    pooled(run.counterfactuals.iter().filter_map(|quiet| {
        let beside = run.outcomes.iter().filter(|one| one.seed == quiet.seed);
        let windows = beside.filter_map(|one| one.processing);
        Some(reads_in(quiet, windows.reduce(Window::around)?))
    }))
}

fn reads_in(outcome: &Outcome, window: Window) -> Latencies {
    requests_in(&outcome.requests, Subject::Readers, window)
}
