//! Which cells of a processing scenario there are, and which of them the command line asks for.

use super::{Model, Scenario, StrategyKind};

impl Scenario {
    /// Cells of a run: every strategy with every seed, and, where somebody reads, the run without
    /// any processing.
    #[must_use]
    pub fn cells(&self) -> usize {
        let model = &self.model;
        (model.strategies.len() + usize::from(self.has_readers())) * model.seeds.0.len()
    }

    /// Whether somebody reads the tables while they are written.
    #[must_use]
    pub fn has_readers(&self) -> bool {
        self.model.load.reads_per_s > 0.0
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
