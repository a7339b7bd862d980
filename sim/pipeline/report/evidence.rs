//! A run with everything that is computed from it once and shown in several files.

use crate::pipeline::measure::{Comparison, Judgement, StrategyResult};
use crate::pipeline::{Outcome, Run};
use crate::report::chart::Look;
use crate::report::evidence::listed;
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

    /// The first cell of a strategy: what its picture shows.
    pub(super) fn outcome(&self, strategy: &str) -> Option<&'a Outcome> {
        let mut all = self.run.outcomes.iter();
        all.find(|outcome| outcome.strategy == strategy)
    }

    /// How a strategy looks: candidates have the first colours, the first baseline is black.
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

    /// `1` or `1, 2, 3`.
    pub(super) fn seeds(&self) -> String {
        listed(self.run.outcomes.iter().map(|one| one.seed))
    }
}
