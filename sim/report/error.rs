//! What can go wrong while a report is written, and what to do about it.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use super::chart::ChartError;

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The file system refused.
    #[error("cannot write {path}: {source}; choose a directory you may write to with --out")]
    Unwritable {
        /// What was written.
        path: PathBuf,
        /// Why not.
        source: Error,
    },
    /// There is no room left.
    #[error("no space left for {path}; free some, or choose another disk with --out")]
    DiskFull {
        /// What was written.
        path: PathBuf,
        /// What the system said.
        source: Error,
    },
    /// The directory holds something that a report must not replace.
    #[error(
        "{path} is not empty and holds no report (it has no manifest.json); choose another directory with --out"
    )]
    NotAReport {
        /// The directory.
        path: PathBuf,
    },
    /// plotters failed.
    #[error(transparent)]
    Chart(#[from] ChartError),
}

impl ReportError {
    /// `source`, that came up with `path`.
    pub(super) fn at(path: &Path, source: Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull { path, source },
            _ => Self::Unwritable { path, source },
        }
    }
}
