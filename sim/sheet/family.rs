//! A family of scenarios, as far as its sheet knows it: what its cells produce, and what is its own
//! of figures, words and report. Everything else is the same for all and made here, once.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::Serialize;

use super::Sheet;
use super::cell::Cell;
use super::comparison::Comparison;
use super::evidence::Evidence;
use super::judgement::Judgement;
use super::run::Run;
use super::standing::Aim;
use crate::outcome::{Ending, Oracle, Request};
use crate::report::ReportError;
use crate::scenario::Role;
use crate::workers::Replayable;

/// What a family measures and says. Implemented by a type without values.
pub trait Family: Copy + Debug + Sized + 'static {
    /// What a cell produces.
    type Outcome: Observed;
    /// What strategies are to reach.
    type Objective: Copy + Debug;
    /// What is known of a cell whatever came of it.
    type About: Clone + Debug;
    /// The figures of a cell that finished with the right data.
    type Figures: Clone + Debug;
    /// The figures of a strategy over all seeds.
    type Pooled: Clone + Debug + PartialEq;

    /// The oracle that asks whether a cell came to its end, and says nothing about its data.
    const TERMINATION: &'static str;
    /// What the plan hash is of, as in `items and reads`.
    const PLANNED: &'static str;

    /// What is known of `outcome`.
    fn about(outcome: &Self::Outcome) -> Self::About;

    /// The figures of `outcome`, if it finished with the right data, measured against the cells of
    /// the same seed of `beside`; a built-in control is measured against nothing.
    fn figures(outcome: &Self::Outcome, beside: Option<&Run<Self>>) -> Option<Self::Figures>;

    /// The oracle that is meant to catch this cell; `None` where any may.
    fn meant(about: &Self::About) -> Option<&'static str>;

    /// Whether a baseline with these figures left wrong what it is known to leave wrong, and what
    /// no oracle holds it to.
    fn flawed(_: &Self::Figures) -> bool {
        false
    }

    /// What `objective` asks of `cell`, and the figure it has for that.
    fn aims(cell: &Cell<Self>, objective: &Self::Objective) -> Vec<Aim>;

    /// The figures of all seeds as those of one strategy.
    fn pooled(seeds: &[&Self::Figures]) -> Option<Self::Pooled>;

    /// The verdict and the reasons for it.
    fn judge(run: &Run<Self>, comparison: &Comparison<Self>) -> Judgement;
}

/// A family whose runs are written down as a [`Sheet`].
pub(crate) trait Reported: Family {
    /// What `summary.json` has of a cell besides what it has of every family's.
    type Measured: Serialize;

    /// What there is of `cell`.
    fn measured(cell: &Cell<Self>) -> Self::Measured;

    /// What there is to say of a run.
    ///
    /// # Errors
    /// If a chart cannot be drawn.
    fn sheet<'a>(
        evidence: &'a Evidence<'_, Self>,
    ) -> Result<Sheet<'a, Self::Measured>, ReportError>;

    /// The strategies: what a terminal shows.
    fn compared(evidence: &Evidence<'_, Self>) -> super::Exhibit;
}

/// What a cell of any family produces.
pub trait Observed: Clone + Debug + Send + Sync {
    /// What every family has of a cell.
    fn base(&self) -> Base<'_>;

    /// The planned requests and what became of them; none where nobody asks.
    fn requests(&self) -> &[Request] {
        &[]
    }

    /// Leaves the event log out, which is large and only there to be compared.
    fn drop_log(&mut self);

    /// Whether every oracle passed.
    fn correct(&self) -> bool {
        self.base().oracles.iter().all(|oracle| oracle.passed)
    }

    /// Whether it came to its end with the right data: only then it has figures.
    fn whole(&self) -> bool {
        self.correct() && *self.base().ending == Ending::Done
    }
}

/// What every family has of a cell.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a> {
    /// The strategy's name in the scenario, or [`crate::outcome::NO_BACKFILL`].
    pub strategy: &'a str,
    /// Which of the scenario's workloads it had; empty where there is only one.
    pub workload: &'a str,
    /// What the strategy is in the comparison; `None` where it is not one.
    pub role: Option<Role>,
    /// The seed.
    pub seed: u64,
    /// SHA-256 over the ordered event log, hex.
    pub digest: &'a str,
    /// SHA-256 over what was planned, hex: equal for all strategies of a seed.
    pub plan_hash: &'a str,
    /// How it ended.
    pub ending: &'a Ending,
    /// Counted work and events, by name.
    pub counters: &'a BTreeMap<String, u64>,
    /// What must be true afterwards, and whether it is.
    pub oracles: &'a [Oracle],
    /// The ordered event log, one line an event.
    pub log: &'a [String],
}

impl Base<'_> {
    /// What it is called where it stands beside others: its strategy, and what it was given to do.
    #[must_use]
    pub fn title(&self) -> String {
        title(self.strategy, self.workload)
    }
}

/// A strategy with its workload, where there are several.
pub(crate) fn title(strategy: &str, workload: &str) -> String {
    match workload {
        "" => strategy.to_owned(),
        workload => format!("{strategy}, {workload}"),
    }
}

impl<O: Observed> Replayable for O {
    fn digest(&self) -> &str {
        self.base().digest
    }

    fn log(&self) -> &[String] {
        self.base().log
    }

    fn requests(&self) -> &[Request] {
        Observed::requests(self)
    }

    fn rest(&self) -> String {
        let Base {
            counters, oracles, ..
        } = self.base();
        format!("counters {counters:?}, oracles {oracles:?}")
    }

    fn drop_log(&mut self) {
        Observed::drop_log(self);
    }
}
