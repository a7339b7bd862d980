//! How cells of this family are run.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::control;
use super::items::Items;
use super::measure::Processing;
use super::outcome::Outcome;
use super::scenario::{Model, Scenario};
use super::world;
use super::{Objective, Run};
use crate::execution::{ExecutionError, Progress, Settings};
use crate::sheet::execution::{self, Cell, Simulated};
use crate::world::{Watch, WorldError};

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
    execution::execute(scenario, settings, progress, stop)
}

impl Simulated for Processing {
    type Model = Model;
    type Data = Arc<Items>;

    fn data(model: &Model, _: &str, seed: u64) -> Result<Arc<Items>, WorldError> {
        Ok(Arc::new(Items::new(model, seed)))
    }

    fn simulate(
        cell: Cell<'_, Model, Arc<Items>>,
        watch: &Arc<Watch>,
        stop: &AtomicBool,
    ) -> Result<Outcome, WorldError> {
        world::run(cell, watch, stop)
    }

    fn controls(scenario: &Scenario) -> Vec<Scenario> {
        let kinds = scenario.model.controls().into_iter();
        kinds.map(|kind| control::world(scenario, kind)).collect()
    }

    fn objective(model: &Model) -> Objective {
        model.objective
    }

    fn watched_s(model: &Model) -> Option<f64> {
        (model.load.reads_per_s > 0.0).then_some(model.phases.recovery_s)
    }

    fn end_ns(outcome: &Outcome) -> Option<u64> {
        outcome.processing.map(|window| window.end_ns)
    }
}
