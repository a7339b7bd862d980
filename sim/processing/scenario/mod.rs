//! Scenario files of this family: those with a table `[items]`.
//!
//! They are loaded like all others ([`crate::scenario::load_any`]): what is returned is complete
//! and in range, and whatever is wrong with a file is said at once, each thing with its place and
//! the way out.

mod disturbance;
mod model;
mod objective;
mod selection;
mod strategies;
mod strategy;
mod strategy_kind;
pub(crate) mod validate;

pub use disturbance::{Crash, Lock, Outage, Poison, RollBack};
pub use model::{Budget, Effect, Items, Load, Model, Phases};
pub use strategy::Strategy;
pub use strategy_kind::StrategyKind;

use indexmap::IndexMap;

use crate::gate::Gates;
use crate::scenario::{Complete, Disk, Family, Finding, InVain, Seeds, Tables, Whole};

/// A processing scenario, checked and complete.
pub type Scenario = Complete<Model>;

impl Tables for Model {
    const FAMILY: Family = Family::Processing;

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

    fn in_vain(&self) -> Vec<InVain> {
        validate::in_vain(self)
    }
}

impl Whole for Model {
    type Strategy = Strategy;

    const OPTIONAL: &'static [(&'static str, &'static str)] = &[
        ("database.file", "database."),
        ("disk.free_mib", "disk."),
        ("outage", "network."),
        ("lock", "outage"),
        ("roll_back", "lock"),
        ("poison", "roll_back"),
        ("crash", "poison"),
        ("objective.times_synchronous", "crash"),
        ("objective.times_wipe", "objective.times_synchronous"),
        ("objective.reread_of_wipe", "objective.times_wipe"),
        (
            "objective.objects_of_count_only",
            "objective.reread_of_wipe",
        ),
        (
            "objective.recovery_times",
            "objective.objects_of_count_only",
        ),
        ("objective.reader_p95_times", "objective.recovery_times"),
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
