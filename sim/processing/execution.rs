//! STAND-IN, to be replaced by what runs the cells: it runs none of them.

use std::sync::atomic::AtomicBool;

use super::run::Run;
use super::scenario::Scenario;
use crate::execution::{ExecutionError, Progress, Settings};

/// A run of `scenario` without any cell.
///
/// # Errors
/// Never.
pub fn execute(
    scenario: &Scenario,
    settings: &Settings,
    _: &dyn Progress,
    _: &AtomicBool,
) -> Result<Run, ExecutionError> {
    Ok(Run {
        name: scenario.name.clone(),
        question: scenario.question.clone(),
        options: scenario.options_block(),
        scenario_hash: scenario.hash(),
        command: settings.command.clone(),
        objective: scenario.model.objective,
        outcomes: Vec::new(),
        counterfactuals: Vec::new(),
        controls: Vec::new(),
        complete: false,
    })
}
