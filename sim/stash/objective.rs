//! What strategies of a stash scenario are to reach.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What strategies are to reach, with the workloads of which it is asked. What is not given is not
/// asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "StashObjective")]
pub struct Objective {
    /// Results that found no room, over those of the strategy of kind `immediate`, at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallbacks_of_immediate: Option<f64>,
    /// The p95 of the time in line, of those who were in line, ms, at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_p95_ms: Option<f64>,
}
