//! Runs all cells of a scenario: strategy by strategy, seed by seed; then the same time without
//! anything that is compared, and the built-in controls, each in a small world of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backfill::Instant;

use super::family::{Family, Observed, title};
use super::run::Run;
use crate::execution::{ExecutionError, Progress, Settings};
use crate::outcome::NO_BACKFILL;
use crate::scenario::{Complete, Whole};
use crate::workers::{self, Workers};
use crate::world::{Watch, WorldError};

/// A family whose cells need nothing but the scenario, the strategy and the seed.
pub(crate) trait Simulated: Family {
    /// The tables of its scenario files.
    type Model: Whole;
    /// What all cells of a workload and a seed share; made once, and changed by nobody.
    type Data: Send + Sync;

    /// What strategies are given to do, one after the other; one without a name unless a family
    /// says more.
    fn workloads(_: &Self::Model) -> Vec<String> {
        vec![String::new()]
    }

    /// What all cells of `workload`, one of [`Simulated::workloads`], and `seed` share.
    fn data(model: &Self::Model, workload: &str, seed: u64) -> Result<Self::Data, WorldError>;

    /// Runs a cell to its end, unless `stop` says otherwise.
    fn simulate(
        cell: Cell<'_, Self::Model, Self::Data>,
        watch: &Arc<Watch>,
        stop: &AtomicBool,
    ) -> Result<Self::Outcome, WorldError>;

    /// The small worlds of the built-in controls, each with one strategy.
    fn controls(scenario: &Complete<Self::Model>) -> Vec<Complete<Self::Model>>;

    /// What strategies are to reach.
    fn objective(model: &Self::Model) -> Self::Objective;

    /// For how long after the end of what is compared others are watched, s; `None` where there
    /// are no others, and then nothing is run without it.
    fn watched_s(model: &Self::Model) -> Option<f64>;

    /// When what is compared came to its end.
    fn end_ns(outcome: &Self::Outcome) -> Option<u64>;
}

/// What is to be run.
pub(crate) struct Cell<'a, M: Whole, D> {
    pub(crate) scenario: &'a Complete<M>,
    /// One of [`Simulated::workloads`].
    pub(crate) workload: &'a str,
    pub(crate) seed: u64,
    /// What it shares with the others of its workload and seed.
    pub(crate) data: &'a D,
    pub(crate) part: Part<'a, M::Strategy>,
}

/// A strategy, or the same time without any.
#[derive(Debug)]
pub(crate) enum Part<'a, S> {
    /// This strategy of the scenario.
    Strategy(&'a str, &'a S),
    /// None: others use what there is before this moment, ns.
    Nothing(u64),
}

/// A cell, and which family it is of.
struct Task<'a, F: Simulated>(Cell<'a, F::Model, F::Data>);

/// A scenario with what its cells share.
struct Prepared<'a, F: Simulated> {
    scenario: &'a Complete<F::Model>,
    sets: Vec<Set<F::Data>>,
}

/// A workload with a seed.
struct Set<D> {
    workload: String,
    seed: u64,
    data: D,
}

/// Runs all cells of `scenario`. When `stop` is set, what has ended by then is returned, marked
/// incomplete.
///
/// # Errors
/// If the simulator fails, or a checked cell comes out differently.
pub(crate) fn execute<F: Simulated>(
    scenario: &Complete<F::Model>,
    settings: &Settings,
    progress: &dyn Progress,
    stop: &AtomicBool,
) -> Result<Run<F>, ExecutionError> {
    let workers = Workers {
        settings,
        progress,
        stop,
    };
    let prepared = Prepared::<F>::new(scenario)?;
    let own = prepared.strategies();
    let outcomes = workers.run(&own)?;
    let quiet = prepared.quiet(&outcomes);
    let counterfactuals = workers.run(&quiet)?;
    let worlds = F::controls(scenario);
    let worlds = worlds.iter().map(Prepared::<F>::new);
    let worlds: Vec<Prepared<'_, F>> = worlds.collect::<Result<_, _>>()?;
    let controls: Vec<Task<'_, F>> = worlds.iter().flat_map(Prepared::strategies).collect();
    let wanted = own.len() + quiet.len() + controls.len();
    let controls = workers.run(&controls)?;
    let ended = outcomes.len() + counterfactuals.len() + controls.len();
    Ok(Run {
        outcomes,
        counterfactuals,
        controls,
        complete: ended == wanted && !stop.load(Ordering::Relaxed),
        ..Run::empty(scenario, F::objective(&scenario.model), settings)
    })
}

