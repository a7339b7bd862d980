//! Scenario files of this family: those with a table `[pipeline]`.
//!
//! They are loaded like all others ([`crate::scenario::load_any`]): what is returned is complete
//! and in range, and whatever is wrong with a file is said at once, each thing with its place and
//! the way out.

mod model;
mod resolved;
mod selection;
mod strategy;
mod strategy_kind;
pub(crate) mod validate;

pub use model::{Crash, Load, Model, Pipeline};
pub use strategy::Strategy;
pub use strategy_kind::StrategyKind;

use crate::disk::DeviceProfile;
use crate::scenario::{Common, Disk, Draft, Family, Finding, ScenarioError, Source, Tables};

/// A pipeline scenario, checked and complete.
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
        mut model,
        profile,
    } = Draft::<Model>::read(source).finish()?;
    let rate_per_s = model.client.rate_per_s.unwrap_or(model.upstream.rate_per_s);
    model.client.rate_per_s = Some(rate_per_s);
    Ok(Scenario {
        name: name.to_owned(),
        question,
        model,
        profile,
    })
}

impl Tables for Model {
    const FAMILY: Family = Family::Pipeline;

    fn findings(&self) -> Vec<Finding> {
        validate::findings(self)
    }

    fn disk(&self) -> &Disk {
        &self.disk
    }
}

#[cfg(test)]
mod tests;
