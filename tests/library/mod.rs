//! Runs scenarios through the library, as the command line does, with nobody watching.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use backfill_sim::dataset;
use backfill_sim::execution::{Progress, Settings, execute};
use backfill_sim::measure::Run;
use backfill_sim::scenario::Scenario;
use backfill_sim::world::Watch;

/// Nobody watches.
pub(crate) struct Quiet;

impl Progress for Quiet {
    fn dataset(&self, _: u64, _: dataset::Progress) {}
    fn started(&self, _: &str, _: &Arc<Watch>) {}
    fn ended(&self, _: &str, _: &Arc<Watch>) {}
}

/// Runs `scenario`, `jobs` cells at a time; with `check`, every cell twice.
pub(crate) fn run(scenario: &Scenario, jobs: usize, check: bool) -> Run {
    let settings = Settings {
        jobs,
        check,
        images: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/images"),
        command: format!("cargo sim run {}", scenario.name),
        held: false,
    };
    execute(scenario, &settings, &Quiet, &AtomicBool::new(false)).unwrap()
}
