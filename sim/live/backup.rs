//! A copy of a database that is about to be changed.
//!
//! SQLite's own backup, which is right whoever writes meanwhile. One that is there already is
//! looked at before it is believed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, backup};

use super::error::LiveError;

/// Pages copied in one go, 4 MiB of the usual ones; others may write in between.
const PAGES_AT_ONCE: i32 = 1_024;

/// A backup of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backup {
    /// It was made now.
    Made(PathBuf),
    /// It was there.
    Found(PathBuf),
}

impl Backup {
    /// Makes a backup of the database at `of` at `path`, or takes the one that is there, if it is a
    /// sound database with the table `table`.
    ///
    /// # Errors
    /// If it cannot be made, or what is there is something else.
    pub fn ensure(of: &Path, path: &Path, table: &str) -> Result<Self, LiveError> {
        if path.exists() {
            return Self::check(of, path, table).map(|()| Self::Found(path.to_owned()));
        }
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(".unfinished");
        let unfinished = PathBuf::from(unfinished);
        if unfinished.exists() {
            fs::remove_file(&unfinished).map_err(LiveError::io("remove", &unfinished))?;
        }
        let make = || -> rusqlite::Result<()> {
            let from = Connection::open_with_flags(of, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            let mut to = Connection::open(&unfinished)?;
            backup::Backup::new(&from, &mut to)?.run_to_completion(
                PAGES_AT_ONCE,
                Duration::ZERO,
                None,
            )?;
            to.close().map_err(|(_, error)| error)
        };
        make().map_err(LiveError::sqlite("back up", of))?;
        fs::rename(&unfinished, path).map_err(LiveError::io("put in place", path))?;
        Ok(Self::Made(path.to_owned()))
    }

    fn check(of: &Path, path: &Path, table: &str) -> Result<(), LiveError> {
        let none = |reason: String| LiveError::NotABackup {
            path: path.to_owned(),
            of: of.to_owned(),
            reason,
        };
        let same = || Some(fs::canonicalize(of).ok()? == fs::canonicalize(path).ok()?);
        if same() == Some(true) {
            return Err(none("it is the same file".to_owned()));
        }
        let look = || -> rusqlite::Result<bool> {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
            let connection = Connection::open_with_flags(path, flags)?;
            connection.table_exists(None, table)
        };
        match look() {
            Ok(true) => Ok(()),
            Ok(false) => Err(none(format!("it has no table `{table}`"))),
            Err(error) => Err(none(error.to_string())),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Made(path) | Self::Found(path) => path,
        }
    }
}
