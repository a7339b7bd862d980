//! What every report begins with, whatever kind of scenario it is about.

use crate::gate::{self, Judged};
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
    /// What its gates came to.
    pub(crate) gates: &'a [Judged],
}

impl Head<'_> {
    /// What stands beneath the findings: what the verdict rests on, and the gates.
    pub(crate) fn remarks(&self) -> impl Iterator<Item = String> {
        self.trust.iter().cloned().chain(gate::line(self.gates))
    }

    /// The answer as programs read it: a gate that does not hold fails a run that is right.
    pub(crate) fn answer(&self) -> &'static str {
        let failed = |one: &Judged| one.verdict == gate::Verdict::Fail;
        match self.verdict {
            Verdict::Pass | Verdict::ObjectiveMissed if self.gates.iter().any(failed) => {
                Verdict::Fail.name()
            }
            verdict => verdict.name(),
        }
    }
}
