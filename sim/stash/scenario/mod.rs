//! Scenario files of this family: those with a table `[stash]`.
//!
//! They are loaded like all others ([`crate::scenario::load_any`]): what is returned is complete
//! and in range, and whatever is wrong with a file is said at once, each thing with its place and
//! the way out.

mod model;
mod script;
mod selection;
mod strategy;
mod strategy_kind;
pub(crate) mod validate;
mod workload;

pub use model::{Fallback, Model, Requests, Stash};
pub use script::{Expect, Put, Take};
pub use strategy::Strategy;
pub use strategy_kind::StrategyKind;
pub use workload::Workload;
#[cfg(test)]
pub(super) use workload::mean_bytes;

use indexmap::IndexMap;

use crate::gate::Gates;
use crate::scenario::{Complete, Disk, Family, Finding, InVain, Seeds, Tables, Whole};

/// A stash scenario, checked and complete.
pub type Scenario = Complete<Model>;

impl Tables for Model {
    const FAMILY: Family = Family::Stash;

    fn findings(&self) -> Vec<Finding> {
        validate::findings(self)
    }

    fn disk(&self) -> Option<&Disk> {
        None
    }

    fn gates(&self) -> &Gates {
        &self.gates
    }

    fn gates_mut(&mut self) -> &mut Gates {
        &mut self.gates
    }

    fn in_vain(&self) -> Vec<InVain> {
        validate::in_vain(self)
    }
}

impl Whole for Model {
    type Strategy = Strategy;

    const OPTIONAL: &'static [(&'static str, &'static str)] = &[
        ("objective.fallbacks_of_immediate", "network."),
        ("objective.wait_p95_ms", "objective.fallbacks_of_immediate"),
        ("workloads", "objective.wait_p95_ms"),
        ("put", "workloads"),
        ("take", "put"),
        ("expect", "take"),
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
        None
    }
}

#[cfg(test)]
mod tests;
