//! What a gate came to for one strategy: as `summary.json` has it, and as a word.

use serde::Serialize;

use super::table::Severity;

/// What a gate came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not, and is only to be shown.
    Warn,
    /// It does not.
    Fail,
    /// There is no figure to judge, which is no pass.
    NoData,
    /// There are too few requests or seeds to tell.
    Insufficient,
}

/// What became of a figure since it was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Every event is the same.
    Identical,
    /// Events differ, and the figure is within its tolerance.
    Changed,
    /// Clearly better, and by more than the tolerance.
    Improved,
    /// Clearly worse, and by more than the tolerance.
    Regressed,
    /// Seeds differ by more than the tolerance, so that nobody can tell.
    Unstable,
}

/// A figure as programs read it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Actual {
    /// Nanoseconds, or a count.
    Whole(u64),
    /// A share, or so many times as much.
    Ratio(f64),
}

/// What a gate came to for one strategy with what it was given to do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// What has to hold.
    pub expect: String,
    /// Whether it does.
    pub verdict: Verdict,
    /// The figure: that of the worst seed, or against a baseline the mean of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<Actual>,
    /// Where the gate stands, as in `scenarios/smoke.toml:31`.
    #[serde(rename = "where")]
    pub place: String,
    /// What a breach means.
    pub severity: Severity,
    /// Whom it is about.
    pub strategy: String,
    /// What that was given to do, where there are several such things.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workload: String,
    /// Against a baseline: what became of the figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Against a baseline: the test, where one was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
    /// The figures in words.
    pub detail: String,
    /// Why it has to hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Against a baseline: where the event logs part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divergence: Option<String>,
    /// The seed that shows it best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// A paired test over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Test {
    /// The 95 % confidence interval of the ratio.
    pub low: f64,
    /// Its other end.
    pub high: f64,
    /// The least ratio above 1 that could have been told from 1.
    pub detectable: f64,
    /// The probability of so much if nothing had changed, after Holm.
    pub p: f64,
    /// The comparisons that were made in this run.
    pub comparisons: usize,
}

impl Verdict {
    /// As it is shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
            Self::NoData => "NO DATA",
            Self::Insufficient => "INSUFFICIENT",
        }
    }

    /// What a gate of `severity` that does not hold comes to.
    pub(super) const fn breach(severity: Severity) -> Self {
        match severity {
            Severity::Fail => Self::Fail,
            Severity::Warn => Self::Warn,
        }
    }
}

impl Change {
    /// In a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Changed => "changed",
            Self::Improved => "improved",
            Self::Regressed => "regressed",
            Self::Unstable => "unstable",
        }
    }
}

impl Judged {
    /// Whether it holds.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.verdict == Verdict::Pass
    }

    /// Whom it is about, with what that was given to do.
    #[must_use]
    pub fn title(&self) -> String {
        crate::sheet::title(&self.strategy, &self.workload)
    }
}

/// All gates in a line: how many came to what, and what was expected where one does not hold.
#[must_use]
pub fn line(gates: &[Judged]) -> Option<String> {
    if gates.is_empty() {
        return None;
    }
    let all = [
        (Verdict::Pass, "passed"),
        (Verdict::Warn, "warned"),
        (Verdict::Fail, "FAILED"),
        (Verdict::NoData, "had no data"),
        (Verdict::Insufficient, "had too little to judge"),
    ];
    let parts = all.iter().filter_map(|(verdict, word)| {
        let of_it: Vec<&Judged> = gates
            .iter()
            .filter(|gate| gate.verdict == *verdict)
            .collect();
        let which = |gate: &&Judged| format!("{} of {}", gate.expect, gate.title());
        match of_it.as_slice() {
            [] => None,
            some if *verdict == Verdict::Pass => Some(format!("{} {word}", some.len())),
            some => {
                let which: Vec<String> = some.iter().map(which).collect();
                Some(format!("{} {word} ({})", some.len(), which.join("; ")))
            }
        }
    });
    let parts: Vec<String> = parts.collect();
    Some(format!("gates: {}", parts.join(", ")))
}
