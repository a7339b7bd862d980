//! Runs all cells of a listing scenario: shape by shape, strategy by strategy, seed by seed.
//!
//! Cells of one shape and seed share the objects, which nobody changes; what is deleted or comes
//! later is a cell's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backfill::Instant;

use super::control;
use super::outcome::Outcome;
use super::run::Run;
use super::scenario::Scenario;
use super::stream::Stream;
use super::world::{self, Cell, Data, Part};
use crate::digest::Digest;
use crate::execution::{ExecutionError, Progress, Settings};
use crate::outcome::{NO_BACKFILL, Request};
use crate::upstream::{self, Objects, Shape};
use crate::workers::{self, Replayable, Workers};
use crate::world::{Watch, WorldError};

/// The resource of a scenario with one stream.
const CHARGES: &str = "charges";

/// A cell to run.
struct Task<'a>(Cell<'a>);

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
    let data = data(scenario, stop)?;
    let workers = Workers {
        settings,
        progress,
        stop,
    };
    let strategies: Vec<Task<'_>> = data
        .iter()
        .flat_map(|data| {
            let all = scenario.model.strategies.iter();
            all.map(move |(name, strategy)| Part::Strategy(name, strategy))
                .map(move |part| (data, part))
        })
        .map(|(data, part)| Task::new(scenario, data, part))
        .collect();
    let mut outcomes = workers.run(&strategies)?;
    // Seeds of a strategy stand beside each other.
    let place = |name: &str| scenario.model.strategies.get_index_of(name);
    let shape_of = |shape: &str| data.iter().position(|data| data.shape == shape);
    outcomes.sort_by_key(|one| (shape_of(&one.shape), place(&one.strategy), one.seed));
    let quiet: Vec<Task<'_>> = quiet(scenario, &data, &outcomes)
        .map(|(data, part)| Task::new(scenario, data, part))
        .collect();
    let counterfactuals = workers.run(&quiet)?;
    let worlds: Vec<Scenario> = scenario
        .model
        .controls()
        .into_iter()
        .map(|kind| control::world(scenario, kind))
        .collect();
    let of_controls: Vec<Vec<Data>> = worlds
        .iter()
        .map(|world| self::data(world, stop))
        .collect::<Result<_, _>>()?;
    let controls: Vec<Task<'_>> = worlds
        .iter()
        .zip(&of_controls)
        .flat_map(|(world, data)| {
            let all = world.model.strategies.iter().zip(data);
            all.map(move |((name, strategy), data)| {
                Task::new(world, data, Part::Strategy(name, strategy))
            })
        })
        .collect();
    let wanted = strategies.len() + quiet.len() + worlds.len();
    let controls = workers.run(&controls)?;
    Ok(Run {
        name: scenario.name.clone(),
        question: scenario.question.clone(),
        options: scenario.options_block(),
        scenario_hash: scenario.hash(),
        command: settings.command.clone(),
        objective: scenario.model.objective,
        complete: outcomes.len() + counterfactuals.len() + controls.len() == wanted
            && !stop.load(Ordering::Relaxed),
        outcomes,
        counterfactuals,
        controls,
    })
}

/// The runs without a backfill: as long as the longest with one, of the same shape and seed.
fn quiet<'a>(
    scenario: &'a Scenario,
    data: &'a [Data],
    outcomes: &[Outcome],
) -> impl Iterator<Item = (&'a Data, Part<'a>)> {
    let reads = scenario.model.load.reads_per_s > 0.0;
    let recovery = Duration::from_secs_f64(scenario.model.phases.recovery_s);
    let ends: Vec<Option<u64>> = data
        .iter()
        .map(|data| {
            let same = |one: &&Outcome| one.seed == data.seed && one.shape == data.shape;
            let windows = outcomes.iter().filter(same).filter_map(|one| one.backfill);
            windows.map(|window| window.end_ns).max()
        })
        .collect();
    data.iter().zip(ends).filter_map(move |(data, end_ns)| {
        let until = Instant::from_nanos(end_ns.filter(|_| reads)?) + recovery;
        Some((data, Part::NoBackfill(until.as_nanos())))
    })
}

/// The objects of every shape and seed, or of those that were made when `stop` was set.
fn data(scenario: &Scenario, stop: &AtomicBool) -> Result<Vec<Data>, ExecutionError> {
    let seeds = scenario.model.seeds.0.iter();
    let all = scenario.upstreams().into_iter();
    let all = all.flat_map(|(shape, settings)| {
        seeds
            .clone()
            .map(move |&seed| (shape.clone(), settings.clone(), seed))
    });
    all.take_while(|_| !stop.load(Ordering::Relaxed))
        .map(|(shape, settings, seed)| of_shape(scenario, shape, &settings, seed))
        .collect()
}

fn of_shape(
    scenario: &Scenario,
    shape: String,
    settings: &upstream::Settings,
    seed: u64,
) -> Result<Data, ExecutionError> {
    let mut wanted = Vec::new();
    match &scenario.model.streams {
        None => wanted.push((CHARGES.to_owned(), settings.clone())),
        Some(streams) => {
            let with = |shape, objects| upstream::Settings {
                shape,
                objects,
                ..settings.clone()
            };
            let large = (0..streams.large).map(|nth| {
                (
                    format!("large_{nth}"),
                    with(settings.shape, streams.large_objects),
                )
            });
            let small = (0..streams.small).map(|nth| {
                (
                    format!("small_{nth}"),
                    with(Shape::Uniform, streams.small_objects),
                )
            });
            wanted.extend(large.chain(small));
        }
    }
    let mut digest = Digest::default();
    let mut streams = Vec::new();
    for (name, settings) in wanted {
        let objects = Objects::generate(&settings, &name, seed)?;
        digest.add(objects.digest());
        streams.push(Stream {
            name: name.into(),
            objects: Arc::new(objects),
        });
    }
    Ok(Data {
        shape,
        seed,
        streams: streams.into(),
        digest: digest.hex(),
    })
}

impl<'a> Task<'a> {
    const fn new(scenario: &'a Scenario, data: &'a Data, part: Part<'a>) -> Self {
        Self(Cell {
            scenario,
            data,
            part,
        })
    }
}

impl workers::Cell for Task<'_> {
    type Outcome = Outcome;

    fn label(&self) -> String {
        let name = match self.0.part {
            Part::Strategy(name, _) => name,
            Part::NoBackfill(_) => NO_BACKFILL,
        };
        let Data { shape, seed, .. } = self.0.data;
        format!("{shape} {name} seed {seed}")
    }

    fn run(&self, watch: &Arc<Watch>, stop: &AtomicBool) -> Result<Outcome, WorldError> {
        world::run(self.0, watch, stop)
    }
}

impl Replayable for Outcome {
    fn digest(&self) -> &str {
        &self.digest
    }

    fn log(&self) -> &[String] {
        &self.log
    }

    fn requests(&self) -> &[Request] {
        &self.requests
    }

    fn rest(&self) -> String {
        format!("counters {:?}, oracles {:?}", self.counters, self.oracles)
    }

    fn drop_log(&mut self) {
        self.log = Vec::new();
    }
}
