//! A part of a scenario: some of its seeds or strategies, as the command line asks for.

use miette::Diagnostic;
use thiserror::Error;

use indexmap::IndexMap;

use super::Scenario;
use crate::spelling;

/// A strategy was asked for that the scenario does not have.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[error("scenario `{scenario}` has no strategy `{name}`")]
pub struct UnknownStrategy {
    /// The scenario's name.
    pub scenario: String,
    /// What was asked for.
    pub name: String,
    /// The strategies there are.
    #[help]
    pub help: String,
}

/// Keeps the strategies of these names, in their order; all if none is named.
///
/// # Errors
/// When one of them is missing.
pub(crate) fn keep<S>(
    strategies: &mut IndexMap<String, S>,
    scenario: &str,
    names: &[String],
) -> Result<(), UnknownStrategy> {
    let known: Vec<&String> = strategies.keys().collect();
    if let Some(name) = names.iter().find(|name| !known.contains(name)) {
        return Err(UnknownStrategy {
            scenario: scenario.to_owned(),
            name: name.clone(),
            help: spelling::did_you_mean(name, &known, "strategies"),
        });
    }
    if !names.is_empty() {
        strategies.retain(|name, _| names.contains(name));
    }
    Ok(())
}

impl Scenario {
    /// Keeps the strategies of these names, in the order of the file; all if none is named.
    ///
    /// # Errors
    ///
    /// When the scenario lacks one of them.
    pub fn keep_strategies(&mut self, names: &[String]) -> Result<(), UnknownStrategy> {
        keep(&mut self.model.strategies, &self.name, names)
    }

    /// Cells of a run: every strategy and the run without a backfill, with every seed.
    #[must_use]
    pub fn cells(&self) -> usize {
        (self.model.strategies.len() + 1) * self.model.seeds.0.len()
    }
}
