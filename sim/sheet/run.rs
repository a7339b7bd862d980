//! All cells of a scenario, to be measured and reported.

use super::family::{Family, Observed};
use crate::execution::Settings;
use crate::measure::{Finding, Tone};
use crate::scenario::{Complete, Whole};

/// What ended, with what a reader has to know of the scenario.
#[derive(Clone, Debug)]
pub struct Run<F: Family> {
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
    pub objective: F::Objective,
    /// The cells: strategy by strategy, seed by seed, in the order of the file.
    pub outcomes: Vec<F::Outcome>,
    /// The same without anything that is compared, one for each seed; only where somebody waits.
    pub counterfactuals: Vec<F::Outcome>,
    /// Cells of the built-in controls, each in a small world of its own.
    pub controls: Vec<F::Outcome>,
    /// Whether nothing is missing: false when it was interrupted.
    pub complete: bool,
}

impl<F: Family> Run<F> {
    /// A run of `scenario` in which nothing has ended yet.
    pub(crate) fn empty<M: Whole>(
        scenario: &Complete<M>,
        objective: F::Objective,
        settings: &Settings,
    ) -> Self {
        Self {
            name: scenario.name.clone(),
            question: scenario.question.clone(),
            options: scenario.options_block(),
            scenario_hash: scenario.hash(),
            command: settings.command.clone(),
            objective,
            outcomes: Vec::new(),
            counterfactuals: Vec::new(),
            controls: Vec::new(),
            complete: false,
        }
    }

    /// Strategies of one seed must see the same plan, or no ratio means anything.
    #[must_use]
    pub fn unpaired(&self) -> Option<Finding> {
        let cells = self.outcomes.iter().chain(&self.counterfactuals);
        let cells = cells.map(Observed::base);
        let differs = self.outcomes.iter().map(Observed::base).find(|outcome| {
            let mut same = cells
                .clone()
                .filter(|other| other.seed == outcome.seed && other.workload == outcome.workload);
            same.any(|other| other.plan_hash != outcome.plan_hash)
        })?;
        let (seed, planned) = (differs.seed, F::PLANNED);
        Some(Finding {
            tone: Tone::Bad,
            strategy: None,
            sentence: format!(
                "With seed {seed} the strategies did not see the same {planned} (the plan hashes \
                 differ): they cannot be compared."
            ),
        })
    }
}
