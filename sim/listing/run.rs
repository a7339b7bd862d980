//! All cells of a listing scenario, to be measured and reported.

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
    /// The cells: shape by shape, strategy by strategy, seed by seed, in the order of the file.
    pub outcomes: Vec<Outcome>,
    /// The same without a backfill, one for each shape and seed; only where somebody reads.
    pub counterfactuals: Vec<Outcome>,
    /// Cells of the built-in controls, each in a small world of its own.
    pub controls: Vec<Outcome>,
    /// Whether nothing is missing: false when it was interrupted.
    pub complete: bool,
}

/// What strategies are to reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ListingObjective")]
pub struct Objective {
    /// Duration over floor, at the most, where there are more than `small_pages` pages.
    pub times_floor: f64,
    /// Calls that brought nothing new, in percent of all, at the most, where there are as many.
    pub wasted_percent: f64,
    /// Up to so many pages a start costs more than the pages: there the duration is compared with
    /// the best of all strategies.
    pub small_pages: u64,
    /// Duration over that of the best strategy, at the most, up to `small_pages` pages.
    pub times_best: f64,
    /// The readers' p95 over what it is without a backfill, at the most; only where somebody reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader_p95_times: Option<f64>,
}

impl Default for Objective {
    fn default() -> Self {
        Self {
            times_floor: 1.02,
            wasted_percent: 1.0,
            small_pages: 50,
            times_best: 1.25,
            reader_p95_times: None,
        }
    }
}
