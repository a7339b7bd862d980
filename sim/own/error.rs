//! Why a file cannot be used, and the way out.

use std::io;
use std::path::{Path, PathBuf};

use super::file::DatabaseFile;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// There is none.
    #[error("there is no file {}", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// It is a folder, a device or a pipe.
    #[error("{} is no file", path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// It has no bytes.
    #[error("{} is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refuses.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The header is not SQLite's.
    #[error("{} is encrypted or not a SQLite database", path.display())]
    NotSqlite {
        /// The file.
        path: PathBuf,
    },
    /// The header says that a newer SQLite is needed.
    #[error("{} was written for a newer SQLite than {version}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The SQLite that is here.
        version: &'static str,
    },
    /// The file is shorter than its header says.
    #[error(
        "{} is cut off: its header says {expected_bytes} bytes, and there are {found_bytes}",
        path.display()
    )]
    CutOff {
        /// The file.
        path: PathBuf,
        /// What the header says.
        expected_bytes: u64,
        /// What there is.
        found_bytes: u64,
    },
    /// SQLite cannot read the schema.
    #[error(
        "SQLite {version} cannot read the schema of {}, last written by SQLite {written_by}: {source}",
        path.display()
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// The SQLite that is here.
        version: &'static str,
        /// The SQLite that wrote it.
        written_by: String,
        /// What SQLite says.
        source: Box<rusqlite::Error>,
    },
    /// SQLite's own check found something.
    #[error(
        "SQLite finds {} damaged, {complaints} complaints, the first: {first}; {DAMAGED}",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How many complaints.
        complaints: usize,
        /// The first of them.
        first: String,
    },
    /// It is not what it was when the run began.
    #[error(
        "{} changed while it was used, so the cells did not all see the same; make a copy that \
         nobody writes to (`sqlite3 FILE \".backup copy.sqlite\"`) and name that",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// SQLite fails on it.
    #[error("SQLite cannot use {}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: Box<rusqlite::Error>,
    },
}

/// The way out of damage.
const DAMAGED: &str =
    "restore it from a backup, or save what can be read with `sqlite3 FILE .recover`";

impl IntakeError {
    /// What to do, where the path was `seen_from` a folder.
    #[must_use]
    pub fn way_out(&self, seen_from: &str) -> String {
        match self {
            Self::Missing { .. } | Self::NotAFile { .. } => {
                format!("name a SQLite file; the path is seen from the {seen_from}")
            }
            Self::Empty { .. } => "name a database with the tables of the job".to_owned(),
            Self::Unreadable { .. } => "make it readable, or name a copy that is".to_owned(),
            Self::NotSqlite { .. } => {
                "if it is encrypted, export it without a key first; a dump (.sql) has to be read \
                 into a database: `sqlite3 shop.sqlite < shop.sql`"
                    .to_owned()
            }
            Self::Newer { .. } => {
                "write it for this one with the newer: `sqlite3 FILE .dump | sqlite3 copy.sqlite`"
                    .to_owned()
            }
            Self::CutOff { .. } => {
                "copy it again; a database in use is copied with `sqlite3 FILE \".backup copy.sqlite\"`"
                    .to_owned()
            }
            Self::Schema { .. } => {
                "open it with the SQLite that wrote it, and write it again: `.dump` into a new file"
                    .to_owned()
            }
            Self::Damaged { .. } | Self::Sqlite { .. } => DAMAGED.to_owned(),
            Self::Changed { .. } => "name a copy that nobody writes to".to_owned(),
        }
    }

    /// Wraps what SQLite says of the file at `path`.
    pub(crate) fn sqlite(path: &Path) -> impl Fn(rusqlite::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Sqlite {
            path: path.clone(),
            source: Box::new(source),
        }
    }

    /// Wraps what SQLite says of the schema of `file`.
    pub(crate) fn schema(file: &DatabaseFile) -> impl Fn(rusqlite::Error) -> Self + use<> {
        let (path, written_by) = (file.path().to_owned(), file.written_by());
        move |source| Self::Schema {
            path: path.clone(),
            version: rusqlite::version(),
            written_by: written_by.clone(),
            source: Box::new(source),
        }
    }

    /// Wraps what the operating system says of `path`.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            _ => Self::Unreadable { path, source },
        }
    }
}
