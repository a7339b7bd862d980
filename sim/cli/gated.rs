//! What a run is held to, and a scenario that is run to be held to it: what `sim gate` and
//! `sim baseline` have in common.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::Value;

use super::run::{self, Failure, Format, Shown, home, internal};
use super::seeds::SeedList;
use crate::gate::{Baseline, Bench, Change, Gate, Held, Summary, Witness};
use crate::outcome::Oracle;
use crate::scenario::{self, Loaded, Seeds};

/// What a run is held to.
#[derive(Clone, Debug, Default)]
pub struct Gated {
    /// Its gates.
    pub gates: Vec<Gate>,
    /// What it was when it was accepted.
    pub baseline: Option<Baseline>,
    /// Who looks at its cells.
    pub witness: Option<Arc<Witness>>,
    /// Whether only some of its strategies run.
    pub partial: bool,
}

/// A scenario to be run and held to something.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) loaded: Loaded,
    pub(super) held: Held,
    args: run::Args,
}

/// A scenario that has been run.
pub(super) struct Done {
    pub(super) shown: Shown,
    pub(super) summary: Summary,
    pub(super) self_checks: Vec<Oracle>,
}

impl Gated {
    /// Where its gates are judged.
    #[must_use]
    pub fn bench(&self) -> Bench<'_> {
        Bench {
            gates: &self.gates,
            baseline: self.baseline.as_ref(),
            witness: self.witness.as_deref(),
            partial: self.partial,
        }
    }
}

/// The folder of baselines.
pub(super) fn folder() -> PathBuf {
    home("").join("reports").join("baselines")
}

/// The scenarios that have a baseline, sorted.
pub(super) fn with_baseline(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let stem = name.strip_suffix(".json")?.to_owned();
        (!stem.starts_with('.')).then_some(stem)
    });
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names
}

impl Case {
    /// The scenario as `sim run` would have it, with other seeds if some are given.
    ///
    /// # Errors
    /// If there is no such scenario, or it is wrong.
    pub(super) fn of(
        scenario: &str,
        seeds: Option<&Seeds>,
        jobs: Option<u32>,
    ) -> Result<Self, miette::Report> {
        let args = run::Args {
            scenario: scenario.to_owned(),
            seed: None,
            seeds: seeds.cloned().map(SeedList),
            strategies: Vec::new(),
            shapes: Vec::new(),
            overrides: Vec::new(),
            out: None,
            jobs,
            check: false,
            format: Format::Json,
            gated: Gated {
                witness: Some(Arc::default()),
                ..Gated::default()
            },
        };
        let loaded = args.scenario()?;
        let places = scenario::gate_places(scenario, &[])?;
        Ok(Self {
            name: loaded.name().to_owned(),
            held: loaded.held(&places),
            loaded,
            args,
        })
    }

    /// The seeds it is run with, in order.
    pub(super) fn seeds(&mut self) -> Vec<u64> {
        let mut seeds = self.loaded.seeds_mut().0.clone();
        seeds.sort_unstable();
        seeds
    }

    /// Where its report goes, as people read it.
    pub(super) fn report(&self) -> String {
        format!("reports/{}", self.name)
    }

    /// Whether every cell is to be run twice, and not only the first.
    pub(super) fn check(&mut self, every: bool) {
        self.args.check = every;
    }

    /// Holds it to its gates and to `baseline`, which lies at `path`.
    pub(super) fn hold(&mut self, baseline: Baseline, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let place = format!("reports/baselines/{name}:1");
        self.args.gated.gates = self.held.against(&baseline, &place);
        self.args.gated.baseline = Some(baseline);
    }

    /// What it is held against.
    pub(super) fn baseline(&self) -> Option<&Baseline> {
        self.args.gated.baseline.as_ref()
    }

    /// What it comes to as something to be accepted.
    pub(super) fn to_accept(&self, done: &Done) -> Baseline {
        let nobody = Witness::default();
        let witness = self.args.gated.witness.as_deref().unwrap_or(&nobody);
        Baseline::of(&done.summary, &self.held.kept, witness)
    }

    /// Runs it, judges it and writes its report.
    pub(super) fn run(&self, stop: &AtomicBool) -> Result<Done, Failure> {
        let shown = self.args.execute(&self.loaded, stop)?;
        let read = |text: &str| Summary::read(&serde_json::from_str::<Value>(text)?);
        let summary = read(&shown.document);
        let summary = summary.map_err(|error| internal(miette::Report::from_err(error)))?;
        let witness = self.args.gated.witness.as_ref();
        let mut self_checks = witness.map_or_else(Vec::new, |one| one.self_checks());
        self_checks.push(self.against_itself(&summary));
        Ok(Done {
            shown,
            summary,
            self_checks,
        })
    }

    /// A run held against itself has not changed, or the comparison sees what is not there.
    fn against_itself(&self, summary: &Summary) -> Oracle {
        let itself = Baseline::of(summary, &self.held.kept, &Witness::default());
        let gates = self.held.against(&itself, "");
        let gates: Vec<Gate> = gates.into_iter().filter(Gate::needs_baseline).collect();
        let bench = Bench {
            gates: &gates,
            baseline: Some(&itself),
            witness: None,
            partial: true,
        };
        let judged = bench.judged(summary);
        let moved = judged
            .iter()
            .find(|one| one.change.is_some_and(|it| it != Change::Identical));
        Oracle {
            name: "against-itself".to_owned(),
            passed: moved.is_none(),
            detail: moved.map_or_else(
                || format!("comparisons: {}, all identical", judged.len()),
                |one| format!("{} of {}: {}", one.expect, one.title(), one.detail),
            ),
        }
    }
}
