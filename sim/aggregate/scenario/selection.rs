//! Which cells of an aggregate scenario there are.

use super::{Model, Scenario, StrategyKind};

impl Scenario {
    /// Cells of a run: every workload with every strategy and every seed, and, where somebody
    /// reads or adds, without any.
    #[must_use]
    pub fn cells(&self) -> usize {
        let model = &self.model;
        let of_each = model.strategies.len() + usize::from(self.model.has_load());
        of_each * model.views.workloads.len() * model.seeds.0.len()
    }
}

impl Model {
    /// Whether somebody uses the database meanwhile, in any workload.
    #[must_use]
    pub fn has_load(&self) -> bool {
        let names = &self.views.workloads;
        let mut workloads = names.iter().filter_map(|name| self.views.workload(name));
        self.load.reads_per_s > 0.0 || workloads.any(|one| one.inserts_per_s > 0.0)
    }

    /// The built-in controls to run. A strategy of the same name takes the place of one.
    #[must_use]
    pub fn controls(&self) -> Vec<StrategyKind> {
        let runs = |kind: &StrategyKind| self.must_fail.runs(kind.name(), &self.strategies);
        StrategyKind::CHEATS.into_iter().filter(runs).collect()
    }
}
