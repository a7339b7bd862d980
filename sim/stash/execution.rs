//! How cells of this family are run.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::control;
use super::measure::Stashing;
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

impl Simulated for Stashing {
    type Model = Model;
    type Data = ();

    fn workloads(model: &Model) -> Vec<String> {
        if model.put.is_empty() {
            model.workloads.keys().cloned().collect()
        } else {
            vec![String::new()]
        }
    }

    fn data(_: &Model, _: &str, _: u64) -> Result<(), WorldError> {
        Ok(())
    }

    fn simulate(
        cell: Cell<'_, Model, ()>,
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

    /// Nobody else uses the stash.
    fn watched_s(_: &Model) -> Option<f64> {
        None
    }

    fn end_ns(outcome: &Outcome) -> Option<u64> {
        Some(outcome.end_ns)
    }
}
