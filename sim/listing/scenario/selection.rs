//! Which cells of a listing scenario there are, and which of them the command line asks for.

use miette::Diagnostic;
use thiserror::Error;

use super::{Model, Scenario, StrategyKind};
use crate::scenario::{UnknownStrategy, keep};
use crate::upstream::Shape;

/// A shape was asked for that the scenario does not have.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[error("scenario `{scenario}` has no shape `{shape}`")]
pub struct UnknownShape {
    /// The scenario's name.
    pub scenario: String,
    /// What was asked for.
    pub shape: String,
    /// The shapes there are.
    #[help]
    pub help: String,
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

    /// Keeps these shapes, in the order of the file; all if none is named.
    ///
    /// # Errors
    ///
    /// When the scenario lacks one of them.
    pub fn keep_shapes(&mut self, shapes: &[Shape]) -> Result<(), UnknownShape> {
        let known = match self.file {
            Some(_) => &[],
            None => self.model.shapes(),
        };
        if let Some(shape) = shapes.iter().find(|shape| !known.contains(shape)) {
            let names: Vec<String> = known.iter().map(|shape| shape.name()).collect();
            return Err(UnknownShape {
                scenario: self.name.clone(),
                shape: shape.name(),
                help: match self.file {
                    Some(_) => "its objects lie as its file says".to_owned(),
                    None => format!("shapes: {}", names.join(", ")),
                },
            });
        }
        if !shapes.is_empty() {
            self.model.shapes.retain(|shape| shapes.contains(shape));
        }
        Ok(())
    }

    /// Cells of a run: every shape and strategy with every seed, and, where somebody reads, the run
    /// without a backfill.
    #[must_use]
    pub fn cells(&self) -> usize {
        let model = &self.model;
        let of_shape = model.strategies.len() + usize::from(self.has_readers());
        model.shapes().len() * of_shape * model.seeds.0.len()
    }

    /// Whether somebody reads the table while it is filled.
    #[must_use]
    pub fn has_readers(&self) -> bool {
        self.model.load.reads_per_s > 0.0
    }

    /// Objects of all cells of a strategy and a seed.
    #[must_use]
    pub fn objects(&self) -> u64 {
        let of_file = self.file.as_ref().map(|file| file.objects);
        self.model.all_objects(of_file)
    }
}

impl Model {
    /// The built-in controls to run. A strategy of the same name takes the place of one.
    #[must_use]
    pub fn controls(&self) -> Vec<StrategyKind> {
        let runs = |kind: &StrategyKind| self.must_fail.runs(kind.name(), &self.strategies);
        StrategyKind::CHEATS.into_iter().filter(runs).collect()
    }
}
