//! Runs all cells of a pipeline scenario: first the references, one a seed, then strategy by
//! strategy, seed by seed.
//!
//! Cells of one seed share the objects, which nobody changes, and the fingerprint of the reference.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Run;
use super::control;
use super::outcome::Outcome;
use super::scenario::Scenario;
use super::world::{self, Cell, Data, Part, RESOURCE};
use crate::execution::{ExecutionError, Progress, Settings};
use crate::outcome::NO_BACKFILL;
use crate::sheet::execution::quiet_until_ns;
use crate::upstream::Objects;
use crate::workers::{self, Workers};
use crate::world::{Watch, WorldError};

/// A cell to run.
struct Task<'a>(Cell<'a>);

/// A scenario with the objects of its seeds.
struct Prepared<'a> {
    scenario: &'a Scenario,
    data: Vec<Data>,
    workers: &'a Workers<'a>,
}

/// Runs all cells of `scenario`. When `stop` is set, what has ended by then is returned, marked
/// incomplete.
///
/// # Errors
/// If objects cannot be made, the simulator fails, or a checked cell comes out differently.
pub fn execute(
    scenario: &Scenario,
    settings: &Settings,
    progress: &dyn Progress,
    stop: &AtomicBool,
) -> Result<Run, ExecutionError> {
    let workers = Workers {
        settings,
        progress,
        stop,
    };
    let prepared = Prepared::new(scenario, &workers)?;
    let outcomes = prepared.strategies()?;
    let quiet = prepared.quiet(&outcomes);
    let counterfactuals = workers.run(&quiet)?;
    let seeds = scenario.model.seeds.0.len();
    let mut wanted = scenario.model.strategies.len() * seeds + quiet.len();
    let mut controls = Vec::new();
    for kind in scenario.model.controls() {
        let world = control::world(scenario, kind);
        controls.extend(Prepared::new(&world, &workers)?.strategies()?);
        wanted += 1;
    }
    let ended = outcomes.len() + counterfactuals.len() + controls.len();
    Ok(Run {
        outcomes,
        counterfactuals,
        controls,
        complete: ended == wanted && !stop.load(Ordering::Relaxed),
        ..Run::empty(scenario, scenario.model.objective, settings)
    })
}

impl<'a> Prepared<'a> {
    fn new(scenario: &'a Scenario, workers: &'a Workers<'a>) -> Result<Self, ExecutionError> {
        let data = |&seed: &u64| {
            let objects = Objects::generate(&scenario.model.upstream, RESOURCE, seed)?;
            Ok(Data {
                seed,
                digest: objects.digest(),
                objects: Arc::new(objects),
            })
        };
        let seeds = scenario.model.seeds.0.iter();
        Ok(Self {
            scenario,
            data: seeds.map(data).collect::<Result<_, ExecutionError>>()?,
            workers,
        })
    }

    fn task<'b>(&'b self, data: &'b Data, part: Part<'b>) -> Task<'b> {
        Task(Cell {
            scenario: self.scenario,
            data,
            part,
        })
    }

    /// Every strategy with every seed, compared with the reference of that seed.
    fn strategies(&self) -> Result<Vec<Outcome>, ExecutionError> {
        let references = self.data.iter();
        let references: Vec<Task<'_>> = references
            .map(|data| self.task(data, Part::Reference))
            .collect();
        let references = self.workers.run(&references)?;
        let rows = |seed: u64| {
            let mut same = references.iter().filter(|one| one.seed == seed);
            same.next().and_then(|one| one.rows.as_ref())
        };
        let all = self.scenario.model.strategies.iter();
        let tasks: Vec<Task<'_>> = all
            .flat_map(|(name, strategy)| {
                self.data.iter().map(move |data| {
                    let part = Part::Strategy(name, strategy, rows(data.seed));
                    self.task(data, part)
                })
            })
            .collect();
        self.workers.run(&tasks)
    }

    /// The runs without any stage: as long as the longest with some, of the same seed.
    fn quiet(&self, outcomes: &[Outcome]) -> Vec<Task<'_>> {
        let watched_s = self.scenario.model.phases.recovery_s;
        let until_ns = |seed| {
            let same = outcomes.iter().filter(|one| one.seed == seed);
            quiet_until_ns(same.filter_map(|one| Some(one.pipeline?.end_ns)), watched_s)
        };
        let data = self.data.iter().filter(|_| self.scenario.has_load());
        data.filter_map(|data| Some(self.task(data, Part::Nothing(until_ns(data.seed)?))))
            .collect()
    }
}

impl workers::Cell for Task<'_> {
    type Outcome = Outcome;

    fn label(&self) -> String {
        let name = match self.0.part {
            Part::Strategy(name, ..) => name,
            Part::Reference => "reference",
            Part::Nothing(_) => NO_BACKFILL,
        };
        format!("{name} seed {}", self.0.data.seed)
    }

    fn run(&self, watch: &Arc<Watch>, stop: &AtomicBool) -> Result<Outcome, WorldError> {
        world::run(self.0, watch, stop)
    }
}
