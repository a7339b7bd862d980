//! Why there is no image, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// The settings contradict each other.
    #[error("no such dataset: {0}")]
    Impossible(String),
    /// The disk is full.
    #[error(
        "no space left for {}: about {} MiB are needed; free some, or choose another cache folder",
        path.display(),
        needed_bytes.div_ceil(1 << 20)
    )]
    NoSpace {
        /// What could not be written.
        path: PathBuf,
        /// About how large the image would have become, bytes.
        needed_bytes: u64,
    },
    /// The cache folder cannot be made or written to.
    #[error(
        "cannot write in the cache folder {}: make it a writable folder, or choose another: {source}",
        path.display()
    )]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file of the cache could not be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
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

impl DatasetError {
    /// Wraps an I/O error at `path`; `needed_bytes` is told when the disk is full.
    pub(super) fn io(
        what: &'static str,
        path: &Path,
        needed_bytes: u64,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::NoSpace { path, needed_bytes }
            }
            _ => Self::Io { what, path, source },
        }
    }

    /// Wraps an error of SQLite at `path`.
    pub(super) fn sql(
        what: &'static str,
        path: &Path,
        needed_bytes: u64,
    ) -> impl FnOnce(rusqlite::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::NoSpace { path, needed_bytes },
            _ => Self::Sql { what, path, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_says_how_much_is_needed_whoever_notices() {
        let path = Path::new("cache/image");
        let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
        let full = rusqlite::Error::SqliteFailure(full, None);
        for error in [
            DatasetError::io("write", path, 3 << 20)(io::ErrorKind::StorageFull.into()),
            DatasetError::sql("insert rows", path, 3 << 20)(full),
        ] {
            assert_eq!(
                error.to_string(),
                "no space left for cache/image: about 3 MiB are needed; free some, \
                 or choose another cache folder"
            );
        }
    }
}
