//! What every report begins with, whatever kind of scenario it is about.

use crate::measure::{Finding, Verdict};

/// The question, the answer, and how to get it again.
#[derive(Clone, Debug)]
pub(crate) struct Head<'a> {
    /// The scenario's name.
    pub(crate) scenario: &'a str,
    /// What it asks.
    pub(crate) question: &'a str,
    /// SHA-256 over what shapes its results, hex.
    pub(crate) scenario_hash: &'a str,
    /// The command that repeats the run.
    pub(crate) command: &'a str,
    /// Whether every cell was run.
    pub(crate) complete: bool,
    /// The answer in a word.
    pub(crate) verdict: Verdict,
    /// The answer in a sentence.
    pub(crate) headline: &'a str,
    /// What to do now.
    pub(crate) next: &'a str,
    /// The reasons.
    pub(crate) findings: &'a [Finding],
    /// What the verdict rests on, line by line.
    pub(crate) trust: Vec<String>,
}
