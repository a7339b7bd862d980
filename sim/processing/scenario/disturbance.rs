//! What is done to a processing under way, when a scenario says so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A time in which every write to the disk fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProcessingOutage")]
pub struct Outage {
    /// When it begins, in seconds after the start of the processing.
    pub after_s: f64,
    /// How long it lasts, in seconds.
    pub for_s: f64,
}

/// A time in which somebody else has the database locked for writing, so that a write under way
/// stalls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// When it begins, in seconds after the start of the processing.
    pub after_s: f64,
    /// How long it lasts, in seconds.
    pub for_s: f64,
}

/// Processing has to go back: what it took for the items after `to_item` was not what happened.
/// What comes instead is as many items, and others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RollBack {
    /// After which item it is noticed.
    pub at_item: u64,
    /// The last item that counts.
    pub to_item: u64,
}

/// Items whose rows their table refuses, evenly spread over all items.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Poison {
    /// Items with a NUL character in a text, which the table does not take; without it the row is
    /// taken.
    pub with_nul: u64,
    /// Items with a row that the table does not take in any form.
    pub refused: u64,
}

/// Kills the processing when it has made so many writes, and starts it again until it is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProcessingCrash")]
pub struct Crash {
    /// After which write, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_write: Option<u64>,
    /// Whether every run is killed after its first write, until nothing is left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub every_write: bool,
    /// How long until it is started again, in seconds.
    #[serde(default = "fifteen_seconds")]
    pub resume_after_s: f64,
}

const fn fifteen_seconds() -> f64 {
    15.0
}
