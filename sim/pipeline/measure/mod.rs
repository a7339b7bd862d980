//! From the outcomes of a pipeline scenario to figures and words. A map of the code:
//!
//! * [`spell`](Spell): a part of the time in which the same stages ran, and what others lived
//!   through in it.
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
mod pooled;
mod spell;

pub use cell::{Beside, Figures};
pub use pooled::{Pooled, PooledSpell};
pub use spell::{Spell, spans};

use super::oracle_names::TERMINATION;
use super::scenario::StrategyKind;
use super::{Objective, Outcome, Run};
use crate::sheet::{self, Aim, Family, Judgement};

/// The family of pipeline scenarios.
#[derive(Clone, Copy, Debug)]
pub struct Pipeline;

/// One strategy with one seed.
pub type Cell = sheet::Cell<Pipeline>;
/// One strategy, over all seeds.
pub type StrategyResult = sheet::StrategyResult<Pipeline>;
/// All strategies of a run, in order.
pub type Comparison = sheet::Comparison<Pipeline>;

impl Family for Pipeline {
    type Outcome = Outcome;
    type Objective = Objective;
    /// Which stage begins when.
    type About = Option<StrategyKind>;
    type Figures = Figures;
    type Pooled = Pooled;

    const TERMINATION: &'static str = TERMINATION;
    const PLANNED: &'static str = "objects and requests";

    fn about(outcome: &Outcome) -> Option<StrategyKind> {
        outcome.kind
    }

    fn figures(outcome: &Outcome, beside: Option<&Run>) -> Option<Figures> {
        let beside = beside.map(|run| Beside::of(run, outcome.seed));
        Figures::of(outcome, beside.unwrap_or_default())
    }

    fn meant(kind: &Option<StrategyKind>) -> Option<&'static str> {
        kind.and_then(StrategyKind::meant_oracle)
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
