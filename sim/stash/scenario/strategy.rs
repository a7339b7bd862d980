//! The tables `[strategies.…]` of a stash scenario: what is compared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::strategy_kind::StrategyKind;
use crate::scenario::{Compared, Role};

/// One way to hold results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StashStrategy")]
pub struct Strategy {
    /// Who is served when there is no room.
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
