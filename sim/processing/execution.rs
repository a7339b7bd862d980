//! Runs all cells of a processing scenario: strategy by strategy, seed by seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backfill::Instant;

use super::control;
use super::outcome::Outcome;
use super::run::Run;
use super::scenario::Scenario;
use super::world::{self, Cell, Part};
use crate::execution::{ExecutionError, Progress, Settings};
use crate::outcome::NO_BACKFILL;
use crate::workers::{self, Replayable, Workers};
use crate::world::{Watch, WorldError};

/// A cell to run.
struct Task<'a> {
    cell: Cell<'a>,
    /// Whether somebody will compare the events.
    keep_log: bool,
}

/// Runs all cells of `scenario`. When `stop` is set, what has ended by then is returned, marked
/// incomplete.
///
/// # Errors
/// If the simulator fails, or a checked cell comes out differently.
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
    let task = |scenario, seed, part| Task {
        cell: Cell {
            scenario,
            seed,
            part,
        },
        keep_log: settings.check,
    };
    let seeds = &scenario.model.seeds.0;
    let strategies: Vec<Task<'_>> = scenario
        .model
        .strategies
        .iter()
        .flat_map(|(name, strategy)| {
            seeds
                .iter()
                .map(move |&seed| (seed, Part::Strategy(name, strategy)))
        })
        .map(|(seed, part)| task(scenario, seed, part))
        .collect();
    let outcomes = workers.run(&strategies)?;
    let quiet: Vec<Task<'_>> = quiet(scenario, &outcomes)
        .map(|(seed, part)| task(scenario, seed, part))
        .collect();
    let counterfactuals = workers.run(&quiet)?;
    let worlds: Vec<Scenario> = scenario
        .model
        .controls()
        .into_iter()
        .map(|kind| control::world(scenario, kind))
        .collect();
    let controls: Vec<Task<'_>> = worlds
        .iter()
        .flat_map(|world| {
            let seeds = world.model.seeds.0.iter();
            let all = world.model.strategies.iter();
            all.zip(seeds)
                .map(move |((name, strategy), &seed)| (world, seed, Part::Strategy(name, strategy)))
        })
        .map(|(world, seed, part)| task(world, seed, part))
        .collect();
    let wanted = strategies.len() + quiet.len() + controls.len();
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

/// The runs without any processing: as long as the longest with one, of the same seed.
fn quiet<'a>(
    scenario: &'a Scenario,
    outcomes: &[Outcome],
) -> impl Iterator<Item = (u64, Part<'a>)> {
    let reads = scenario.model.load.reads_per_s > 0.0;
    let recovery = Duration::from_secs_f64(scenario.model.phases.recovery_s);
    let longest = |seed: u64| {
        let same = outcomes.iter().filter(|one| one.seed == seed);
        let windows = same.filter_map(|one| one.processing);
        windows.map(|window| window.end_ns).max()
    };
    let seeds = scenario.model.seeds.0.iter().filter(|_| reads);
    let ends: Vec<(u64, Option<u64>)> = seeds.map(|&seed| (seed, longest(seed))).collect();
    ends.into_iter().filter_map(move |(seed, end_ns)| {
        let until = Instant::from_nanos(end_ns?) + recovery;
        Some((seed, Part::Nothing(until.as_nanos())))
    })
}

impl workers::Cell for Task<'_> {
    type Outcome = Outcome;

    fn label(&self) -> String {
        let name = match self.cell.part {
            Part::Strategy(name, _) => name,
            Part::Nothing(_) => NO_BACKFILL,
        };
        format!("{name} seed {}", self.cell.seed)
    }

    fn run(&self, watch: &Arc<Watch>, stop: &AtomicBool) -> Result<Outcome, WorldError> {
        let mut outcome = world::run(self.cell, watch, stop)?;
        if !self.keep_log {
            outcome.log = Vec::new();
        }
        Ok(outcome)
    }
}

impl Replayable for Outcome {
    fn digest(&self) -> &str {
        &self.digest
    }

    fn log(&self) -> &[String] {
        &self.log
    }

    fn rest(&self) -> String {
        format!("counters {:?}, oracles {:?}", self.counters, self.oracles)
    }
}
