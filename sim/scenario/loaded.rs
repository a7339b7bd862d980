//! A scenario of any family, and what whoever runs it asks of all of them.

use super::{Disk, Scenario, Seeds, UnknownStrategy, scenario_hash};
use crate::aggregate::scenario as aggregate;
use crate::disk::DeviceProfile;
use crate::gate::Held;
use crate::listing::scenario as listing;
use crate::pipeline::scenario as pipeline;
use crate::processing::scenario as processing;
use crate::stash::scenario as stash;

/// A scenario of any family.
#[derive(Clone, Debug)]
pub enum Loaded {
    /// Rows that are there are backfilled.
    Columns(Box<Scenario>),
    /// A database is filled from a list API.
    Listing(Box<listing::Scenario>),
    /// Items are processed, and what becomes of them is written behind it.
    Processing(Box<processing::Scenario>),
    /// A history is listed, processed and derived from.
    Pipeline(Box<pipeline::Scenario>),
    /// Results wait to be fetched.
    Stash(Box<stash::Scenario>),
    /// Counts over rows that are there are rebuilt.
    Aggregate(Box<aggregate::Scenario>),
}

/// The same of a scenario, whatever family it is of.
macro_rules! of_any {
    ($loaded:expr, $scenario:ident => $what:expr) => {
        match $loaded {
            Loaded::Columns($scenario) => $what,
            Loaded::Listing($scenario) => $what,
            Loaded::Processing($scenario) => $what,
            Loaded::Pipeline($scenario) => $what,
            Loaded::Stash($scenario) => $what,
            Loaded::Aggregate($scenario) => $what,
        }
    };
}

impl Loaded {
    /// The file's stem, or what was asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        of_any!(self, scenario => &scenario.name)
    }

    /// The first comment line of the file.
    #[must_use]
    pub fn question(&self) -> &str {
        of_any!(self, scenario => &scenario.question)
    }

    /// The disk the database lies on and the device profile that it names; `None` where there is
    /// no database.
    #[must_use]
    pub fn device(&self) -> Option<(&Disk, &DeviceProfile)> {
        Some(match self {
            Self::Columns(scenario) => (&scenario.model.disk, &scenario.profile),
            Self::Listing(scenario) => (&scenario.model.disk, &scenario.profile),
            Self::Processing(scenario) => (&scenario.model.disk, scenario.profile()),
            Self::Pipeline(scenario) => (&scenario.model.disk, scenario.profile()),
            Self::Stash(_) => return None,
            Self::Aggregate(scenario) => (&scenario.model.disk, scenario.profile()),
        })
    }

    /// What it is held to; `places` says where each gate stands.
    #[must_use]
    pub fn held(&self, places: &[String]) -> Held {
        of_any!(self, scenario => Held::of(&scenario.model, places))
    }

    /// The seeds to run.
    pub fn seeds_mut(&mut self) -> &mut Seeds {
        of_any!(self, scenario => &mut scenario.model.seeds)
    }

    /// Every option as (dotted path, value), defaults included.
    #[must_use]
    pub fn options_block(&self) -> Vec<(String, String)> {
        of_any!(self, scenario => scenario.options_block())
    }

    /// The scenario as a file that says everything, defaults included.
    #[must_use]
    pub fn to_toml(&self) -> String {
        of_any!(self, scenario => scenario.to_toml())
    }

    /// SHA-256, hex, of what shapes its results.
    #[must_use]
    pub fn hash(&self) -> String {
        match self {
            Self::Columns(scenario) => scenario_hash(scenario),
            Self::Listing(scenario) => scenario.hash(),
            Self::Processing(scenario) => scenario.hash(),
            Self::Pipeline(scenario) => scenario.hash(),
            Self::Stash(scenario) => scenario.hash(),
            Self::Aggregate(scenario) => scenario.hash(),
        }
    }

    /// Keeps the strategies of these names, in the order of the file; all if none is named.
    ///
    /// # Errors
    ///
    /// When the scenario lacks one of them.
    pub fn keep_strategies(&mut self, names: &[String]) -> Result<(), UnknownStrategy> {
        of_any!(self, scenario => scenario.keep_strategies(names))
    }
}
