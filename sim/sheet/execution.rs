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

    /// What strategies are given to do, one after the other; one without a name unless a family
    /// says more.
    fn workloads(_: &Self::Model) -> Vec<String> {
        vec![String::new()]
    }

    /// Runs a cell to its end, unless `stop` says otherwise.
    fn simulate(
        cell: Cell<'_, Self::Model>,
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
pub(crate) struct Cell<'a, M: Whole> {
    pub(crate) scenario: &'a Complete<M>,
    /// One of [`Simulated::workloads`].
    pub(crate) workload: &'a str,
    pub(crate) seed: u64,
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
struct Task<'a, F: Simulated>(Cell<'a, F::Model>);

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
    let workloads = F::workloads(&scenario.model);
    let own: Vec<Task<'_, F>> = strategies(scenario, &workloads).collect();
    let outcomes = workers.run(&own)?;
    let quiet: Vec<Task<'_, F>> = quiet(scenario, &workloads, &outcomes);
    let counterfactuals = workers.run(&quiet)?;
    let worlds = F::controls(scenario);
    let workloads: Vec<Vec<String>> = worlds.iter().map(|one| F::workloads(&one.model)).collect();
    let controls = worlds.iter().zip(&workloads);
    let controls = controls.flat_map(|(world, workloads)| strategies(world, workloads));
    let controls: Vec<Task<'_, F>> = controls.collect();
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

/// Every workload with every strategy and every seed.
fn strategies<'a, F: Simulated>(
    scenario: &'a Complete<F::Model>,
    workloads: &'a [String],
) -> impl Iterator<Item = Task<'a, F>> {
    let all = |workload| {
        scenario
            .model
            .strategies()
            .iter()
            .map(move |of| (workload, of))
    };
    let all = workloads.iter().flat_map(all);
    all.flat_map(move |(workload, (name, strategy))| {
        let seeds = scenario.model.seeds().0.iter();
        seeds.map(move |&seed| {
            Task(Cell {
                scenario,
                workload,
                seed,
                part: Part::Strategy(name, strategy),
            })
        })
    })
}

/// The runs without any strategy: as long as the longest with one, of the same workload and seed.
fn quiet<'a, F: Simulated>(
    scenario: &'a Complete<F::Model>,
    workloads: &'a [String],
    outcomes: &[F::Outcome],
) -> Vec<Task<'a, F>> {
    let Some(watched_s) = F::watched_s(&scenario.model) else {
        return Vec::new();
    };
    let seeds = &scenario.model.seeds().0;
    let all = workloads.iter();
    let all = all.flat_map(|workload| seeds.iter().map(move |&seed| (workload, seed)));
    let quiet = all.filter_map(|(workload, seed)| {
        let same = outcomes.iter().filter(|one| {
            let base = one.base();
            base.workload == workload && base.seed == seed
        });
        let until_ns = quiet_until_ns(same.filter_map(F::end_ns), watched_s)?;
        Some(Task(Cell {
            scenario,
            workload,
            seed,
            part: Part::Nothing(until_ns),
        }))
    });
    quiet.collect()
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

impl<M: Whole> Clone for Cell<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Whole> Copy for Cell<'_, M> {}

impl<S> Clone for Part<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Part<'_, S> {}
