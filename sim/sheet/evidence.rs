//! A run with everything that is computed from it once and shown in several files.

use indexmap::IndexSet;

use super::comparison::{Comparison, StrategyResult};
use super::family::{Family, Observed, Reported};
use super::judgement::Judgement;
use super::record::{document, records};
use super::run::Run;
use crate::gate::{Bench, Judged};
use crate::report;
use crate::report::chart::Look;
use crate::report::evidence::listed;
use crate::report::head::Head;
use crate::scenario::Role;

/// What all files of a report are made from.
#[derive(Clone, Debug)]
pub struct Evidence<'a, F: Family> {
    /// The run.
    pub run: &'a Run<F>,
    /// Its figures.
    pub comparison: Comparison<F>,
    /// What they mean: verdict, headline, next action and findings.
    pub judgement: Judgement,
    /// What its gates came to.
    pub gates: Vec<Judged>,
}

impl<'a, F: Family> Evidence<'a, F> {
    /// Measures and judges `run`.
    #[must_use]
    pub fn of(run: &'a Run<F>) -> Self {
        let comparison = Comparison::of(run);
        let judgement = F::judge(run, &comparison);
        Self {
            run,
            comparison,
            judgement,
            gates: Vec::new(),
        }
    }

    /// What its files begin with.
    pub(crate) fn head(&self) -> Head<'_> {
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
            trust: judgement.trust.clone(),
            gates: &self.gates,
        }
    }

    /// The first cell of a strategy with its workload: what its pictures show.
    pub(crate) fn outcome(&self, name: &str) -> Option<&'a F::Outcome> {
        let mut all = self.run.outcomes.iter();
        all.find(|outcome| outcome.base().title() == name)
    }

    /// How a strategy looks in every chart, whatever its workload: candidates have the first
    /// colours, the first baseline is black.
    pub(crate) fn look(&self, strategy: &str) -> Look {
        let of_role = |role| {
            let names = self.comparison.of_role(role);
            let names: IndexSet<&str> = names.map(|one| one.strategy.as_str()).collect();
            names.into_iter()
        };
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
    pub(crate) fn candidates_first(&self) -> Vec<&StrategyResult<F>> {
        let mut all: Vec<&StrategyResult<F>> = self.comparison.genuine().collect();
        all.sort_by_key(|result| result.role != Role::Candidate);
        all
    }

    /// `1` or `1, 2, 3`.
    pub(crate) fn seeds(&self) -> String {
        listed(self.run.outcomes.iter().map(|one| one.base().seed))
    }
}

#[expect(private_bounds, reason = "all families are in this crate")]
impl<F: Reported> Evidence<'_, F> {
    /// Judges the gates of the run by its summary.
    pub(crate) fn judge(&mut self, bench: &Bench<'_>) {
        let records = records(&self.comparison);
        let judged = report::judged(&document(&self.head(), &records), bench);
        self.gates = judged;
    }
}
