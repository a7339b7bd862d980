//! Strategy by strategy: the cells of all seeds, what they come to together, and where they stand.
//!
//! Over seeds, what takes time and what is compared as a ratio has a geometric mean, what is
//! counted is the sum, and what is a bound its worst.

use indexmap::IndexMap;

use super::cell::{Beside, Cell, Figures};
use super::spell::Spell;
use crate::measure::mean::{geometric, geometric_ns};
use crate::measure::unit::factor;
use crate::pipeline::oracle_names::TERMINATION;
use crate::pipeline::scenario::StrategyKind;
use crate::pipeline::{Objective, Outcome, Run};
use crate::scenario::Role;
use crate::sheet::{Aim, Case, Docket, Judged, Standing, Wanted};

/// All strategies of a run, in order.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What strategies are to reach.
    pub objective: Objective,
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
    pub times_one_after_another: Option<f64>,
    /// All of the time first, then its parts, as the first seed has them.
    pub spells: Vec<PooledSpell>,
    /// The most objects held.
    pub objects_most: Option<u64>,
    /// The most bytes held.
    pub bytes_most: Option<u64>,
    /// The most times stages were started again.
    pub restarts: u64,
    /// The longest time without live inserts, ns.
    pub unwritten_ns: u64,
}

/// A part of the time over all seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct PooledSpell {
    /// Which stages ran.
    pub name: &'static str,
    /// Geometric mean, ns.
    pub duration_ns: Option<u64>,
    /// Reads of all seeds.
    pub reads: u64,
    /// Geometric mean, ns.
    pub reader_p50_ns: Option<u64>,
    /// Geometric mean, ns.
    pub reader_p95_ns: Option<u64>,
    /// The worst, ns.
    pub reader_max_ns: Option<u64>,
    /// Geometric mean of the ratio of the p95 to that without any stage.
    pub reader_ratio: Option<f64>,
    /// Geometric mean, ns.
    pub writer_p95_ns: Option<u64>,
    /// Geometric mean of the ratio of the p95 to that without any stage.
    pub writer_ratio: Option<f64>,
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
    let same = |outcome: &&Outcome| outcome.seed == seed;
    let rival = |outcome: &&Outcome| {
        outcome.kind == Some(StrategyKind::OneAfterAnother) && outcome.role != Some(Role::Control)
    };
    Beside {
        counterfactual: run.counterfactuals.iter().find(same),
        one_after_another: run.outcomes.iter().filter(same).find(rival),
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
                termination: TERMINATION,
                meant: cell.kind.and_then(StrategyKind::meant_oracle),
            };
            let standing = Standing::of(judged, &aims(&cell, objective));
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
}

/// What `objective` asks of `cell`, and the figure it has for that.
fn aims(cell: &Cell, objective: &Objective) -> Vec<Aim> {
    let figures = cell.figures.as_ref();
    let whole = figures.and_then(|figures| figures.spells.first());
    let quicker = objective.times_one_after_another.map(|least| Aim {
        name: "times_one_after_another",
        figure: figures.and_then(|figures| figures.times_one_after_another),
        wanted: Wanted::AtLeast(least),
        said: |times| format!("{} as quick as `one-after-another`", factor(times)),
        unit: "×",
    });
    let readers = objective.reader_p95_times.map(|most| Aim {
        name: "reader_p95_times",
        figure: whole.and_then(|spell| spell.readers.ratio()),
        wanted: Wanted::AtMost(most),
        said: |times| format!("the readers' p95 {} what it is without", factor(times)),
        unit: "×",
    });
    quicker.into_iter().chain(readers).collect()
}

impl Pooled {
    fn of(cells: &[(Cell, Standing)]) -> Option<Self> {
        let all: Vec<&Figures> = cells
            .iter()
            .map(|(cell, _)| cell.figures.as_ref())
            .collect::<Option<_>>()?;
        let most = |figure: fn(&Figures) -> u64| all.iter().map(|one| figure(one)).max();
        let names = all.first()?.spells.iter().map(|spell| spell.name);
        let times = all.iter().map(|one| one.times_one_after_another);
        Some(Self {
            makespan_ns: geometric_ns(all.iter().map(|one| Some(one.makespan_ns))),
            times_one_after_another: geometric(times),
            spells: names.map(|name| PooledSpell::of(name, &all)).collect(),
            objects_most: all.iter().filter_map(|one| one.objects_most).max(),
            bytes_most: all.iter().filter_map(|one| one.bytes_most).max(),
            restarts: most(|one| one.restarts)?,
            unwritten_ns: most(|one| one.unwritten_ns)?,
        })
    }
}

impl PooledSpell {
    fn of(name: &'static str, all: &[&Figures]) -> Self {
        let find = |of: &&Figures| of.spells.iter().find(|spell| spell.name == name).copied();
        let spells: Vec<Option<Spell>> = all.iter().map(find).collect();
        let mean_ns = |figure: fn(Spell) -> Option<u64>| {
            geometric_ns(spells.iter().map(|spell| figure((*spell)?)))
        };
        let mean = |figure: fn(Spell) -> Option<f64>| {
            geometric(spells.iter().map(|spell| figure((*spell)?)))
        };
        let reads = || {
            let known = spells.iter().flatten();
            known.filter_map(|spell| spell.readers.backfill)
        };
        Self {
            name,
            duration_ns: mean_ns(|spell| Some(spell.window.duration_ns())),
            reads: reads().map(|stats| stats.count).sum(),
            reader_p50_ns: mean_ns(|spell| Some(spell.readers.backfill?.p50_ns)),
            reader_p95_ns: mean_ns(|spell| Some(spell.readers.backfill?.p95_ns)),
            reader_max_ns: reads().map(|stats| stats.max_ns).max(),
            reader_ratio: mean(|spell| spell.readers.ratio()),
            writer_p95_ns: mean_ns(|spell| Some(spell.writers.backfill?.p95_ns)),
            writer_ratio: mean(|spell| spell.writers.ratio()),
        }
    }
}
