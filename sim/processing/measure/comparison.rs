//! Strategy by strategy: the cells of all seeds, what they come to together, and where they stand.
//!
//! Over seeds, what is compared as a ratio has a geometric mean, what is a bound its worst, and
//! what is counted per row or write the sum.

use indexmap::IndexMap;

use super::aim::aims;
use super::cell::{Asked, Beside, Cell, Effect, Figures};
use super::writing::Writing;
use crate::measure::mean::{geometric, geometric_ns, quotient};
use crate::processing::oracle_names::PROGRESS;
use crate::processing::scenario::StrategyKind;
use crate::processing::{Objective, Outcome, Run};
use crate::scenario::Role;
use crate::sheet::{Case, Docket, Judged, Standing};

/// All strategies of a run, in order.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What strategies are to reach.
    pub objective: Objective,
    /// Whether somebody reads the tables meanwhile.
    pub read: bool,
    /// Whether every cell was run.
    pub complete: bool,
    /// One per strategy.
    pub strategies: Vec<StrategyResult>,
    /// The built-in controls: one each.
    pub controls: Vec<StrategyResult>,
}

/// One strategy, over all seeds.
#[derive(Clone, Debug)]
pub struct StrategyResult {
    /// Its name.
    pub name: String,
    /// What it is in the comparison.
    pub role: Role,
    /// One per seed, in order, each with where it stands.
    pub cells: Vec<(Cell, Standing)>,
    /// Over all seeds; `None` when any seed has no figures.
    pub pooled: Option<Pooled>,
}

/// Figures over all seeds. A mean is `None` when any seed lacks the figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Pooled {
    /// Geometric mean, ns.
    pub makespan_ns: Option<u64>,
    /// Geometric mean.
    pub items_per_s: Option<f64>,
    /// Geometric mean.
    pub times_synchronous: Option<f64>,
    /// Geometric mean.
    pub times_wipe: Option<f64>,
    /// The most time stalled, ns.
    pub stalled_ns: u64,
    /// The longest stall, ns.
    pub stalled_longest_ns: u64,
    /// The largest share of the makespan.
    pub stalled_share: Option<f64>,
    /// All together.
    pub rows: Asked,
    /// The most rows read again.
    pub reloads: u64,
    /// Geometric mean.
    pub reread_of_wipe: Option<f64>,
    /// The most of each.
    pub effect: Effect,
    /// The most objects held.
    pub objects: Option<u64>,
    /// The most bytes held.
    pub bytes: Option<u64>,
    /// The most objects above what may be held.
    pub objects_over: Option<u64>,
    /// The most bytes above what may be held.
    pub bytes_over: Option<u64>,
    /// Geometric mean.
    pub objects_of_count_only: Option<f64>,
    /// All together.
    pub writing: Writing,
    /// The most items processed again.
    pub repeated: u64,
    /// The most of these after one crash.
    pub repeated_most: u64,
    /// The most rows refused.
    pub refused: u64,
    /// The worst.
    pub recovery_times: Option<f64>,
    /// The longest recovery, ns.
    pub recovery_ns: Option<u64>,
    /// Geometric mean of the readers' p95, ns.
    pub reader_p95_ns: Option<u64>,
    /// Geometric mean of its ratio to no processing.
    pub reader_ratio: Option<f64>,
}

impl Comparison {
    /// The figures of `run`.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let mut grouped: IndexMap<&str, Vec<&Outcome>> = IndexMap::new();
        for outcome in &run.outcomes {
            grouped.entry(&outcome.strategy).or_default().push(outcome);
        }
        let own = grouped.values().filter_map(|outcomes| {
            let beside = |outcome: &Outcome| beside(run, outcome.seed);
            StrategyResult::of(outcomes, &run.objective, beside)
        });
        let built_in = run.controls.iter().filter_map(|outcome| {
            StrategyResult::of(&[outcome], &run.objective, |_| Beside::default())
        });
        Self {
            objective: run.objective,
            read: !run.counterfactuals.is_empty(),
            complete: run.complete,
            strategies: own.collect(),
            controls: built_in.collect(),
        }
    }

    /// Those that are not controls.
    pub fn genuine(&self) -> impl Iterator<Item = &StrategyResult> {
        let all = self.strategies.iter();
        all.filter(|result| result.role != Role::Control)
    }

    /// Those of one role, in the order of the run.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &StrategyResult> {
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

/// What a cell of `run` with `seed` is measured against. Controls are nothing to compare with.
fn beside(run: &Run, seed: u64) -> Beside<'_> {
    let of_kind = |kind: StrategyKind| {
        run.outcomes.iter().find(|outcome| {
            outcome.seed == seed
                && outcome.kind == Some(kind)
                && outcome.role != Some(Role::Control)
        })
    };
    Beside {
        counterfactual: run
            .counterfactuals
            .iter()
            .find(|outcome| outcome.seed == seed),
        synchronous: of_kind(StrategyKind::Synchronous),
        wipe: of_kind(StrategyKind::Wipe),
        count_only: of_kind(StrategyKind::CountOnly),
    }
}

