//! All cells of a processing scenario, to be measured and reported.

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
    /// The same without any processing, one for each seed; only where somebody reads.
    pub counterfactuals: Vec<Outcome>,
    /// Cells of the built-in controls, each in a small world of its own.
    pub controls: Vec<Outcome>,
    /// Whether nothing is missing: false when it was interrupted.
    pub complete: bool,
}

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
