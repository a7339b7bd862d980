//! Runs scenarios through the library, as the command line does, with nobody watching.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use backfill_sim::execution::{self, ExecutionError, Progress, Settings};
use backfill_sim::scenario::Scenario;
use backfill_sim::world::Watch;
use backfill_sim::{aggregate, dataset, listing, measure, processing, stash};

/// Nobody watches.
pub(crate) struct Quiet;

impl Progress for Quiet {
    fn dataset(&self, _: u64, _: dataset::Progress) {}
    fn started(&self, _: &str, _: &Arc<Watch>) {}
    fn ended(&self, _: &str, _: &Arc<Watch>) {}
}

/// A scenario of any family.
pub(crate) trait Runs {
    /// What comes of it.
    type Run;

    fn name(&self) -> &str;

    fn execute(&self, settings: &Settings) -> Result<Self::Run, ExecutionError>;
}

impl Runs for Scenario {
    type Run = measure::Run;

    fn name(&self) -> &str {
        &self.name
    }

    fn execute(&self, settings: &Settings) -> Result<Self::Run, ExecutionError> {
        execution::execute(self, settings, &Quiet, &AtomicBool::new(false))
    }
}

impl Runs for listing::scenario::Scenario {
    type Run = listing::Run;

    fn name(&self) -> &str {
        &self.name
    }

    fn execute(&self, settings: &Settings) -> Result<Self::Run, ExecutionError> {
        listing::execute(self, settings, &Quiet, &AtomicBool::new(false))
    }
}

impl Runs for processing::scenario::Scenario {
    type Run = processing::Run;

    fn name(&self) -> &str {
        &self.name
    }

    fn execute(&self, settings: &Settings) -> Result<Self::Run, ExecutionError> {
        processing::execute(self, settings, &Quiet, &AtomicBool::new(false))
    }
}

impl Runs for stash::scenario::Scenario {
    type Run = stash::Run;

    fn name(&self) -> &str {
        &self.name
    }

    fn execute(&self, settings: &Settings) -> Result<Self::Run, ExecutionError> {
        stash::execute(self, settings, &Quiet, &AtomicBool::new(false))
    }
}

impl Runs for aggregate::scenario::Scenario {
    type Run = aggregate::Run;

    fn name(&self) -> &str {
        &self.name
    }

    fn execute(&self, settings: &Settings) -> Result<Self::Run, ExecutionError> {
        aggregate::execute(self, settings, &Quiet, &AtomicBool::new(false))
    }
}

/// Runs `scenario`, `jobs` cells at a time; with `check`, every cell twice.
pub(crate) fn run<S: Runs>(scenario: &S, jobs: usize, check: bool) -> S::Run {
    let settings = Settings {
        jobs,
        check,
        images: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/images"),
        command: format!("cargo sim run {}", scenario.name()),
        witness: None,
        held: false,
    };
    scenario.execute(&settings).unwrap()
}
