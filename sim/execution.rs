//! Runs all cells of a scenario, as many at a time as asked, each in a world of its own.
//!
//! Cells share nothing but images nobody writes to, so neither their order nor their number at a
//! time can change a result. The counterfactual of a seed lasts as long as the longest backfill of
//! that seed and its recovery, so that every strategy has something to be compared with; it runs
//! when those have ended. Traffic goes on behind the window in both, so what is under way when it
//! ends shares the machine with the same others. A longer counterfactual begins with the shorter
//! one, so figures over a strategy's window do not depend on what other strategies were run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backfill::Instant;

use crate::control;
use crate::dataset;
use crate::disk::map_image;
use crate::gate::Witness;
use crate::measure::Run;
use crate::outcome::{NO_BACKFILL, Outcome, Request};
use crate::own::{self, IntakeError, Own};
use crate::scenario::{Scenario, scenario_hash};
use crate::workers::{self, Replayable, Workers};
use crate::workload::{PacketLog, Workload};
use crate::world::{self, Cell, Part, Watch, WorldError};

/// How to run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Cells at the same time, at least one.
    pub jobs: usize,
    /// Whether every cell runs twice and must come out the same.
    pub check: bool,
    /// Where images of datasets are kept.
    pub images: PathBuf,
    /// The command that repeats the run.
    pub command: String,
    /// Who looks at cells for a gate, if one is to be judged: the first cell runs twice then.
    pub witness: Option<Arc<Witness>>,
    /// Whether the database's own file is held at one moment by somebody who reads it, so that it
    /// may grow meanwhile.
    pub held: bool,
}

/// Is told how far a run is; calls come from several threads.
pub trait Progress: Sync {
    /// An image is being built or checked.
    fn dataset(&self, seed: u64, progress: dataset::Progress);
    /// A cell starts; `watch` says how far it is. The answer is handed to [`Progress::ended`].
    fn started(&self, cell: &str, watch: &Arc<Watch>);
    /// A cell has ended, or failed.
    fn ended(&self, cell: &str, watch: &Arc<Watch>);
}

