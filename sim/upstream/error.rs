//! Why there are no objects of a file, and what to do about it.

use std::io;
use std::path::PathBuf;

use miette::Diagnostic;

use super::moment;

/// Why a file has no creation times to be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[non_exhaustive]
pub enum TimesError {
    /// The file cannot be read.
    #[error("cannot read creation times from {}", path.display())]
    #[diagnostic(help("name a readable CSV file, seen from the folder of the scenario"))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is not text.
    #[error("{}:{line}: that is not UTF-8", path.display())]
    #[diagnostic(help("{EXPECTED_LINES}"))]
    NotText {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
    },
    /// A line has more or fewer columns than the file's first.
    #[error("{}:{line}: {found} columns, where {expected} are expected", path.display())]
    #[diagnostic(help("{EXPECTED_LINES}"))]
    Columns {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// How many columns it has.
        found: usize,
        /// How many it should have.
        expected: &'static str,
    },
    /// A field is not what its column has.
    #[error("{}:{line}: `{found}` is not {expected}", path.display())]
    #[diagnostic(help("{EXPECTED_LINES}"))]
    Field {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The field.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// There is no line with a time in it.
    #[error("{} has no creation time in it", path.display())]
    #[diagnostic(help("{EXPECTED_LINES}; for no objects at all, set `shape = \"empty\"`"))]
    Nothing {
        /// The file.
        path: PathBuf,
    },
    /// There are more objects in it than fit in memory.
    #[error("{}:{line}: that is more than {most} objects", path.display())]
    #[diagnostic(help("leave some out: every tenth line keeps the shape"))]
    TooMany {
        /// The file.
        path: PathBuf,
        /// The line at which there are too many, from 1.
        line: u64,
        /// How many there may be.
        most: u64,
    },
    /// The first and the last are too far from each other.
    #[error("{} spans {years} years, which is more than {most}", path.display())]
    #[diagnostic(help("check the first and the last of its times"))]
    TooLong {
        /// The file.
        path: PathBuf,
        /// How many years there are between the first and the last time.
        years: u64,
        /// How many there may be.
        most: u64,
    },
}

/// What a line of a file of times is to look like.
const EXPECTED_LINES: Lines = Lines;

struct Lines;

impl std::fmt::Display for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "write a creation time in each line, as {}; or `date,count` for so many on a day",
            moment::EXPECTED
        )
    }
}
