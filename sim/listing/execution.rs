//! Runs all cells of a listing scenario.

use std::sync::atomic::AtomicBool;

use super::run::Run;
use super::scenario::Scenario;
use crate::execution::{ExecutionError, Progress, Settings};

/// Runs all cells of `scenario`. When `stop` is set, what has ended by then is returned, marked
/// incomplete.
///
/// # Errors
/// Always: cells of this family cannot be run yet.
pub fn execute(
    scenario: &Scenario,
    _settings: &Settings,
    _progress: &dyn Progress,
    _stop: &AtomicBool,
) -> Result<Run, ExecutionError> {
    Err(ExecutionError::NotBuilt {
        scenario: scenario.name.clone(),
    })
}
