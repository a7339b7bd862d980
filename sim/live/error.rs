//! Why a backfill cannot be run for real, and the way out.

use std::path::PathBuf;

/// Why a backfill cannot be run for real.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// SQLite refuses.
    #[error("SQLite cannot {action} {}: {source}", path.display())]
    Sqlite {
        /// What was tried.
        action: &'static str,
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The operating system refuses.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The database is not as it was rehearsed.
    #[error(
        "{} is in journal mode `{found}`, and was rehearsed in `{wanted}`; set `database.journal` in \
         the scenario and rehearse it again, or change the file's mode",
        path.display()
    )]
    Journal {
        /// The database.
        path: PathBuf,
        /// How it is.
        found: String,
        /// How the scenario has it.
        wanted: &'static str,
    },
    /// Somebody else has the write lock, and keeps it.
    #[error(
        "{} is locked by somebody else, for longer than `database.busy_timeout_ms` = {waited_ms} \
         ms; try again when that transaction is over, or raise the timeout",
        path.display()
    )]
    Locked {
        /// The database.
        path: PathBuf,
        /// How long the lock was waited for, ms.
        waited_ms: u64,
    },
    /// What lies where the backup should be is none.
    #[error("{} is no backup of {}: {reason}", path.display(), of.display())]
    NotABackup {
        /// What was named.
        path: PathBuf,
        /// The database.
        of: PathBuf,
        /// Why not.
        reason: String,
    },
}

impl LiveError {
    pub(super) fn sqlite(
        action: &'static str,
        path: &std::path::Path,
    ) -> impl Fn(rusqlite::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Sqlite {
            action,
            path: path.clone(),
            source,
        }
    }

    pub(super) fn io(
        action: &'static str,
        path: &std::path::Path,
    ) -> impl Fn(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path: path.clone(),
            source,
        }
    }
}
