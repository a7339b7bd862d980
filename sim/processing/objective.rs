//! What strategies of a processing scenario are to reach.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What strategies are to reach. What is not given is not asked for; a figure that is compared
/// with a kind of strategy the scenario does not have cannot be given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ProcessingObjective")]
pub struct Objective {
    /// Items per second over those of the strategy of kind `synchronous`, at the least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times_synchronous: Option<f64>,
    /// Items per second over those of the strategy of kind `wipe`, at the least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times_wipe: Option<f64>,
    /// Rows read again after they were forgotten, over those of the strategy of kind `wipe`, at the
    /// most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reread_of_wipe: Option<f64>,
    /// Objects held at the most over those of the strategy of kind `count-only`, at the most; asked
    /// of candidates with `efficiency_percent`, because any other may fill its budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects_of_count_only: Option<f64>,
    /// Time from the end of the last outage until nothing of it is left to write, over the time the
    /// writes of that backlog took by themselves, at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_times: Option<f64>,
    /// The readers' p95 over what it is without any processing, at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader_p95_times: Option<f64>,
}
