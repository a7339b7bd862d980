//! The tables `[strategies.…]` of a listing scenario: the ways to list that are compared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::Client;
use super::strategy_kind::StrategyKind;
use crate::scenario::{Compared, Role};

/// One way to list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ListingStrategy")]
pub struct Strategy {
    /// How objects are listed.
    pub kind: StrategyKind,
    /// What it is in the comparison.
    #[serde(default)]
    pub role: Role,
    /// Into how many equal segments the range is cut, with `kind = "fixed"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<u32>,
    /// Into how many parts the rest of a segment is cut after every page, with
    /// `kind = "recursive"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ways: Option<u32>,
    /// Calls under way at a time, at the most; `client.slots` unless said, with `kind = "fixed"`
    /// as many as segments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<u32>,
    /// Calls to begin with, before anything is known of where the objects lie, with
    /// `kind = "adaptive"`; as many as slots unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blind: Option<u32>,
}

impl Strategy {
    /// Calls under way at a time, at the most, where `client` says nothing else.
    #[must_use]
    pub fn slots(&self, client: &Client) -> u32 {
        match (self.slots, self.kind, self.segments) {
            (_, StrategyKind::Sequential, _) => 1,
            (Some(slots), ..) | (None, StrategyKind::Fixed, Some(slots)) => slots,
            (None, ..) => client.slots,
        }
    }
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
