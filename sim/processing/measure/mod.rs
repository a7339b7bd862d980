//! From the outcomes of a processing scenario to figures and words. A map of the code:
//!
//! * [`held`](Held): how much was held, against the budget.
//! * [`writing`](Writing): how many writes, of how much, and how long they took.
//! * [`recovery`](Recovery): how long it took to catch up after an outage.
//! * [`cell`](Cell): the figures of one strategy and seed. Start here.
//! * [`pooled`](Pooled): the same over all seeds.
//! * `aim`: what the objective asks of a cell.
//! * `finding`: the verdict, and the reasons in plain sentences.
//!
//! Where a cell stands and what verdict that makes is decided in [`crate::sheet`]; latencies,
//! means and the way figures are written are those of [`crate::measure`].

mod aim;
mod cell;
mod finding;
mod held;
mod pooled;
mod recovery;
#[cfg(test)]
pub(crate) mod synthetic;
mod writing;

pub use cell::{About, Asked, Beside, Effect, Figures, Stalled};
pub use held::Held;
pub use pooled::Pooled;
pub use recovery::Recovery;
pub use writing::Writing;

use super::oracle_names::PROGRESS;
use super::scenario::StrategyKind;
use super::{Objective, Outcome, Run};
use crate::sheet::{self, Aim, Family, Judgement};

/// The family of processing scenarios.
#[derive(Clone, Copy, Debug)]
pub struct Processing;

/// One strategy with one seed.
pub type Cell = sheet::Cell<Processing>;
/// One strategy, over all seeds.
pub type StrategyResult = sheet::StrategyResult<Processing>;
/// All strategies of a run, in order.
pub type Comparison = sheet::Comparison<Processing>;

impl Family for Processing {
    type Outcome = Outcome;
    type Objective = Objective;
    type About = About;
    type Figures = Figures;
    type Pooled = Pooled;

    const TERMINATION: &'static str = PROGRESS;
    const PLANNED: &'static str = "items and reads";

    fn about(outcome: &Outcome) -> About {
        About::of(outcome)
    }

    fn figures(outcome: &Outcome, beside: Option<&Run>) -> Option<Figures> {
        let beside = beside.map(|run| Beside::of(run, outcome.seed));
        Figures::of(outcome, beside.unwrap_or_default())
    }

    fn meant(about: &About) -> Option<&'static str> {
        about.kind.and_then(StrategyKind::meant_oracle)
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
