//! What a scenario came to when somebody last looked at it and said so: `reports/baselines/*.json`.
//!
//! Runs are held against these files, which are reviewed, and never against the run before: small
//! steps in one direction would all pass. The text is canonical (sorted keys, whole numbers, one
//! figure a line), so that a pull request shows which figure went where.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::metric::Metric;
use super::summary::{Cell, Summary};
use super::trail::Trail;
use super::witness::Witness;
use crate::versions;

/// How percentiles are taken, which figures depend on: `x_(ceil(q·n))` on exact values.
const PERCENTILE_RULE: &str = "nearest-rank";
/// The form of these files: a key that goes or means something else is a new version.
const SCHEMA_VERSION: u32 = 1;

/// A run as it was accepted. Keys are sorted, as they are in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    percentile_rule: String,
    /// The versions that shape a result, by name.
    provenance: BTreeMap<String, String>,
    scenario: String,
    scenario_hash: String,
    schema_version: u32,
    /// The seeds, in order: a gate runs these.
    pub seeds: Vec<u64>,
    strategies: Vec<Kept>,
}

/// A strategy with what it was given to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    cells: Vec<KeptCell>,
    strategy: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    workload: String,
}

/// A cell as it was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptCell {
    /// SHA-256 over its event log, hex.
    pub digest: String,
    /// Its figures, by the names that gates call them: ns, counts, or billionths.
    pub metrics: BTreeMap<String, u64>,
    /// SHA-256 over what was planned for it, hex.
    pub plan_hash: String,
    /// The seed.
    pub seed: u64,
    /// Where its event log led.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trail: Option<Trail>,
}

/// What a baseline is to be a baseline of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected<'a> {
    /// The scenario's hash, with the seeds it is run with.
    pub scenario_hash: &'a str,
    /// Those seeds, in order.
    pub seeds: &'a [u64],
    /// Whether other versions of what shapes a result are let pass.
    pub any_provenance: bool,
}

/// Why a run cannot be held against a baseline.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum BaselineError {
    /// There is none.
    #[error("scenario `{scenario}` has no baseline: there is no {}", path.display())]
    Missing {
        /// The scenario.
        scenario: String,
        /// Where it would be.
        path: PathBuf,
        /// The command that makes one.
        #[help]
        help: String,
    },
    /// It cannot be read, or is not of this form.
    #[error("cannot read the baseline {}: {why}", path.display())]
    Unreadable {
        /// Where it lies.
        path: PathBuf,
        /// Why.
        why: String,
        /// The command that makes another.
        #[help]
        help: String,
    },
    /// It is of something else.
    #[error("the baseline of `{scenario}` is of another run:\n{}", differences.join("\n"))]
    Incompatible {
        /// The scenario.
        scenario: String,
        /// Field by field, what it is there and here.
        differences: Vec<String>,
        /// The command that makes another.
        #[help]
        help: String,
    },
}

/// The versions that shape a result. The machine is none of them: what is not a whole number goes
/// through `libm`, which is the same everywhere.
fn provenance() -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = ["libm", "rand_chacha", "rusqlite", "turmoil"]
        .into_iter()
        .map(|name| (name.to_owned(), versions::locked(name).to_owned()))
        .collect();
    all.insert("sqlite".to_owned(), versions::sqlite().to_owned());
    all
}

/// The command that accepts what a scenario comes to now.
#[must_use]
pub fn accept_command(scenario: &str) -> String {
    format!("cargo sim baseline accept {scenario} --reason \"…\"")
}

impl Baseline {
    /// Where the baseline of `scenario` lies in the folder of baselines.
    #[must_use]
    pub fn path(folder: &Path, scenario: &str) -> PathBuf {
        folder.join(format!("{scenario}.json"))
    }

    /// What a run came to, to be accepted: the figures in `metrics`, as far as a cell has them.
    #[must_use]
    pub fn of(summary: &Summary, metrics: &[Metric], witness: &Witness) -> Self {
        let cell = |cell: &Cell| {
            let figures = metrics.iter().filter_map(|metric| {
                let figure = metric.read(&cell.record)?;
                Some((metric.name.clone(), figure))
            });
            KeptCell {
                digest: cell.digest.clone(),
                metrics: figures.collect(),
                plan_hash: cell.plan_hash.clone(),
                seed: cell.seed,
                trail: witness.traced(&cell.digest).map(|traced| traced.trail),
            }
        };
        let strategies = summary.subjects.iter().map(|subject| Kept {
            cells: subject.cells.iter().map(cell).collect(),
            strategy: subject.strategy.clone(),
            workload: subject.workload.clone(),
        });
        Self {
            percentile_rule: PERCENTILE_RULE.to_owned(),
            provenance: provenance(),
            scenario: summary.scenario.clone(),
            scenario_hash: summary.scenario_hash.clone(),
            schema_version: SCHEMA_VERSION,
            seeds: summary.seeds(),
            strategies: strategies.collect(),
        }
    }

