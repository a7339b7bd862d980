//! All cells of a pipeline scenario, to be measured and reported.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::Outcome;

/// What ended, with what a reader has to know of the scenario.
#[derive(Clone, Debug)]
pub struct Run {
    /// The scenario's name.
    pub name: String,
    /// The question it answers.
    pub question: String,
    /// Every option, as it was, in the order they are shown.
    pub options: Vec<(String, String)>,
    /// SHA-256 over what shapes its results, hex.
    pub scenario_hash: String,
    /// The command that repeats it.
    pub command: String,
    /// What strategies are to reach.
    pub objective: Objective,
    /// The cells: strategy by strategy, seed by seed, in the order of the file.
    pub outcomes: Vec<Outcome>,
    /// The same without any stage, one for each seed; only where somebody reads or adds.
    pub counterfactuals: Vec<Outcome>,
    /// Cells of the built-in controls, each in a small world of its own.
    pub controls: Vec<Outcome>,
    /// Whether nothing is missing: false when it was interrupted.
    pub complete: bool,
}

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
