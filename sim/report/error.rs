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
        if is_full(&source) {
            Self::DiskFull { path, source }
        } else {
            Self::Unwritable { path, source }
        }
    }
}

/// Whether the disk is full. The writer of CSV wraps what the system said and shows it as the
/// source of nothing.
fn is_full(error: &Error) -> bool {
    let wrapped = error.get_ref().and_then(|inner| inner.downcast_ref());
    let kind = match wrapped.map(csv::Error::kind) {
        Some(csv::ErrorKind::Io(inner)) => inner.kind(),
        _ => error.kind(),
    };
    matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_known_behind_a_writer_of_csv_and_json() {
        let full = || Error::from(ErrorKind::StorageFull);
        let csv = Error::from(csv::Error::from(full()));
        let json = Error::from(serde_json::Error::io(full()));
        for error in [full(), csv, json] {
            let error = ReportError::at(Path::new("report/samples.csv"), error);
            assert!(matches!(error, ReportError::DiskFull { .. }), "{error}");
        }
        let other = ReportError::at(Path::new("report"), ErrorKind::NotADirectory.into());
        assert!(matches!(other, ReportError::Unwritable { .. }), "{other}");
    }
}
