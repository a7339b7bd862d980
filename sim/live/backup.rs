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
        // Under a name of its own until it is whole: another process may make one, too.
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(format!(".{}.unfinished", std::process::id()));
        let unfinished = PathBuf::from(unfinished);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn database(folder: &Path, name: &str, sql: &str) -> PathBuf {
        let path = folder.join(name);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        path
    }

    #[test]
    fn what_is_in_the_log_is_backed_up_and_the_backup_is_believed_later() {
        let folder = tempfile::tempdir().unwrap();
        let sql = "PRAGMA journal_mode = wal; CREATE TABLE t(x); INSERT INTO t VALUES (7)";
        let of = folder.path().join("app.sqlite");
        let open = Connection::open(&of).unwrap();
        open.execute_batch(sql).unwrap();
        let path = folder.path().join("app.backup");
        let made = Backup::ensure(&of, &path, "t").unwrap();
        assert_eq!(made, Backup::Made(path.clone()));
        let copy = Connection::open(&path).unwrap();
        let kept: i64 = copy
            .query_row("SELECT x FROM t", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, 7);
        let found = Backup::ensure(&of, &path, "t").unwrap();
        assert_eq!(found, Backup::Found(path));
        let names = fs::read_dir(folder.path()).unwrap();
        let mut names = names.map(|entry| entry.unwrap().file_name());
        assert!(names.all(|name| !name.to_string_lossy().contains("unfinished")));
    }

    #[test]
    fn what_is_no_backup_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let of = database(folder.path(), "app.sqlite", "CREATE TABLE t(x)");
        let other = database(folder.path(), "other", "CREATE TABLE u(x)");
        let text = folder.path().join("text");
        fs::write(
            &text,
            "not a database at all, but longer than a header is, to be sure",
        )
        .unwrap();
        for (path, why) in [
            (&of, "the same file"),
            (&other, "no table `t`"),
            (&text, "not a database"),
        ] {
            let error = Backup::ensure(&of, path, "t").unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
