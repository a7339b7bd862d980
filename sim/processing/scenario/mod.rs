//! Scenario files of this family: those with a table `[items]`.
//!
//! They are loaded like all others ([`crate::scenario::load_any`]): what is returned is complete
//! and in range, and whatever is wrong with a file is said at once, each thing with its place and
//! the way out.

mod disturbance;
mod model;
mod objective;
mod resolved;
mod selection;
mod strategies;
mod strategy;
mod strategy_kind;
pub(crate) mod validate;

pub use disturbance::{Crash, Lock, Outage, Poison, RollBack};
pub use model::{Budget, Effect, Items, Load, Model, Phases};
pub use strategy::Strategy;
pub use strategy_kind::StrategyKind;

use crate::disk::DeviceProfile;
use crate::scenario::{
    Common, Disk, Draft, Family, Finding, InVain, ScenarioError, Source, Tables,
};

/// A processing scenario, checked and complete.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's stem, or what was asked for.
    pub name: String,
    /// The first comment line of the file.
    pub question: String,
    /// What the file says, with `--set` applied and defaults filled in.
    pub model: Model,
    /// The device profile that `disk.profile` names.
    pub profile: DeviceProfile,
}

/// Checks the text of the scenario `name`.
pub(crate) fn check(name: &str, source: Source) -> Result<Scenario, ScenarioError> {
    let Common {
        question,
        model,
        profile,
    } = Draft::<Model>::read(source).finish()?;
    Ok(Scenario {
        name: name.to_owned(),
        question,
        model,
        profile,
    })
}

impl Tables for Model {
    const FAMILY: Family = Family::Processing;

    fn findings(&self) -> Vec<Finding> {
        validate::findings(self)
    }

    fn disk(&self) -> &Disk {
        &self.disk
    }

    fn in_vain(&self) -> Vec<InVain> {
        validate::in_vain(self)
    }
}

#[cfg(test)]
mod tests;
