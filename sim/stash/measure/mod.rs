//! From the outcomes of a stash scenario to figures and words. A map of the code:
//!
//! * [`cell`](Cell): the figures of one strategy, workload and seed. Start here.
//! * [`pooled`](Pooled): the same over all seeds.
//! * `aim`: what the objective asks of a cell.
//! * `finding`: the verdict, and the reasons in plain sentences.
//!
//! Where a cell stands and what verdict that makes is decided in [`crate::sheet`]; percentiles and
//! the way figures are written are those of [`crate::measure`].

mod aim;
mod cell;
mod finding;
mod pooled;
#[cfg(test)]
mod synthetic;

pub use cell::{About, Counted, Figures};
pub use pooled::Pooled;

use super::oracle_names::PROGRESS;
use super::{Objective, Outcome, Run};
use crate::sheet::{self, Aim, Family, Judgement};

/// The family of stash scenarios.
#[derive(Clone, Copy, Debug)]
pub struct Stashing;

/// One strategy with one workload and one seed.
pub type Cell = sheet::Cell<Stashing>;
/// One strategy with one workload, over all seeds.
pub type StrategyResult = sheet::StrategyResult<Stashing>;
/// All strategies of a run, in order.
pub type Comparison = sheet::Comparison<Stashing>;

impl Family for Stashing {
    type Outcome = Outcome;
    type Objective = Objective;
    type About = About;
    type Figures = Figures;
    type Pooled = Pooled;

    const TERMINATION: &'static str = PROGRESS;
    const PLANNED: &'static str = "requests";

    fn about(outcome: &Outcome) -> About {
        About {
            kind: outcome.kind,
            asked: outcome.asked,
        }
    }

    fn figures(outcome: &Outcome, beside: Option<&Run>) -> Option<Figures> {
        Some(Figures::of(outcome, beside))
    }

    fn meant(about: &About) -> Option<&'static str> {
        about.kind.meant_oracle()
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

#[cfg(test)]
mod tests;
