//! Shape by shape and strategy by strategy: the cells of all seeds, what they come to together, and
//! where they stand.
//!
//! Over seeds, what is compared as a ratio has a geometric mean, and what is a bound its worst.

use super::cell::{Beside, Cell, whole};
use super::moment::HALF;
use super::standing::Standing;
use crate::listing::{Objective, Outcome, Run};
use crate::measure::Stats;
use crate::measure::mean::{geometric, geometric_ns, quotient};
use crate::scenario::Role;

/// All shapes of a run, in order.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What strategies are to reach.
    pub objective: Objective,
    /// Whether somebody reads the database meanwhile.
    pub read: bool,
    /// One per shape.
    pub shapes: Vec<ShapeResult>,
    /// The built-in controls: one each.
    pub controls: Vec<StrategyResult>,
}

/// One shape of the data.
#[derive(Clone, Debug)]
pub struct ShapeResult {
    /// Its name.
    pub name: String,
    /// One per strategy.
    pub strategies: Vec<StrategyResult>,
}

/// One strategy on one shape, over all seeds.
#[derive(Clone, Debug)]
pub struct StrategyResult {
    /// The shape.
    pub shape: String,
    /// Its name.
    pub name: String,
    /// What it is in the comparison.
    pub role: Role,
    /// Whether it knows beforehand where the objects lie, which nobody does.
    pub bound: bool,
    /// One per seed, in order, each with where it stands.
    pub cells: Vec<(Cell, Standing)>,
    /// Over all seeds.
    pub pooled: Pooled,
}

/// Figures over all seeds. A mean is `None` when any seed lacks the figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pooled {
    /// Geometric mean, ns.
    pub makespan_ns: Option<u64>,
    /// Geometric mean.
    pub times_floor: Option<f64>,
    /// Geometric mean, rounded.
    pub requests: Option<u64>,
    /// The worst; `None` when any seed had no answer.
    pub wasted_share: Option<f64>,
    /// The most wasted requests.
    pub wasted: u64,
    /// The most refusals.
    pub limited: u64,
    /// The most in a second.
    pub peak_per_second: u64,
    /// The most under way.
    pub peak_under_way: u64,
    /// The most pages held.
    pub peak_held_pages: u64,
    /// The largest state.
    pub peak_state_bytes: Option<u64>,
    /// The most bytes of state per object.
    pub state_bytes_per_object: Option<f64>,
    /// The error of what was said half-way that is farthest from 0.
    pub half_way_error: Option<f64>,
    /// Geometric mean of the readers' p95, ns.
    pub reader_p95_ns: Option<u64>,
    /// Geometric mean of its ratio to no backfill.
    pub reader_ratio: Option<f64>,
}

impl Comparison {
    /// The figures of `run`.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let read = !run.counterfactuals.is_empty();
        let judged = (&run.objective, read);
        let names = distinct(run.outcomes.iter().map(|outcome| outcome.shape.as_str()));
        let shape = |name: &str| ShapeResult::of(run, name, judged);
        let control = |outcome: &Outcome| {
            let cell = Cell::of(outcome, Beside::default());
            let standing = Standing::of(&cell, Role::Control, &run.objective, false);
            StrategyResult::of(outcome, Role::Control, vec![(cell, standing)])
        };
        Self {
            objective: run.objective,
            read,
            shapes: names.into_iter().map(shape).collect(),
            controls: run.controls.iter().map(control).collect(),
        }
    }

    /// Every strategy by name, in the order of the run.
    #[must_use]
    pub fn strategies(&self) -> Vec<(&str, Role)> {
        let all = self
            .results()
            .map(|result| (result.name.as_str(), result.role));
        distinct(all)
    }

    /// Every strategy that somebody could take instead of another, by name, in the order of the
    /// run.
    #[must_use]
    pub fn rivals(&self) -> Vec<&str> {
        let all = self.results();
        let genuine = all.filter(|result| result.role != Role::Control && !result.bound);
        distinct(genuine.map(|result| result.name.as_str()))
    }

    /// The strategies of one role by name, in the order of the run.
    #[must_use]
    pub fn of_role(&self, role: Role) -> Vec<&str> {
        let all = self.strategies().into_iter();
        all.filter(|one| one.1 == role).map(|one| one.0).collect()
    }

    /// Every strategy on every shape.
    pub fn results(&self) -> impl Iterator<Item = &StrategyResult> {
        self.shapes.iter().flat_map(|shape| &shape.strategies)
    }

    /// One strategy on every shape.
    pub fn of_strategy<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = &'a StrategyResult> + 'a {
        self.results().filter(move |result| result.name == name)
    }
}

impl ShapeResult {
    fn of(run: &Run, name: &str, (objective, read): (&Objective, bool)) -> Self {
        let outcomes: Vec<&Outcome> = of_shape(&run.outcomes, name).collect();
        let counterfactual =
            |seed: u64| of_shape(&run.counterfactuals, name).find(|outcome| outcome.seed == seed);
        let best_ns = |seed: u64| {
            let rivals = outcomes.iter().filter(|outcome| outcome.seed == seed);
            let genuine =
                rivals.filter(|outcome| outcome.role != Some(Role::Control) && !outcome.bound);
            let whole = genuine.filter_map(|outcome| whole(outcome));
            whole.map(|window| window.duration_ns()).min()
        };
        let measured: Vec<(&Outcome, Cell)> = outcomes
            .iter()
            .map(|outcome| {
                let beside = Beside {
                    counterfactual: counterfactual(outcome.seed),
                    best_ns: best_ns(outcome.seed),
                };
                (*outcome, Cell::of(outcome, beside))
            })
            .collect();
        let strategies = distinct(measured.iter().map(|(outcome, _)| &outcome.strategy));
        let result = |strategy: &String| {
            let own = || measured.iter().filter(|(one, _)| one.strategy == *strategy);
            let (first, _) = own().next()?;
            let role = first.role.unwrap_or_default();
            let cells = own().map(|(_, cell)| {
                let standing = Standing::of(cell, role, objective, read);
                (cell.clone(), standing)
            });
            Some(StrategyResult::of(first, role, cells.collect()))
        };
        Self {
            name: name.to_owned(),
            strategies: strategies.into_iter().filter_map(result).collect(),
        }
    }

