//! What strategies of a pipeline scenario are to reach.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What strategies are to reach. What is not given is not asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "PipelineObjective")]
pub struct Objective {
    /// How many times as quick as the strategy of kind `one-after-another`, at the least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times_one_after_another: Option<f64>,
    /// The readers' p95 over what it is without any stage, at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader_p95_times: Option<f64>,
}