impl StrategyResult {
    fn of<'a>(
        outcomes: &[&Outcome],
        objective: &Objective,
        beside: impl Fn(&Outcome) -> Beside<'a>,
    ) -> Option<Self> {
        let first = outcomes.first()?;
        let role = first.role.unwrap_or_default();
        let cells = outcomes.iter().map(|outcome| {
            let cell = Cell::of(outcome, beside(outcome));
            let judged = Judged {
                role,
                oracles: &cell.oracles,
                ending: &cell.ending,
                termination: PROGRESS,
                meant: cell.kind.and_then(StrategyKind::meant_oracle),
            };
            let standing = match Standing::of(judged, &aims(&cell, objective)) {
                // It says it is done, and never ran.
                Standing::Sound | Standing::Meets if cell.figures.is_none() => Standing::NoData {
                    missing: vec!["makespan"],
                },
                standing => standing,
            };
            (cell, standing)
        });
        let cells: Vec<(Cell, Standing)> = cells.collect();
        Some(Self {
            name: first.strategy.clone(),
            role,
            pooled: Pooled::of(&cells),
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

    /// Whether it promises to hold no more than its budget and one batch.
    #[must_use]
    pub fn keeps_budget(&self) -> bool {
        let kinds = self.cells.iter().filter_map(|(cell, _)| cell.kind);
        kinds.into_iter().all(StrategyKind::keeps_budget)
    }

    /// Geometric mean over seeds of `other`'s makespan divided by this one's, paired by seed: how
    /// many times as quick this one is.
    #[must_use]
    pub fn quicker_than(&self, other: &Self) -> Option<f64> {
        geometric(self.cells.iter().map(|(cell, _)| {
            let mut theirs = other.cells.iter();
            let (theirs, _) = theirs.find(|(theirs, _)| theirs.seed == cell.seed)?;
            let (theirs, own) = (theirs.figures.as_ref()?, cell.figures.as_ref()?);
            quotient(theirs.makespan_ns, own.makespan_ns)
        }))
    }
}

impl Pooled {
    fn of(cells: &[(Cell, Standing)]) -> Option<Self> {
        let all: Vec<&Figures> = cells
            .iter()
            .map(|(cell, _)| cell.figures.as_ref())
            .collect::<Option<_>>()?;
        let mean =
            |figure: fn(&Figures) -> Option<f64>| geometric(all.iter().map(|one| figure(one)));
        let mean_ns =
            |figure: fn(&Figures) -> Option<u64>| geometric_ns(all.iter().map(|one| figure(one)));
        let most = |figure: fn(&Figures) -> u64| all.iter().map(|one| figure(one)).max();
        let most_of = |figure: fn(&Figures) -> Option<u64>| {
            let values: Option<Vec<u64>> = all.iter().map(|one| figure(one)).collect();
            values?.into_iter().max()
        };
        let worst = |figure: fn(&Figures) -> Option<f64>| {
            let values: Option<Vec<f64>> = all.iter().map(|one| figure(one)).collect();
            values?.into_iter().reduce(f64::max)
        };
        let sum_of_rows = all.iter().map(|one| one.rows).reduce(Asked::pooled);
        let sum_of_writes = all.iter().map(|one| one.writing).reduce(Writing::pooled);
        Some(Self {
            makespan_ns: mean_ns(|one| Some(one.makespan_ns)),
            items_per_s: mean(|one| one.items_per_s),
            times_synchronous: mean(|one| one.times_synchronous),
            times_wipe: mean(|one| one.times_wipe),
            stalled_ns: most(|one| one.stalled.total_ns)?,
            stalled_longest_ns: most(|one| one.stalled.longest_ns)?,
            stalled_share: worst(|one| quotient(one.stalled.total_ns, one.makespan_ns)),
            rows: sum_of_rows?,
            reloads: most(|one| one.rows.reloads)?,
            reread_of_wipe: mean(|one| one.reread_of_wipe),
            effect: Effect {
                hits: most(|one| one.effect.hits)?,
                loads: most(|one| one.effect.loads)?,
                calls: most(|one| one.effect.calls)?,
                recalls: most(|one| one.effect.recalls)?,
            },
            objects: most_of(|one| one.held.objects),
            bytes: most_of(|one| one.held.bytes),
            objects_over: most_of(|one| one.held.objects_over),
            bytes_over: most_of(|one| one.held.bytes_over),
            objects_of_count_only: mean(|one| one.objects_of_count_only),
            writing: sum_of_writes?,
            repeated: most(|one| one.repeated)?,
            repeated_most: most(|one| one.repeated_most)?,
            refused: most(|one| one.refused)?,
            recovery_times: worst(|one| one.recovery?.times()),
            recovery_ns: most_of(|one| Some(one.recovery?.took_ns)),
            reader_p95_ns: mean_ns(|one| Some(one.readers.backfill?.p95_ns)),
            reader_ratio: mean(|one| one.readers.ratio()),
        })
    }
}

#[cfg(test)]
#[path = "comparison_tests.rs"]
mod tests;
