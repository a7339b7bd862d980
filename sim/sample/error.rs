//! Why there is no sample, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic;

/// Why there is no sample.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[non_exhaustive]
pub enum SampleError {
    /// The file is there already, and may be somebody's data.
    #[error("{} is there already, and nothing is overwritten", path.display())]
    #[diagnostic(help("choose another name, or remove it"))]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// No file can have that name.
    #[error("{} is no name of a file", path.display())]
    #[diagnostic(help("write a file name, for example `shop.sqlite`"))]
    NoName {
        /// What was asked for.
        path: PathBuf,
    },
    /// The disk is full.
    #[error(
        "no space left for {}: about {} MiB are needed", path.display(), bytes.div_ceil(1 << 20)
    )]
    #[diagnostic(help("free some, or ask for less with --mib"))]
    NoSpace {
        /// What could not be written.
        path: PathBuf,
        /// About how large it would have become, bytes.
        bytes: u64,
    },
    /// The file could not be made or put in its place.
    #[error("cannot {what} {}: {source}", path.display())]
    #[diagnostic(help("choose a name in a folder that exists and can be written to"))]
    Io {
        /// What was to be done.
        what: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// SQLite refused a statement.
    #[error("SQLite cannot {what} in {}: {source}", path.display())]
    Sql {
        /// What was to be done.
        what: &'static str,
        /// In which file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

impl SampleError {
    /// Wraps an I/O error at `path`.
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }

    /// Wraps an error of SQLite at `path`; `bytes` is told when the disk is full.
    pub(super) fn sql(
        what: &'static str,
        path: &Path,
        bytes: u64,
    ) -> impl FnOnce(rusqlite::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::NoSpace { path, bytes },
            _ => Self::Sql { what, path, source },
        }
    }
}
