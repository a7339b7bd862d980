//! Everything one command simulated, and nothing about when or where it ran.

use super::subject::Subject;
use crate::outcome::Outcome;
use crate::scenario::Scenario;

/// Everything one command simulated.
#[derive(Clone, Debug)]
pub struct Run {
    /// What was asked.
    pub scenario: Scenario,
    /// SHA-256 over the resolved scenario, hex.
    pub scenario_hash: String,
    /// The command that repeats the run.
    pub command: String,
    /// One per strategy, in the scenario's order, and seed.
    pub outcomes: Vec<Outcome>,
    /// The same traffic with no backfill: one per seed.
    pub counterfactuals: Vec<Outcome>,
    /// Built-in controls: one each, with the first seed.
    pub controls: Vec<Outcome>,
    /// Whether every cell was run; an interrupted run is not judged.
    pub complete: bool,
}

impl Run {
    /// The run without a backfill of `seed`.
    #[must_use]
    pub fn counterfactual(&self, seed: u64) -> Option<&Outcome> {
        self.counterfactuals
            .iter()
            .find(|outcome| outcome.seed == seed)
    }

    /// The outcomes of `strategy`, one per seed.
    pub fn outcomes_of<'a>(&'a self, strategy: &'a str) -> impl Iterator<Item = &'a Outcome> {
        self.outcomes
            .iter()
            .filter(move |outcome| outcome.strategy == strategy)
    }

    /// The strategies that have an outcome, in the order of the scenario.
    #[must_use]
    pub fn strategies(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for outcome in &self.outcomes {
            if !names.contains(&outcome.strategy.as_str()) {
                names.push(&outcome.strategy);
            }
        }
        names
    }

    /// Whom the objective is about.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        Subject::of(&self.scenario.model.objective)
    }

    /// What they are promised, the 95th percentile in nanoseconds.
    #[must_use]
    pub const fn objective_ns(&self) -> u64 {
        let objective = &self.scenario.model.objective;
        let p95_ms = match objective.writer_p95_ms {
            Some(writer_p95_ms) => writer_p95_ms,
            None => objective.reader_p95_ms,
        };
        p95_ms * 1_000_000
    }

    /// The longest wait that is acceptable once, in nanoseconds.
    #[must_use]
    pub const fn one_wait_ns(&self) -> u64 {
        self.scenario.model.objective.one_wait_ms * 1_000_000
    }
}
