//! The controls that must be caught in every run.
//!
//! Oracles that see nothing pass everything. So beside the strategies a run has cheats, each with a
//! mistake that one oracle is meant to see; where one slips through, the run proves nothing.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::strategy::Compared;
use super::{Model, Strategy, StrategyKind};

/// Names of controls that must be caught: those that are built in, and strategies of the scenario
/// with `role = "control"`, which are controls anyhow. All built-in ones unless said; `[]` for none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct MustFail(pub Vec<String>);

impl Default for MustFail {
    fn default() -> Self {
        Self::all::<Strategy>()
    }
}

impl MustFail {
    /// All controls that are built in for strategies of a family.
    pub(crate) fn all<S: Compared>() -> Self {
        Self(S::cheats().map(str::to_owned).collect())
    }

    /// Whether the built-in control `name` is to be run: it is listed, and no strategy of the same
    /// name takes its place.
    pub(crate) fn runs<S>(&self, name: &str, strategies: &IndexMap<String, S>) -> bool {
        self.0.iter().any(|one| one == name) && !strategies.contains_key(name)
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
