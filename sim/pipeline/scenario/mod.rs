//! Scenario files of this family: those with a table `[pipeline]`.
//!
//! They are loaded like all others ([`crate::scenario::load_any`]): what is returned is complete
//! and in range, and whatever is wrong with a file is said at once, each thing with its place and
//! the way out.

mod model;
mod selection;
mod strategy;
mod strategy_kind;
pub(crate) mod validate;

pub use model::{Crash, Load, Model, Pipeline};
pub use strategy::Strategy;
pub use strategy_kind::StrategyKind;

use indexmap::IndexMap;

use crate::gate::Gates;
use crate::scenario::{
    Complete, Disk, Family, Finding, ScenarioError, Seeds, Source, Tables, Whole,
};

/// A pipeline scenario, checked and complete.
pub type Scenario = Complete<Model>;

/// Checks the text of the scenario `name`.
pub(crate) fn check(name: &str, source: Source) -> Result<Scenario, ScenarioError> {
    let mut scenario = Scenario::check(name, source)?;
    let model = &mut scenario.model;
    let rate_per_s = model.client.rate_per_s.unwrap_or(model.upstream.rate_per_s);
    model.client.rate_per_s = Some(rate_per_s);
    Ok(scenario)
}

impl Tables for Model {
    const FAMILY: Family = Family::Pipeline;

    fn findings(&self) -> Vec<Finding> {
        validate::findings(self)
    }

    fn disk(&self) -> Option<&Disk> {
        Some(&self.disk)
    }

    fn gates(&self) -> &Gates {
        &self.gates
    }

    fn gates_mut(&mut self) -> &mut Gates {
        &mut self.gates
    }
}

impl Whole for Model {
    type Strategy = Strategy;

    const OPTIONAL: &'static [(&'static str, &'static str)] = &[
        ("upstream.faults.storm", "upstream.faults."),
        ("upstream.faults.outage", "upstream.faults."),
        ("database.file", "database."),
        ("disk.free_mib", "disk."),
        ("outage", "operator."),
        ("lock", "outage"),
        ("crash", "lock"),
        ("objective.times_one_after_another", "crash"),
        (
            "objective.reader_p95_times",
            "objective.times_one_after_another",
        ),
    ];

    fn strategies(&self) -> &IndexMap<String, Strategy> {
        &self.strategies
    }

    fn strategies_mut(&mut self) -> &mut IndexMap<String, Strategy> {
        &mut self.strategies
    }

    fn seeds(&self) -> &Seeds {
        &self.seeds
    }

    fn disk_mut(&mut self) -> Option<&mut Disk> {
        Some(&mut self.disk)
    }
}

#[cfg(test)]
mod tests;
