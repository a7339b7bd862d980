//! Which stage begins when, and which oracle is meant to catch an order that is wrong.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pipeline::oracle_names::SAME_ROWS;

/// Which stage begins when, and how the last one works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "PipelineStrategyKind")]
pub enum StrategyKind {
    /// What was listed is processed while listing goes on; deriving begins when both are done.
    Pipelined,
    /// Each stage begins when the one before it is done.
    OneAfterAnother,
    /// As `one-after-another`, and deriving is one UPDATE over everything.
    SingleTransaction,
    /// Deriving begins when listing is done, while processing still adds rows: a mistake that must
    /// be caught.
    DeriveEarly,
}

impl StrategyKind {
    /// Those that are here to be caught, and nothing else.
    pub const CHEATS: [Self; 1] = [Self::DeriveEarly];

    /// Its name in a scenario file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pipelined => "pipelined",
            Self::OneAfterAnother => "one-after-another",
            Self::SingleTransaction => "single-transaction",
            Self::DeriveEarly => "derive-early",
        }
    }

    /// The oracle that has to catch it; `None` for what is not known to be wrong.
    #[must_use]
    pub const fn meant_oracle(self) -> Option<&'static str> {
        match self {
            Self::Pipelined | Self::OneAfterAnother | Self::SingleTransaction => None,
            Self::DeriveEarly => Some(SAME_ROWS),
        }
    }
}
