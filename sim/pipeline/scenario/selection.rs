//! Which cells of a pipeline scenario there are, and which of them the command line asks for.

use super::{Model, Scenario, StrategyKind};

impl Scenario {
    /// Cells of a run: with every seed the reference, every strategy, and, where somebody reads or
    /// adds, the run without any stage.
    #[must_use]
    pub fn cells(&self) -> usize {
        let model = &self.model;
        (1 + model.strategies.len() + usize::from(self.has_load())) * model.seeds.0.len()
    }

    /// Whether somebody uses the tables meanwhile.
    #[must_use]
    pub fn has_load(&self) -> bool {
        let load = &self.model.load;
        load.reads_per_s > 0.0 || load.inserts_per_s > 0.0
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
