//! What gates know of a run: its `summary.json`, of whatever family it is.

use serde::Deserialize;
use serde_json::Value;

/// What a gate reads of a run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The scenario's name.
    pub scenario: String,
    /// SHA-256, hex, of what shapes its results.
    pub scenario_hash: String,
    /// Strategies with what they were given to do; without controls, which are there to be wrong.
    pub subjects: Vec<Subject>,
}

/// A strategy with what it was given to do.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its name in the scenario.
    pub strategy: String,
    /// What it was given to do, or the shape of the data; empty where there is one.
    pub workload: String,
    /// Whether it is judged where a gate names no strategy.
    pub candidate: bool,
    /// One per seed.
    pub cells: Vec<Cell>,
}

/// A strategy with a seed.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The seed.
    pub seed: u64,
    /// SHA-256 over its event log, hex.
    pub digest: String,
    /// SHA-256 over what was planned for it, hex.
    pub plan_hash: String,
    /// Whether every oracle passed.
    pub correct: bool,
    /// All there is of it.
    pub record: Value,
}

impl Subject {
    /// What it is called where it stands beside others.
    #[must_use]
    pub fn title(&self) -> String {
        crate::sheet::title(&self.strategy, &self.workload)
    }

    /// Its cell of `seed`.
    #[must_use]
    pub fn cell(&self, seed: u64) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.seed == seed)
    }
}

#[derive(Deserialize)]
struct Document {
    scenario: String,
    scenario_hash: String,
    strategies: Vec<Strategy>,
}

#[derive(Deserialize)]
struct Strategy {
    name: String,
    strategy: Option<String>,
    workload: Option<String>,
    role: String,
    cells: Vec<Value>,
}

#[derive(Deserialize)]
struct Keys {
    shape: Option<String>,
    seed: u64,
    digest: String,
    plan_hash: String,
    correct: bool,
}

impl Summary {
    /// Reads the document of a run.
    ///
    /// # Errors
    /// If it lacks what every family writes.
    pub fn read(document: &Value) -> Result<Self, serde_json::Error> {
        let document = Document::deserialize(document)?;
        let mut subjects: Vec<Subject> = Vec::new();
        for one in document.strategies {
            if one.role == "control" {
                continue;
            }
            let strategy = one.strategy.unwrap_or(one.name);
            for record in one.cells {
                let keys = Keys::deserialize(&record)?;
                let workload = one.workload.clone().or(keys.shape).unwrap_or_default();
                let same = |subject: &&mut Subject| {
                    subject.strategy == strategy && subject.workload == workload
                };
                let cell = Cell {
                    seed: keys.seed,
                    digest: keys.digest,
                    plan_hash: keys.plan_hash,
                    correct: keys.correct,
                    record,
                };
                match subjects.iter_mut().find(same) {
                    Some(subject) => subject.cells.push(cell),
                    None => subjects.push(Subject {
                        strategy: strategy.clone(),
                        workload,
                        candidate: one.role == "candidate",
                        cells: vec![cell],
                    }),
                }
            }
        }
        Ok(Self {
            scenario: document.scenario,
            scenario_hash: document.scenario_hash,
            subjects,
        })
    }

    /// Each seed once, in order.
    #[must_use]
    pub fn seeds(&self) -> Vec<u64> {
        let cells = self.subjects.iter().flat_map(|subject| &subject.cells);
        let mut seeds: Vec<u64> = cells.map(|cell| cell.seed).collect();
        seeds.sort_unstable();
        seeds.dedup();
        seeds
    }

    /// The strategy of this name with this to do.
    #[must_use]
    pub fn subject(&self, strategy: &str, workload: &str) -> Option<&Subject> {
        let mut all = self.subjects.iter();
        all.find(|one| one.strategy == strategy && one.workload == workload)
    }
}
