//! A run with everything that is computed from it once and shown in several files.

use crate::measure::{Latencies, Subject, requests_in};
use crate::outcome::Window;
use crate::processing::measure::{Comparison, Judgement, StrategyResult};
use crate::processing::{Outcome, Run};
use crate::report::chart::Look;
use crate::report::evidence::{listed, pooled};
use crate::report::head::Head;
use crate::scenario::Role;

/// What all files of a report are made from.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// The run.
    pub run: &'a Run,
    /// Its figures.
    pub comparison: Comparison,
    /// What they mean: verdict, headline, next action and findings.
    pub judgement: Judgement,
}

impl<'a> Evidence<'a> {
    /// Measures and judges `run`.
    #[must_use]
    pub fn of(run: &'a Run) -> Self {
        let comparison = Comparison::of(run);
        let judgement = Judgement::of(run, &comparison);
        Self {
            run,
            comparison,
            judgement,
        }
    }

    /// What its files begin with.
    pub(super) fn head(&self) -> Head<'_> {
        let (run, judgement) = (self.run, &self.judgement);
        Head {
            scenario: &run.name,
            question: &run.question,
            scenario_hash: &run.scenario_hash,
            command: &run.command,
            complete: run.complete,
            verdict: judgement.verdict,
            headline: &judgement.headline,
            next: &judgement.next,
            findings: &judgement.findings,
            trust: judgement.trust(),
        }
    }

    /// The first cell of a strategy: what its pictures show.
    pub(super) fn outcome(&self, strategy: &str) -> Option<&'a Outcome> {
        let mut all = self.run.outcomes.iter();
        all.find(|outcome| outcome.strategy == strategy)
    }

    /// How a strategy looks in every chart: candidates have the first colours, the first baseline
    /// is black.
    pub(super) fn look(&self, strategy: &str) -> Look {
        let of_role = |role| self.comparison.of_role(role).map(|one| one.name.as_str());
        let mut baselines = of_role(Role::Baseline);
        if baselines.next() == Some(strategy) {
            return Look::BASELINE;
        }
        let mut others = of_role(Role::Candidate)
            .chain(baselines)
            .chain(of_role(Role::Control));
        Look::of(others.position(|name| name == strategy).unwrap_or(0))
    }

    /// Candidates before the others, without controls.
    pub(super) fn candidates_first(&self) -> Vec<&StrategyResult> {
        let mut all: Vec<&StrategyResult> = self.comparison.genuine().collect();
        all.sort_by_key(|result| result.role != Role::Candidate);
        all
    }

    /// Latencies of the readers while `strategy` ran, all seeds; none where a seed has no figures.
    pub(super) fn reads(&self, result: &StrategyResult) -> Latencies {
        let cells = self.run.outcomes.iter();
        let own = cells.filter(|one| one.strategy == result.name && result.pooled.is_some());
        pooled(own.filter_map(|one| Some(reads_in(one, one.processing?))))
    }

    /// The same without any processing, over the longest time any strategy took, all seeds.
    pub(super) fn quiet(&self) -> Latencies {
        pooled(self.run.counterfactuals.iter().filter_map(|quiet| {
            let beside = self
                .run
                .outcomes
                .iter()
                .filter(|one| one.seed == quiet.seed);
            let windows = beside.filter_map(|one| one.processing);
            Some(reads_in(quiet, windows.reduce(Window::around)?))
        }))
    }

    /// `1` or `1, 2, 3`.
    pub(super) fn seeds(&self) -> String {
        listed(self.run.outcomes.iter().map(|one| one.seed))
    }
}

fn reads_in(outcome: &Outcome, window: Window) -> Latencies {
    requests_in(&outcome.requests, Subject::Readers, window)
}