/// Why a run has no result.
#[derive(Debug, thiserror::Error)]
pub enum ExecutionError {
    /// The dataset could not be made.
    #[error(transparent)]
    Dataset(#[from] dataset::DatasetError),
    /// The creation times of somebody's own objects could not be used.
    #[error(transparent)]
    Times(#[from] crate::upstream::TimesError),
    /// An image could not be mapped.
    #[error("cannot map the dataset {}: {source}", path.display())]
    Image {
        /// The image.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A database of one's own cannot be used, or changed meanwhile.
    #[error(transparent)]
    Own(#[from] IntakeError),
    /// The simulator failed.
    #[error("cell {cell}: {source}")]
    World {
        /// Which cell.
        cell: String,
        /// Why.
        source: WorldError,
    },
    /// Two runs of one cell differ.
    #[error(
        "cell {cell} is not deterministic: event {event} differs\n  first:  {first}\n  second: {second}"
    )]
    NotDeterministic {
        /// Which cell.
        cell: String,
        /// The number of the first event that differs.
        event: usize,
        /// What the first run had there.
        first: String,
        /// What the second run had there.
        second: String,
    },
}

/// A seed's data.
struct SeedData {
    seed: u64,
    workload: Workload,
}

/// A cell to run, and its data.
struct Task<'a> {
    scenario: &'a Scenario,
    data: &'a SeedData,
    part: Part<'a>,
}

/// Runs all cells of `scenario`. When `stop` is set, what has ended by then is returned, marked
/// incomplete.
///
/// # Errors
/// If a dataset cannot be made, the simulator fails, or a checked cell comes out differently.
pub fn execute(
    scenario: &Scenario,
    settings: &Settings,
    progress: &dyn Progress,
    stop: &AtomicBool,
) -> Result<Run, ExecutionError> {
    let seeds = datasets(scenario, &settings.images, progress, stop)?;
    let strategies: Vec<Task<'_>> = scenario
        .model
        .strategies
        .iter()
        .flat_map(|(name, strategy)| {
            seeds.iter().map(move |data| Task {
                scenario,
                data,
                part: Part::Strategy(name, strategy),
            })
        })
        .collect();
    let pool = Workers {
        settings,
        progress,
        stop,
    };
    let outcomes = pool.run(&strategies)?;
    let recovery = Duration::from_secs_f64(scenario.model.phases.recovery_s);
    let (worlds, of_controls) = controls(scenario, settings, progress, stop)?;
    let quiet = seeds.iter().filter_map(|data| {
        let of_seed = outcomes.iter().filter(|outcome| outcome.seed == data.seed);
        let last = of_seed
            .filter_map(|outcome| outcome.backfill)
            .max_by_key(|w| w.end_ns)?;
        Some(Task {
            scenario,
            data,
            part: Part::NoBackfill((Instant::from_nanos(last.end_ns) + recovery).as_nanos()),
        })
    });
    let rest: Vec<Task<'_>> = quiet
        .chain(worlds.iter().flat_map(|world| {
            let strategies = world.model.strategies.iter();
            strategies
                .zip(&of_controls)
                .map(move |((name, strategy), data)| Task {
                    scenario: world,
                    data,
                    part: Part::Strategy(name, strategy),
                })
        }))
        .collect();
    let rest = pool.run(&rest)?.into_iter();
    if let Some(file) = scenario.file.as_ref().filter(|_| !settings.held) {
        file.check_unchanged()?;
    }
    let (counterfactuals, controls): (Vec<Outcome>, Vec<Outcome>) =
        rest.partition(|outcome| outcome.role.is_none());
    let cells = outcomes.len() + counterfactuals.len() + controls.len();
    Ok(Run {
        complete: cells == scenario.cells() + scenario.model.controls().len(),
        scenario: scenario.clone(),
        scenario_hash: scenario_hash(scenario),
        command: settings.command.clone(),
        outcomes,
        counterfactuals,
        controls,
    })
}

/// The worlds of the built-in controls, and the data of the first seed, which is that of them all.
fn controls(
    scenario: &Scenario,
    settings: &Settings,
    progress: &dyn Progress,
    stop: &AtomicBool,
) -> Result<(Vec<Scenario>, Vec<SeedData>), ExecutionError> {
    let kinds = scenario.model.controls().into_iter();
    let mut worlds: Vec<Scenario> = kinds.map(|kind| control::world(scenario, kind)).collect();
    for world in &mut worlds {
        world.model.seeds.0.truncate(1);
    }
    let data = match worlds.first() {
        Some(world) => datasets(world, &settings.images, progress, stop)?,
        None => Vec::new(),
    };
    Ok((worlds, data))
}

/// The workload of the first seed of `scenario`, to be used for real; images are kept in `images`.
///
/// # Errors
/// If its data cannot be made or used.
pub fn workload(
    scenario: &Scenario,
    images: &Path,
    progress: &dyn Progress,
) -> Result<Workload, ExecutionError> {
    let mut one = scenario.clone();
    one.model.seeds.0.truncate(1);
    let data = datasets(&one, images, progress, &AtomicBool::new(false))?;
    let first = data.into_iter().next().map(|data| data.workload);
    Ok(first.expect("a checked scenario has a seed, and nobody stopped it"))
}

/// The data of every seed, or of those that were made when `stop` was set.
fn datasets(
    scenario: &Scenario,
    images: &Path,
    progress: &dyn Progress,
    stop: &AtomicBool,
) -> Result<Vec<SeedData>, ExecutionError> {
    if let Some(file) = &scenario.file {
        own::check_soundness(file, images)?;
        let data = Own::of(scenario)?.into_iter().map(|(seed, own)| SeedData {
            seed,
            workload: Workload::Own(own),
        });
        return Ok(data.collect());
    }
    let load = |&seed: &u64| {
        let told = |at: dataset::Progress| progress.dataset(seed, at);
        let file = dataset::ensure(&scenario.model.dataset, seed, images, &told)?;
        let image = map_image(&file.path).map_err(|source| ExecutionError::Image {
            path: file.path.clone(),
            source,
        })?;
        Ok(SeedData {
            seed,
            workload: Workload::PacketLog(PacketLog::new(image, file.facts, seed)),
        })
    };
    let seeds = scenario.model.seeds.0.iter();
    seeds
        .take_while(|_| !stop.load(Ordering::Relaxed))
        .map(load)
        .collect()
}

impl workers::Cell for Task<'_> {
    type Outcome = Outcome;

    fn label(&self) -> String {
        let name = match self.part {
            Part::Strategy(name, _) => name,
            Part::NoBackfill(_) => NO_BACKFILL,
        };
        format!("{name} seed {}", self.data.seed)
    }

    fn run(&self, watch: &Arc<Watch>, stop: &AtomicBool) -> Result<Outcome, WorldError> {
        let cell = Cell {
            scenario: self.scenario,
            seed: self.data.seed,
            workload: &self.data.workload,
            part: self.part,
        };
        world::run(cell, watch, stop)
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
        let Self {
            counters,
            oracles,
            rows_hash,
            ..
        } = self;
        format!("counters {counters:?}, oracles {oracles:?}, rows {rows_hash}")
    }

    fn drop_log(&mut self) {
        // There are few cells with few events, and their tests read them.
    }
}
