//! One strategy with one seed, measured.
//!
//! Figures are of cells that finished with the right data: one that did not has none, however quick
//! it was. What does not exist is `None`, never 0.

use std::collections::BTreeMap;

use super::family::{Family, Observed};
use super::run::Run;
use super::standing::{Judged, Standing};
use crate::outcome::{Ending, Oracle};

/// One strategy with one seed.
#[derive(Clone, Debug)]
pub struct Cell<F: Family> {
    /// The seed.
    pub seed: u64,
    /// SHA-256 over the event log, hex.
    pub digest: String,
    /// SHA-256 over what was planned, hex.
    pub plan_hash: String,
    /// Whether every oracle passed.
    pub correct: bool,
    /// How it ended.
    pub ending: Ending,
    /// What is known of it whatever came of it.
    pub about: F::About,
    /// Its figures; `None` unless it finished with the right data.
    pub figures: Option<F::Figures>,
    /// Work the cell counted itself, by name.
    pub counters: BTreeMap<String, u64>,
    /// What must be true afterwards.
    pub oracles: Vec<Oracle>,
}

impl<F: Family> Cell<F> {
    /// The figures of `outcome`, measured against the cells of `beside`.
    #[must_use]
    pub fn of(outcome: &F::Outcome, beside: Option<&Run<F>>) -> Self {
        let base = outcome.base();
        let figures = outcome.whole().then(|| F::figures(outcome, beside));
        Self {
            seed: base.seed,
            digest: base.digest.to_owned(),
            plan_hash: base.plan_hash.to_owned(),
            correct: outcome.correct(),
            ending: base.ending.clone(),
            about: F::about(outcome),
            figures: figures.flatten(),
            counters: base.counters.clone(),
            oracles: base.oracles.to_vec(),
        }
    }

    /// A counter; `None` where it was never counted.
    #[must_use]
    pub fn counter(&self, name: &str) -> Option<u64> {
        self.counters.get(name).copied()
    }

    /// Where it stands, as a strategy of `role`.
    pub(super) fn standing(
        &self,
        role: crate::scenario::Role,
        objective: &F::Objective,
    ) -> Standing {
        let judged = Judged {
            role,
            oracles: &self.oracles,
            ending: &self.ending,
            termination: F::TERMINATION,
            meant: F::meant(&self.about),
            flawed: self.figures.as_ref().is_some_and(F::flawed),
        };
        match Standing::of(judged, &F::aims(self, objective)) {
            // It says it is done, and never ran.
            Standing::Sound | Standing::Meets if self.figures.is_none() => Standing::NoData {
                missing: vec!["makespan"],
            },
            standing => standing,
        }
    }
}
