//! What is done to a listing backfill under way, when a scenario says so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::Stop;

/// Stops the backfill when it has stored so many pages, and starts it again until it is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crash {
    /// After which page, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_page: Option<u64>,
    /// Whether every run is stopped after the first page with objects on it that it stores, until
    /// nothing is left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub every_page: bool,
    /// How long until it is started again, in seconds.
    #[serde(default = "five_seconds")]
    pub resume_after_s: f64,
    /// Whether it is asked to stop, or killed.
    #[serde(default = "killed")]
    pub how: Stop,
}

const fn five_seconds() -> f64 {
    5.0
}

const fn killed() -> Stop {
    Stop::Killed
}

/// Cuts the database's host off from the API for a while: nothing gets through, and nobody is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// When, in seconds after the backfill's start.
    pub after_s: f64,
    /// For how long, in seconds.
    pub for_s: f64,
}
