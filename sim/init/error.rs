//! Why there is no scenario, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use backfill::chunked::JobError;
use miette::Diagnostic;

use crate::own::IntakeError;

/// Why there is no scenario.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[non_exhaustive]
pub enum InitError {
    /// The database cannot be used.
    #[error(transparent)]
    #[diagnostic(help("{}", .0.way_out("current directory")))]
    Database(#[from] IntakeError),
    /// No table can be backfilled.
    #[error("{} has no table to backfill: {}", path.display(), reasons.join("; "))]
    #[diagnostic(help(
        "a backfill needs rows, and an INTEGER PRIMARY KEY or NOT NULL columns with a UNIQUE \
         index of their own to walk along"
    ))]
    NothingToFill {
        /// The file.
        path: PathBuf,
        /// What is the matter with each table, or with all.
        reasons: Vec<String>,
    },
    /// There is no such table, or none that can be filled.
    #[error("`{table}` {reason}")]
    Table {
        /// What was asked for.
        table: String,
        /// What is the matter with it.
        reason: String,
        /// What to ask for instead.
        #[help]
        help: String,
    },
    /// The job does not fit the table.
    #[error("the job does not fit: {0}")]
    #[diagnostic(help("--set, --eligible and --key are SQL, as they would stand in an UPDATE"))]
    Job(#[from] JobError),
    /// The scenario is there already, and may be somebody's work.
    #[error("{} is there already, and nothing is overwritten", path.display())]
    #[diagnostic(help("choose another name with --out, or remove it"))]
    Exists {
        /// The scenario.
        path: PathBuf,
    },
    /// The scenario cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    #[diagnostic(help("choose a place with --out, in a folder that exists and can be written to"))]
    Unwritable {
        /// The scenario.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A path cannot stand in a scenario.
    #[error("{} cannot be written down: {reason}", path.display())]
    #[diagnostic(help("rename it, or choose another"))]
    Name {
        /// The path.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
}

impl InitError {
    /// Wraps what SQLite says of the database at `path`.
    pub(super) fn sql(path: &Path) -> impl FnOnce(rusqlite::Error) -> Self {
        let wrap = IntakeError::sqlite(path);
        move |source| Self::Database(wrap(source))
    }
}
