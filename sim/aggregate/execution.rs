//! How cells of this family are run.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::control;
use super::measure::Aggregates;
use super::outcome::Outcome;
use super::scenario::{Model, Scenario};
use super::world::{self, Data};
use super::{Objective, Run};
use crate::execution::{ExecutionError, Progress, Settings};
use crate::sheet::execution::{self, Cell, Simulated};
use crate::world::{Watch, WorldError};

/// Runs all cells of `scenario`. When `stop` is set, what has ended by then is returned, marked
/// incomplete.
///
/// # Errors
/// If views cannot be made, the simulator fails, or a checked cell comes out differently.
pub fn execute(
    scenario: &Scenario,
    settings: &Settings,
    progress: &dyn Progress,
    stop: &AtomicBool,
) -> Result<Run, ExecutionError> {
    execution::execute(scenario, settings, progress, stop)
}

impl Simulated for Aggregates {
    type Model = Model;
    type Data = Data;

    fn workloads(model: &Model) -> Vec<String> {
        model.views.workloads.clone()
    }

    fn data(model: &Model, workload: &str, seed: u64) -> Result<Data, WorldError> {
        Data::new(model, workload, seed)
    }

    fn simulate(
        cell: Cell<'_, Model, Data>,
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
        model.has_load().then_some(model.phases.recovery_s)
    }

    fn end_ns(outcome: &Outcome) -> Option<u64> {
        outcome.rebuild.map(|window| window.end_ns)
    }
}
