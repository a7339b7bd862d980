//! The controls that must be caught in every run.
//!
//! Oracles that see nothing pass everything. So beside the strategies a run has cheats, each with a
//! mistake that one oracle is meant to see; where one slips through, the run proves nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Model, StrategyKind};

/// Names of controls that must be caught: those that are built in, and strategies of the scenario
/// with `role = "control"`, which are controls anyhow. All built-in ones unless said; `[]` for none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct MustFail(pub Vec<String>);

impl Default for MustFail {
    fn default() -> Self {
        Self(built_in().map(str::to_owned).collect())
    }
}

/// The names of the built-in controls: those of their kinds.
pub(super) fn built_in() -> impl Iterator<Item = &'static str> {
    StrategyKind::CHEATS.iter().map(|kind| kind.name())
}

impl Model {
    /// The built-in controls to run. A strategy of the same name takes the place of one.
    #[must_use]
    pub fn controls(&self) -> Vec<StrategyKind> {
        let listed = |kind: &StrategyKind| {
            let name = kind.name();
            self.must_fail.0.iter().any(|one| one == name) && !self.strategies.contains_key(name)
        };
        StrategyKind::CHEATS.into_iter().filter(listed).collect()
    }
}
