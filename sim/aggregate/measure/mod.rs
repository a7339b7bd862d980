//! From the outcomes of an aggregate scenario to figures and words. A map of the code:
//!
//! * [`cell`](Cell): the figures of one strategy, workload and seed. Start here.
//! * [`pooled`](Pooled): the same over all seeds.
//! * `aim`: what the objective asks of a cell.
//! * `finding`: the verdict, and the reasons in plain sentences.
//!
//! Where a cell stands and what verdict that makes is decided in [`crate::sheet`]; latencies,
//! means and the way figures are written are those of [`crate::measure`].

mod aim;
mod cell;
mod finding;
mod pooled;

pub use cell::Figures;
pub(crate) use finding::PLATFORM_BYTES;
pub use pooled::Pooled;

use super::oracle_names::TERMINATION;
use super::scenario::StrategyKind;
use super::{Objective, Outcome, Run};
use crate::sheet::{self, Aim, Family, Judgement};

/// The family of aggregate scenarios.
#[derive(Clone, Copy, Debug)]
pub struct Aggregates;

/// One strategy with one workload and one seed.
pub type Cell = sheet::Cell<Aggregates>;
/// One strategy with one workload, over all seeds.
pub type StrategyResult = sheet::StrategyResult<Aggregates>;
/// All strategies of a run, in order.
pub type Comparison = sheet::Comparison<Aggregates>;

impl Family for Aggregates {
    type Outcome = Outcome;
    type Objective = Objective;
    /// How it counts.
    type About = Option<StrategyKind>;
    type Figures = Figures;
    type Pooled = Pooled;

    const TERMINATION: &'static str = TERMINATION;
    const PLANNED: &'static str = "views and requests";

    fn about(outcome: &Outcome) -> Option<StrategyKind> {
        outcome.kind
    }

    fn figures(outcome: &Outcome, beside: Option<&Run>) -> Option<Figures> {
        let mut quiet = beside.into_iter().flat_map(|run| &run.counterfactuals);
        let quiet =
            quiet.find(|quiet| quiet.workload == outcome.workload && quiet.seed == outcome.seed);
        Figures::of(outcome, quiet)
    }

    fn meant(kind: &Option<StrategyKind>) -> Option<&'static str> {
        kind.and_then(StrategyKind::meant_oracle)
    }

    fn flawed(figures: &Figures) -> bool {
        figures.counts.is_off()
    }

    fn aims(cell: &Cell, objective: &Objective) -> Vec<Aim> {
        aim::aims(cell, objective)
    }

    fn pooled(seeds: &[&Figures]) -> Option<Pooled> {
        Pooled::of(seeds)
    }

    fn judge(run: &Run, comparison: &Comparison) -> Judgement {
        finding::judge(run, comparison)
    }
}
