//! A database in use, held at one moment.
//!
//! What is read of a file while somebody writes to it belongs to no moment at all, and looks
//! damaged. A read transaction holds it: with a write-ahead log others go on writing, behind what
//! is read; with a rollback journal they wait until it is over, so it must be short.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::error::LiveError;

/// How long to wait for whoever commits just now.
const PATIENCE: Duration = Duration::from_secs(10);

/// A database, held as long as this lives.
pub struct Held {
    connection: Connection,
    write_ahead: bool,
}

impl Held {
    /// Holds the database at `path`.
    ///
    /// # Errors
    /// If it is none, or somebody keeps it locked.
    pub fn take(path: &Path) -> Result<Self, LiveError> {
        let take = || -> rusqlite::Result<Self> {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(PATIENCE)?;
            let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
            connection.execute_batch("BEGIN")?;
            let count = "SELECT count(*) FROM sqlite_schema";
            connection.query_row(count, [], |row| row.get::<_, i64>(0))?;
            Ok(Self {
                connection,
                write_ahead: mode.eq_ignore_ascii_case("wal"),
            })
        };
        take().map_err(LiveError::sqlite("open", path))
    }

    /// Whether nobody waits for it.
    #[must_use]
    pub const fn is_in_nobodys_way(&self) -> bool {
        self.write_ahead
    }

    /// How many rows were filled, if the ledger says that the job of the scenario in the file `job`
    /// is done.
    #[must_use]
    pub fn done(&self, job: &Path) -> Option<i64> {
        let scenario: toml::Table = std::fs::read_to_string(job).ok()?.parse().ok()?;
        let name = scenario.get("job")?.get("name")?.as_str()?;
        let sql =
            "SELECT rows_processed FROM _async_migrations WHERE name = ?1 AND status = 'done'";
        let found = self.connection.query_row(sql, [name], |row| row.get(0));
        found.optional().ok().flatten()
    }
}
