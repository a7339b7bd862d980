//! Strategy by strategy: the cells of all seeds, what they come to together, and where they stand.

use indexmap::IndexMap;

use super::cell::Cell;
use super::docket::{Case, Docket};
use super::family::{Family, Observed};
use super::run::Run;
use super::standing::Standing;
use crate::measure::mean::{geometric, quotient};
use crate::scenario::Role;

/// All strategies of a run, in order.
#[derive(Clone, Debug)]
pub struct Comparison<F: Family> {
    /// What strategies are to reach.
    pub objective: F::Objective,
    /// Whether there is a run without anything that is compared.
    pub has_counterfactual: bool,
    /// Whether every cell was run.
    pub complete: bool,
    /// One per strategy.
    pub strategies: Vec<StrategyResult<F>>,
    /// The built-in controls: one each.
    pub controls: Vec<StrategyResult<F>>,
}

/// One strategy with one workload, over all seeds.
#[derive(Clone, Debug)]
pub struct StrategyResult<F: Family> {
    /// What it is called beside all others: unlike [`Self::strategy`] no two have the same.
    pub name: String,
    /// The strategy's name in the scenario.
    pub strategy: String,
    /// What it was given to do; empty where the scenario has one workload.
    pub workload: String,
    /// What it is in the comparison.
    pub role: Role,
    /// One per seed, in order, each with where it stands.
    pub cells: Vec<(Cell<F>, Standing)>,
    /// Over all seeds; `None` when any seed has no figures.
    pub pooled: Option<F::Pooled>,
}

impl<F: Family> Comparison<F> {
    /// The figures of `run`.
    #[must_use]
    pub fn of(run: &Run<F>) -> Self {
        let mut grouped: IndexMap<String, Vec<&F::Outcome>> = IndexMap::new();
        for outcome in &run.outcomes {
            let name = outcome.base().title();
            grouped.entry(name).or_default().push(outcome);
        }
        let result =
            |outcomes: &[&F::Outcome], beside| StrategyResult::of(outcomes, &run.objective, beside);
        let own = grouped.values();
        let own = own.filter_map(|outcomes| result(outcomes, Some(run)));
        let built_in = run.controls.iter();
        let built_in = built_in.filter_map(|outcome| result(&[outcome], None));
        Self {
            objective: run.objective,
            has_counterfactual: !run.counterfactuals.is_empty(),
            complete: run.complete,
            strategies: own.collect(),
            controls: built_in.collect(),
        }
    }

    /// Those that are not controls.
    pub fn genuine(&self) -> impl Iterator<Item = &StrategyResult<F>> {
        let all = self.strategies.iter();
        all.filter(|result| result.role != Role::Control)
    }

    /// Those of one role, in the order of the run.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &StrategyResult<F>> {
        let all = self.strategies.iter();
        all.filter(move |result| result.role == role)
    }

    /// Everything that is judged.
    #[must_use]
    pub fn docket(&self) -> Docket<'_> {
        Docket {
            strategies: self.strategies.iter().map(StrategyResult::case).collect(),
            built_in: self.controls.iter().map(StrategyResult::case).collect(),
            complete: self.complete,
        }
    }
}

impl<F: Family> StrategyResult<F> {
    fn of(
        outcomes: &[&F::Outcome],
        objective: &F::Objective,
        beside: Option<&Run<F>>,
    ) -> Option<Self> {
        let first = outcomes.first()?.base();
        let role = first.role.unwrap_or_default();
        let cells = outcomes.iter().map(|&outcome| {
            let cell = Cell::<F>::of(outcome, beside);
            let standing = cell.standing(role, objective);
            (cell, standing)
        });
        let cells: Vec<(Cell<F>, Standing)> = cells.collect();
        let figures = cells.iter().map(|(cell, _)| cell.figures.as_ref());
        let figures: Option<Vec<&F::Figures>> = figures.collect();
        Some(Self {
            name: first.title(),
            strategy: first.strategy.to_owned(),
            workload: first.workload.to_owned(),
            role,
            pooled: figures.and_then(|figures| F::pooled(&figures)),
            cells,
        })
    }

    fn case(&self) -> Case<'_> {
        let cells = self.cells.iter();
        Case {
            name: &self.name,
            role: self.role,
            standings: cells
                .map(|(cell, standing)| (cell.seed, standing))
                .collect(),
        }
    }

    /// Geometric mean over seeds of `other`'s `figure` divided by this one's, paired by seed.
    #[must_use]
    pub fn ratio_of(&self, other: &Self, figure: fn(&F::Figures) -> u64) -> Option<f64> {
        geometric(self.cells.iter().map(|(cell, _)| {
            let mut theirs = other.cells.iter();
            let (theirs, _) = theirs.find(|(theirs, _)| theirs.seed == cell.seed)?;
            let (theirs, own) = (theirs.figures.as_ref()?, cell.figures.as_ref()?);
            quotient(figure(theirs), figure(own))
        }))
    }
}
