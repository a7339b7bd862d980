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
    /// The job that was simulated, in SQL.
    pub job: String,
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
    /// What `run` says of `strategy` doing `job`; `None` if it was not simulated.
    #[must_use]
    pub fn of(run: &Run, job: &str, strategy: &str) -> Option<Self> {
        let comparison = Comparison::of(run);
        let result = comparison
            .strategies
            .iter()
            .find(|one| one.name == strategy)?;
        let cell = result.cells.first()?;
        Some(Self {
            job: job.to_owned(),
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

    /// The one kept at `place` for `strategy` doing `job`, if there is one that can be read.
    #[must_use]
    pub fn kept(place: &Path, job: &str, strategy: &str) -> Option<Self> {
        let kept: Self = serde_json::from_slice(&fs::read(place).ok()?).ok()?;
        (kept.job == job && kept.strategy == strategy).then_some(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_another_job_or_strategy_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let place = Prediction::place(&folder.path().join("job.toml"));
        let prediction = Prediction {
            job: "UPDATE t SET x = 1".to_owned(),
            strategy: "slo".to_owned(),
            device: "ssd".to_owned(),
            duration_ns: Some(7),
            reader_p95_ns: None,
            no_backfill_p95_ns: None,
        };
        assert_eq!(Prediction::kept(&place, &prediction.job, "slo"), None);
        prediction.keep(&place).unwrap();
        let kept = |job, strategy| Prediction::kept(&place, job, strategy);
        assert_eq!(kept("UPDATE t SET x = 1", "slo"), Some(prediction.clone()));
        assert_eq!(kept("UPDATE t SET x = 2", "slo"), None);
        assert_eq!(kept("UPDATE t SET x = 1", "fixed"), None);
    }
}
