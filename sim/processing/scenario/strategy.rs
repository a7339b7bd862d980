//! The tables `[strategies.…]` of a processing scenario: the ways to write that are compared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::strategy_kind::StrategyKind;
use crate::scenario::{Compared, Role};

/// One way to write what was processed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProcessingStrategy")]
pub struct Strategy {
    /// How what was processed is written.
    pub kind: StrategyKind,
    /// What it is in the comparison.
    #[serde(default)]
    pub role: Role,
    /// Objects it may hold; `budget.objects` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<u64>,
    /// MiB it may hold; `budget.mib` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mib: Option<u64>,
    /// How efficient writing is to be, in percent, with `kind = "store"`: no more waits to be
    /// written than that takes. All the budget has room for unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub efficiency_percent: Option<u8>,
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
