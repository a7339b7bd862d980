//! A scenario of any family, and what whoever runs it asks of all of them.

use super::{Scenario, Seeds, UnknownStrategy};
use crate::listing::scenario as listing;

/// A scenario of any family.
#[derive(Clone, Debug)]
pub enum Loaded {
    /// Rows that are there are backfilled.
    Columns(Box<Scenario>),
    /// A database is filled from a list API.
    Listing(Box<listing::Scenario>),
}

impl Loaded {
    /// The file's stem, or what was asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Columns(scenario) => &scenario.name,
            Self::Listing(scenario) => &scenario.name,
        }
    }

    /// The first comment line of the file.
    #[must_use]
    pub fn question(&self) -> &str {
        match self {
            Self::Columns(scenario) => &scenario.question,
            Self::Listing(scenario) => &scenario.question,
        }
    }

    /// The seeds to run.
    pub fn seeds_mut(&mut self) -> &mut Seeds {
        match self {
            Self::Columns(scenario) => &mut scenario.model.seeds,
            Self::Listing(scenario) => &mut scenario.model.seeds,
        }
    }

    /// Every option as (dotted path, value), defaults included.
    #[must_use]
    pub fn options_block(&self) -> Vec<(String, String)> {
        match self {
            Self::Columns(scenario) => scenario.options_block(),
            Self::Listing(scenario) => scenario.options_block(),
        }
    }

    /// Keeps the strategies of these names, in the order of the file; all if none is named.
    ///
    /// # Errors
    ///
    /// When the scenario lacks one of them.
    pub fn keep_strategies(&mut self, names: &[String]) -> Result<(), UnknownStrategy> {
        match self {
            Self::Columns(scenario) => scenario.keep_strategies(names),
            Self::Listing(scenario) => scenario.keep_strategies(names),
        }
    }
}
