//! The tables `[strategies.…]` of a pipeline scenario: the orders of stages that are compared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::strategy_kind::StrategyKind;
use crate::scenario::{Compared, Role};

/// One order of the stages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PipelineStrategy")]
pub struct Strategy {
    /// Which stage begins when, and how the last one works.
    pub kind: StrategyKind,
    /// What it is in the comparison.
    #[serde(default)]
    pub role: Role,
}

impl Compared for Strategy {
    const MANY_BASELINES: bool = true;

    fn role(&self) -> Role {
        self.role
    }

    fn kind(&self) -> &'static str {
        self.kind.name()
    }

    fn cheats() -> impl Iterator<Item = &'static str> {
        StrategyKind::CHEATS.iter().map(|kind| kind.name())
    }
}
