//! Which cells of a stash scenario there are.

use super::{Model, Scenario, StrategyKind};

impl Scenario {
    /// Cells of a run: every strategy with every workload and every seed.
    #[must_use]
    pub fn cells(&self) -> usize {
        let model = &self.model;
        model.strategies.len() * model.workloads.len().max(1) * model.seeds.0.len()
    }

    /// Requests of all cells of a run together, about.
    #[must_use]
    pub fn requests(&self) -> u64 {
        let model = &self.model;
        let listed: u64 = model.put.iter().map(|put| put.times).sum();
        let rates = model.workloads.values();
        let per_s: f64 = rates.map(|one| one.rate_per_s(model)).sum();
        let planned = (per_s * model.requests.for_s) as u64;
        let of_each = (model.strategies.len() * model.seeds.0.len()) as u64;
        listed.saturating_add(planned).saturating_mul(of_each)
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