impl<'a, F: Simulated> Prepared<'a, F> {
    /// Every workload with every seed.
    fn new(scenario: &'a Complete<F::Model>) -> Result<Self, ExecutionError> {
        let model = &scenario.model;
        let set = |workload: &str, seed: u64| {
            let data = F::data(model, workload, seed).map_err(|source| ExecutionError::World {
                cell: format!("{} seed {seed}", title("the data", workload)),
                source,
            })?;
            Ok(Set {
                workload: workload.to_owned(),
                seed,
                data,
            })
        };
        let workloads = F::workloads(model);
        let all = workloads
            .iter()
            .flat_map(|workload| model.seeds().0.iter().map(move |&seed| set(workload, seed)));
        Ok(Self {
            scenario,
            sets: all.collect::<Result<_, ExecutionError>>()?,
        })
    }

    fn task<'b>(
        &'b self,
        set: &'b Set<F::Data>,
        part: Part<'b, <F::Model as Whole>::Strategy>,
    ) -> Task<'b, F> {
        Task(Cell {
            scenario: self.scenario,
            workload: &set.workload,
            seed: set.seed,
            data: &set.data,
            part,
        })
    }

    /// Every workload with every strategy and every seed.
    fn strategies(&self) -> Vec<Task<'_, F>> {
        let of_workload = self.sets.chunk_by(|a, b| a.workload == b.workload);
        let all = of_workload.flat_map(|sets| {
            let strategies = self.scenario.model.strategies().iter();
            strategies.flat_map(move |(name, strategy)| {
                let part = Part::Strategy(name.as_str(), strategy);
                sets.iter().map(move |set| self.task(set, part))
            })
        });
        all.collect()
    }

    /// The runs without any strategy: as long as the longest with one, of the same workload and
    /// seed.
    fn quiet(&self, outcomes: &[F::Outcome]) -> Vec<Task<'_, F>> {
        let Some(watched_s) = F::watched_s(&self.scenario.model) else {
            return Vec::new();
        };
        let quiet = self.sets.iter().filter_map(|set| {
            let same = outcomes.iter().filter(|one| {
                let base = one.base();
                base.workload == set.workload && base.seed == set.seed
            });
            let until_ns = quiet_until_ns(same.filter_map(F::end_ns), watched_s)?;
            Some(self.task(set, Part::Nothing(until_ns)))
        });
        quiet.collect()
    }
}

/// How long others are to be watched without anything: as long as they were beside the slowest of
/// those that ended at `ends_ns`. `None` where none came to its end.
pub(crate) fn quiet_until_ns(ends_ns: impl Iterator<Item = u64>, watched_s: f64) -> Option<u64> {
    let end_ns = ends_ns.max()?;
    let until = Instant::from_nanos(end_ns) + Duration::from_secs_f64(watched_s);
    Some(until.as_nanos())
}

impl<F: Simulated> workers::Cell for Task<'_, F> {
    type Outcome = F::Outcome;

    fn label(&self) -> String {
        let name = match self.0.part {
            Part::Strategy(name, _) => name,
            Part::Nothing(_) => NO_BACKFILL,
        };
        format!("{} seed {}", title(name, self.0.workload), self.0.seed)
    }

    fn run(&self, watch: &Arc<Watch>, stop: &AtomicBool) -> Result<F::Outcome, WorldError> {
        F::simulate(self.0, watch, stop)
    }
}

impl<M: Whole, D> Clone for Cell<'_, M, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Whole, D> Copy for Cell<'_, M, D> {}

impl<S> Clone for Part<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Part<'_, S> {}
