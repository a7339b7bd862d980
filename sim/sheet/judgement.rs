//! The verdict of a run with everything it rests on, in sentences.

use super::docket::Docket;
use crate::measure::{Finding, Verdict};

/// The verdict of a run and everything it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The answer.
    pub verdict: Verdict,
    /// The answer in a sentence.
    pub headline: String,
    /// What to do now.
    pub next: String,
    /// The reasons: what is wrong, candidates, the others, controls, remarks.
    pub findings: Vec<Finding>,
    /// What the verdict rests on: which controls were caught, and what else a family watches.
    pub trust: Vec<String>,
}

impl Judgement {
    /// What `docket` comes to. `answer` gives headline and next action where they need figures;
    /// `findings` are those of the candidates and the others, in order.
    #[must_use]
    pub fn of(
        docket: &Docket<'_>,
        answer: impl FnOnce() -> (String, String),
        findings: Vec<Finding>,
    ) -> Self {
        let (headline, next) = match docket.answer() {
            Some((headline, next)) => (headline, next.to_owned()),
            None => answer(),
        };
        Self {
            verdict: docket.verdict(),
            headline,
            next,
            findings: [docket.broken(), findings].concat(),
            trust: vec![docket.controls().line()],
        }
    }
}
