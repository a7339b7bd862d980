//! A run with everything that is computed from it once and shown in several files.

use super::summary;
use crate::gate::{Bench, Judged};
use crate::listing::measure::{Comparison, Judgement, ShapeResult, StrategyResult};
use crate::listing::{Outcome, Run};
use crate::measure::{Latencies, Subject, requests_in};
use crate::outcome::Window;
use crate::report;
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
    /// What its gates came to.
    pub gates: Vec<Judged>,
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
            gates: Vec::new(),
        }
    }

    /// Judges the gates of the run by its summary.
    pub fn judge(&mut self, bench: &Bench<'_>) {
        self.gates = report::judged(&summary::document(self), bench);
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
            gates: &self.gates,
        }
    }

    /// The first cell of a strategy on a shape: what its pictures show.
    pub(super) fn outcome(&self, shape: &str, strategy: &str) -> Option<&'a Outcome> {
        let mut all = self.run.outcomes.iter();
        all.find(|outcome| outcome.shape == shape && outcome.strategy == strategy)
    }

    /// How a strategy looks in every chart: candidates have the first colours, the first baseline
    /// is black.
    pub(super) fn look(&self, strategy: &str) -> Look {
        let baselines = self.comparison.of_role(Role::Baseline);
        if baselines.first() == Some(&strategy) {
            return Look::BASELINE;
        }
        let mut others = self.comparison.of_role(Role::Candidate);
        others.extend(baselines.into_iter().skip(1));
        others.extend(self.comparison.of_role(Role::Control));
        Look::of(
            others
                .iter()
                .position(|name| *name == strategy)
                .unwrap_or(0),
        )
    }

    /// The shape on which the slowest takes the most times as long as the quickest; the first of
    /// equals, and the first at all where nobody finished.
    pub(super) fn telling_shape(&self) -> Option<&ShapeResult> {
        let apart = |shape: &ShapeResult| {
            let ranked = shape.ranked();
            let (quickest, slowest) = (ranked.first()?, ranked.last()?);
            quickest.quicker_than(slowest)
        };
        // One page tells who asks too often, and nothing of how objects are found.
        let of_a_page = |shape: &ShapeResult| {
            let mut cells = shape.strategies.iter().flat_map(|one| &one.cells);
            cells.all(|(cell, _)| cell.task.pages <= 1)
        };
        let all = self.comparison.shapes.iter();
        let all = all.map(|shape| {
            let apart = apart(shape).filter(|_| !of_a_page(shape));
            (shape, apart.unwrap_or(0.0))
        });
        let most = all.reduce(|most, other| if other.1 > most.1 { other } else { most });
        most.map(|(shape, _)| shape)
    }

    /// Latencies of the readers while `result` ran, all seeds; none where its data is wrong.
    pub(super) fn reads(&self, result: &StrategyResult) -> Latencies {
        let cells = self.run.outcomes.iter().filter(|outcome| {
            outcome.shape == result.shape && outcome.strategy == result.name && outcome.correct()
        });
        pooled(cells.filter_map(|one| Some(reads_in(one, one.backfill?))))
    }

    /// The same without a backfill, over the longest time any strategy took, all seeds.
    pub(super) fn quiet(&self, shape: &str) -> Latencies {
        let quiet = self
            .run
            .counterfactuals
            .iter()
            .filter(|one| one.shape == shape);
        pooled(quiet.filter_map(|one| {
            let longest = longest_window(self.run, one)?;
            Some(reads_in(one, longest))
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

/// From the first start to the last end of any backfill beside which `quiet` stands.
fn longest_window(run: &Run, quiet: &Outcome) -> Option<Window> {
    let beside = run
        .outcomes
        .iter()
        .filter(|outcome| outcome.shape == quiet.shape && outcome.seed == quiet.seed);
    let windows = beside.filter_map(|outcome| outcome.backfill);
    windows.reduce(Window::around)
}
