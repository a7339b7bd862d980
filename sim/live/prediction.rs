//! What the simulation says of a run, kept beside the job's file until the run is over.
//!
//! A run that was interrupted is compared at its end with what was predicted before it began: what
//! is half done could not be rehearsed any more.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::LiveError;
use crate::measure::{Comparison, Run};

/// What the simulation says of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// The strategy that was simulated.
    pub strategy: String,
    /// The device it was simulated on.
    pub device: String,
    /// How long it takes, ns; `None` if it did not come to its end.
    pub duration_ns: Option<u64>,
    /// The readers' p95 meanwhile, ns.
    pub reader_p95_ns: Option<u64>,
    /// The readers' p95 without it, ns.
    pub no_backfill_p95_ns: Option<u64>,
}

impl Prediction {
    /// What `run` says of `strategy`; `None` if it was not simulated.
    #[must_use]
    pub fn of(run: &Run, strategy: &str) -> Option<Self> {
        let comparison = Comparison::of(run);
        let result = comparison
            .strategies
            .iter()
            .find(|one| one.name == strategy)?;
        let cell = result.cells.first()?;
        Some(Self {
            strategy: strategy.to_owned(),
            device: run.scenario.model.disk.profile.clone(),
            duration_ns: cell.duration_ns,
            reader_p95_ns: cell.backfill.map(|stats| stats.p95_ns),
            no_backfill_p95_ns: cell.no_backfill.map(|stats| stats.p95_ns),
        })
    }

    /// Where it is kept for the job in the file `job`.
    #[must_use]
    pub fn place(job: &Path) -> PathBuf {
        job.with_extension("prediction.json")
    }

    /// Keeps it at `place`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, place: &Path) -> Result<(), LiveError> {
        let json = serde_json::to_string_pretty(self).expect("it has string keys only");
        fs::write(place, json + "\n").map_err(LiveError::io("write", place))
    }

    /// The one kept at `place` for `strategy`, if there is one that can be read.
    #[must_use]
    pub fn kept(place: &Path, strategy: &str) -> Option<Self> {
        let kept: Self = serde_json::from_slice(&fs::read(place).ok()?).ok()?;
        (kept.strategy == strategy).then_some(kept)
    }
}
