//! Scenario files of this family: those with a table `[views]`.
//!
//! They are loaded like all others ([`crate::scenario::load_any`]): what is returned is complete
//! and in range, and whatever is wrong with a file is said at once, each thing with its place and
//! the way out.

mod model;
mod selection;
mod strategy;
mod strategy_kind;
mod validate;
mod workload;

pub use model::{Load, Model, Views};
pub use strategy::Strategy;
pub use strategy_kind::StrategyKind;
pub use workload::Workload;

use indexmap::IndexMap;

use crate::gate::Gates;
use crate::scenario::{Complete, Disk, Family, Finding, Seeds, Tables, Whole};

/// An aggregate scenario, checked and complete.
pub type Scenario = Complete<Model>;

impl Tables for Model {
    const FAMILY: Family = Family::Aggregate;

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
        ("views.own", "views."),
        ("database.file", "database."),
        ("disk.free_mib", "disk."),
        ("crash", "operator."),
        ("objective.transaction_mb", "crash"),
        ("objective.reader_p95_times", "objective.transaction_mb"),
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
