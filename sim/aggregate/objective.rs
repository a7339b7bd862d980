//! What strategies of an aggregate scenario are to reach.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What strategies are to reach. What is not given is not asked for. That counts are right is no
/// objective: it is asked of every strategy, by oracles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "AggregateObjective")]
pub struct Objective {
    /// What the largest transaction reads from files and writes to them, at the most, MB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_mb: Option<f64>,
    /// The readers' p95 over what it is without any rebuild, at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader_p95_times: Option<f64>,
}
