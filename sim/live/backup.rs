//! A copy of a database that is about to be changed.
//!
//! SQLite's own backup, which is right whoever writes meanwhile. One that is there already is
//! looked at before it is believed.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use rusqlite::{Connection, OpenFlags, backup};

use super::error::LiveError;
use crate::job::Task;

/// How long to wait for whoever commits just now.
const PATIENCE: Duration = Duration::from_secs(10);

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
    /// sound database with the table of `job`, from before that was begun.
    ///
    /// # Errors
    /// If it cannot be made, or what is there is something else.
    pub fn ensure(of: &Path, path: &Path, job: &Task) -> Result<Self, LiveError> {
        if path.exists() {
            return Self::check(of, path, job).map(|()| Self::Found(path.to_owned()));
        }
        // Under a name of its own until it is whole: another process may make one, too.
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(format!(".{}.unfinished", std::process::id()));
        let unfinished = PathBuf::from(unfinished);
        let made = copy(of, &unfinished).map_err(LiveError::sqlite("back up", of));
        // Put in place under its name only if nobody else has done so: theirs is the older one.
        let placed = made.and_then(|()| match fs::hard_link(&unfinished, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            placed => placed
                .map(|()| true)
                .map_err(LiveError::io("put in place", path)),
        });
        // Whatever became of it, it is not left behind to fill the disk.
        drop(fs::remove_file(&unfinished));
        if placed? {
            Ok(Self::Made(path.to_owned()))
        } else {
            Self::check(of, path, job).map(|()| Self::Found(path.to_owned()))
        }
    }

    fn check(of: &Path, path: &Path, job: &Task) -> Result<(), LiveError> {
        let none = |reason: String| LiveError::NotABackup {
            path: path.to_owned(),
            of: of.to_owned(),
            reason,
        };
        let same = || Some(fs::canonicalize(of).ok()? == fs::canonicalize(path).ok()?);
        if same() == Some(true) {
            return Err(none("it is the same file".to_owned()));
        }
        match look(path, job) {
            Ok(None) => Ok(()),
            Ok(Some(reason)) => Err(none(reason)),
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

/// All of it in one step: a backup in several starts over whenever somebody writes in between.
fn copy(of: &Path, to: &Path) -> rusqlite::Result<()> {
    let from = Connection::open_with_flags(of, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    from.busy_timeout(PATIENCE)?;
    let mut to = Connection::open(to)?;
    let done = backup::Backup::new(&from, &mut to)?.step(-1)?;
    if done != backup::StepResult::Done {
        let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(busy, None));
    }
    to.close().map_err(|(_, error)| error)
}

/// Why what lies at `path` is no backup from before `job`; `None` if it is one.
fn look(path: &Path, job: &Task) -> rusqlite::Result<Option<String>> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let sound: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Ok(Some(format!("SQLite finds it damaged: {sound}")));
    }
    if !connection.table_exists(None, job.rows.table.as_str())? {
        return Ok(Some(format!("it has no table `{}`", job.rows.table)));
    }
    if !connection.table_exists(None, "_async_migrations")? {
        return Ok(None);
    }
    let begun = "SELECT count(*) FROM _async_migrations WHERE name = ?1 AND rows_processed > 0";
    let begun: i64 = connection.query_row(begun, [&job.name], |row| row.get(0))?;
    Ok((begun > 0).then(|| format!("`{}` was begun in it", job.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(folder: &Path, name: &str, sql: &str) -> PathBuf {
        let path = folder.join(name);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        path
    }

    /// The job on table `t`.
    fn job() -> Task {
        let mut job = Task::last_seen();
        job.rows.table = "t".to_owned();
        job
    }

    #[test]
    fn what_is_in_the_log_is_backed_up_and_the_backup_is_believed_later() {
        let folder = tempfile::tempdir().unwrap();
        let sql = "PRAGMA journal_mode = wal; CREATE TABLE t(x); INSERT INTO t VALUES (7)";
        let of = folder.path().join("app.sqlite");
        let open = Connection::open(&of).unwrap();
        open.execute_batch(sql).unwrap();
        let path = folder.path().join("app.backup");
        let made = Backup::ensure(&of, &path, &job()).unwrap();
        assert_eq!(made, Backup::Made(path.clone()));
        let copy = Connection::open(&path).unwrap();
        let kept: i64 = copy
            .query_row("SELECT x FROM t", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, 7);
        let found = Backup::ensure(&of, &path, &job()).unwrap();
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
        let begun = "CREATE TABLE t(x); CREATE TABLE _async_migrations(name, rows_processed);
                     INSERT INTO _async_migrations VALUES ('last_seen_backfill', 7)";
        let begun = database(folder.path(), "begun", begun);
        let text = folder.path().join("text");
        fs::write(
            &text,
            "not a database at all, but longer than a header is, to be sure",
        )
        .unwrap();
        for (path, why) in [
            (&of, "the same file"),
            (&other, "no table `t`"),
            (&begun, "was begun in it"),
            (&text, "not a database"),
        ] {
            let error = Backup::ensure(&of, path, &job()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