    /// Reads the baseline of `scenario`.
    ///
    /// # Errors
    /// If there is none, or it is not of this form.
    pub fn load(folder: &Path, scenario: &str) -> Result<Self, BaselineError> {
        let path = Self::path(folder, scenario);
        let help = accept_command(scenario);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(BaselineError::Missing {
                    scenario: scenario.to_owned(),
                    path,
                    help,
                });
            }
            Err(error) => {
                let why = error.to_string();
                return Err(BaselineError::Unreadable { path, why, help });
            }
        };
        let unreadable = |why: String| BaselineError::Unreadable {
            path: path.clone(),
            why,
            help: help.clone(),
        };
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        // Another version has other keys, and is to be called by its name.
        match value["schema_version"].as_u64() {
            Some(version) if version == u64::from(SCHEMA_VERSION) => {}
            Some(other) => {
                let why = format!("its schema_version is {other}, and not {SCHEMA_VERSION}");
                return Err(unreadable(why));
            }
            None => return Err(unreadable("it has no schema_version".to_owned())),
        }
        serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))
    }

    /// Whether it is one of what is `expected`.
    ///
    /// # Errors
    /// If not: field by field.
    pub fn check(&self, expected: &Expected<'_>) -> Result<(), BaselineError> {
        let mut differences = Vec::new();
        let mut same = |field: &str, there: String, here: String| {
            if there != here {
                differences.push(format!("  {field}: {there} there, {here} here"));
            }
        };
        let short = |hash: &str| hash.get(..12).unwrap_or(hash).to_owned();
        let rule = PERCENTILE_RULE.to_owned();
        same("percentile_rule", self.percentile_rule.clone(), rule);
        let (there, here) = (&self.scenario_hash, expected.scenario_hash);
        same("scenario_hash", short(there), short(here));
        same(
            "seeds",
            format!("{:?}", self.seeds),
            format!("{:?}", expected.seeds),
        );
        let (there, here) = (&self.provenance, provenance());
        let names = there
            .keys()
            .chain(here.keys().filter(|&name| !there.contains_key(name)));
        for name in names.filter(|_| !expected.any_provenance) {
            let of = |all: &BTreeMap<String, String>| {
                all.get(name)
                    .map_or_else(|| "not named".to_owned(), Clone::clone)
            };
            same(&format!("provenance.{name}"), of(there), of(&here));
        }
        if differences.is_empty() {
            return Ok(());
        }
        let drift = differences
            .iter()
            .all(|one| one.starts_with("  provenance."));
        let pass = if drift {
            ", or pass --allow-provenance-drift"
        } else {
            ""
        };
        Err(BaselineError::Incompatible {
            scenario: self.scenario.clone(),
            differences,
            help: format!(
                "look at `cargo sim baseline diff {}`, then accept it: {}{pass}",
                self.scenario,
                accept_command(&self.scenario)
            ),
        })
    }

    /// A cell, if it was there.
    #[must_use]
    pub fn cell(&self, strategy: &str, workload: &str, seed: u64) -> Option<&KeptCell> {
        let mut all = self.strategies.iter();
        let kept = all.find(|one| one.strategy == strategy && one.workload == workload)?;
        kept.cells.iter().find(|cell| cell.seed == seed)
    }

    /// Every strategy with what it was given to do, and its cells.
    pub fn subjects(&self) -> impl Iterator<Item = (&str, &str, &[KeptCell])> {
        let all = self.strategies.iter();
        all.map(|one| (&*one.strategy, &*one.workload, &*one.cells))
    }

    /// Puts it into the folder of baselines, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, folder: &Path) -> std::io::Result<PathBuf> {
        fs::create_dir_all(folder)?;
        let path = Self::path(folder, &self.scenario);
        let beside = folder.join(format!(".{}.json.new", self.scenario));
        fs::write(&beside, self.text())?;
        fs::rename(&beside, &path)?;
        Ok(path)
    }

    /// The text of its file.
    fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("its keys are strings");
        text + "\n"
    }
}

#[cfg(test)]
#[path = "baseline_tests.rs"]
mod tests;