    /// One strategy on it.
    #[must_use]
    pub fn strategy(&self, name: &str) -> Option<&StrategyResult> {
        self.strategies.iter().find(|result| result.name == name)
    }

    /// Those that are not controls.
    pub fn genuine(&self) -> impl Iterator<Item = &StrategyResult> {
        let all = self.strategies.iter();
        all.filter(|result| result.role != Role::Control)
    }

    /// The genuine ones that finished with the right data, the quickest first.
    #[must_use]
    pub fn ranked(&self) -> Vec<&StrategyResult> {
        let finished = |result: &&StrategyResult| result.pooled.makespan_ns.is_some();
        let mut ranked: Vec<&StrategyResult> = self.genuine().filter(finished).collect();
        ranked.sort_by_key(|result| result.pooled.makespan_ns);
        ranked
    }

    /// Pages there are to fetch, of all seeds the fewest and the most.
    #[must_use]
    pub fn pages(&self) -> (u64, u64) {
        let cells = self.strategies.iter().flat_map(|result| &result.cells);
        let pages = cells.map(|(cell, _)| cell.task.pages);
        pages.fold((u64::MAX, 0), |(least, most), pages| {
            (least.min(pages), most.max(pages))
        })
    }

    /// Whether it has more pages than a start is worth, with every seed.
    #[must_use]
    pub fn large(&self, objective: &Objective) -> bool {
        self.pages().0 > objective.small_pages
    }
}

impl StrategyResult {
    fn of(outcome: &Outcome, role: Role, cells: Vec<(Cell, Standing)>) -> Self {
        Self {
            shape: outcome.shape.clone(),
            name: outcome.strategy.clone(),
            role,
            bound: outcome.bound,
            pooled: Pooled::of(&cells),
            cells,
        }
    }

    /// The seed with the worst standing, and that standing.
    #[must_use]
    pub fn worst(&self) -> Option<(u64, &Standing)> {
        let by = |standing: &Standing| match standing {
            Standing::Misses(misses) => misses.first().map_or(0.0, |miss| miss.by()),
            _ => 0.0,
        };
        let all = self
            .cells
            .iter()
            .map(|(cell, standing)| (cell.seed, standing));
        // The first of equals: `max_by` alone would take the last.
        all.rev().max_by(|(_, a), (_, b)| {
            let gravity = a.gravity().cmp(&b.gravity());
            gravity.then(by(a).total_cmp(&by(b)))
        })
    }

    /// Geometric mean over seeds of `other`'s makespan divided by this one's, paired by seed: how
    /// many times as quick this one is.
    #[must_use]
    pub fn quicker_than(&self, other: &Self) -> Option<f64> {
        geometric(self.cells.iter().map(|(cell, _)| {
            let theirs = other
                .cells
                .iter()
                .find(|(theirs, _)| theirs.seed == cell.seed)?;
            quotient(theirs.0.makespan_ns?, cell.makespan_ns?)
        }))
    }
}

impl Pooled {
    fn of(cells: &[(Cell, Standing)]) -> Self {
        let cells = || cells.iter().map(|(cell, _)| cell);
        let most = |figure: fn(&Cell) -> u64| cells().map(figure).max().unwrap_or(0);
        let p95_ns = |stats: Stats| stats.p95_ns;
        Self {
            makespan_ns: geometric_ns(cells().map(|cell| cell.makespan_ns)),
            times_floor: geometric(cells().map(|cell| cell.times_floor)),
            requests: geometric_ns(cells().map(|cell| Some(cell.tally.requests()))),
            wasted_share: worst(cells().map(|cell| cell.tally.wasted_share())),
            wasted: most(|cell| cell.tally.wasted()),
            limited: most(|cell| cell.tally.limited),
            peak_per_second: most(|cell| cell.peak_per_second),
            peak_under_way: most(|cell| cell.peak_under_way),
            peak_held_pages: most(|cell| cell.storing.peak_held_pages),
            peak_state_bytes: cells()
                .filter_map(|cell| cell.storing.peak_state_bytes)
                .max(),
            state_bytes_per_object: worst(cells().map(|cell| cell.storing.state_bytes_per_object)),
            half_way_error: worst(cells().map(|cell| cell.moments.get(HALF)?.error)),
            reader_p95_ns: geometric_ns(cells().map(|cell| cell.readers.backfill.map(p95_ns))),
            reader_ratio: geometric(cells().map(|cell| cell.readers.ratio())),
        }
    }
}

/// The value farthest from 0; `None` without values or when any is missing: without the figure of
/// every seed there is no worst seed either.
fn worst(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    values
        .into_iter()
        .max_by(|a, b| a.abs().total_cmp(&b.abs()))
}

fn of_shape<'a>(outcomes: &'a [Outcome], shape: &'a str) -> impl Iterator<Item = &'a Outcome> {
    outcomes
        .iter()
        .filter(move |outcome| outcome.shape == shape)
}

/// Each value once, in the order of its first appearance.
fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for one in all {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}

#[cfg(test)]
#[path = "comparison_tests.rs"]
mod tests;
