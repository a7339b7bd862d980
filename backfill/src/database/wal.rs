//! The write-ahead log: how long it is, and copying it back without keeping anybody out.
//!
//! SQLite copies the log back inside whichever commit finds it longer than 1000 pages, and whoever
//! shares that connection waits for it. A passive checkpoint on another connection does the same
//! work while readers and writers go on.

use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::busy::is_busy;
use super::usage::Usage;
use super::{Access, Database, DatabaseError};
use crate::runtime::Runtime;

/// The write-ahead log as SQLite reports it; without one, everything is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wal {
    /// Pages in it.
    pub pages: u64,
    /// Of those, pages that are in the database file by now.
    pub copied: u64,
    /// Whether somebody was in the way, so that less was done than asked for; the rest may be 0.
    pub busy: bool,
}

impl<R: Runtime> Database<R> {
    /// How long the log is. Reads nothing of the database.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn wal(&self) -> Result<Wal, DatabaseError> {
        self.checkpoint_as("PRAGMA wal_checkpoint(NOOP)").await
    }

    /// Copies back what nobody reads from the log any more, on a connection for reads. Keeps
    /// neither readers nor writers out.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn checkpoint(&self) -> Result<Wal, DatabaseError> {
        self.checkpoint_as("PRAGMA wal_checkpoint(PASSIVE)").await
    }

    /// Copies everything back and lets the log start over with the next write. Tries once, and is
    /// `busy` where somebody still reads from the log. Keeps other writers out while it copies.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn restart_log(&self) -> Result<Wal, DatabaseError> {
        self.checkpoint_as("PRAGMA wal_checkpoint(RESTART)").await
    }

    async fn checkpoint_as(&self, sql: &'static str) -> Result<Wal, DatabaseError> {
        let queued_at = self.runtime.now();
        let lease = self.pool(Access::Read).acquire().await;
        let mut usage = Usage::acquired(self.user, Access::Read, queued_at, self.runtime.now());
        let (lease, wal) = self
            .runtime
            .run_sql(lease, CancellationToken::new(), move |connection| {
                report(connection, sql)
            })
            .await;
        self.ended(&mut usage, self.pool(Access::Read));
        drop(lease);
        match wal {
            // Reading the schema takes a lock, too.
            Err(error) if is_busy(&error) => Ok(Wal {
                pages: 0,
                copied: 0,
                busy: true,
            }),
            wal => wal.map_err(DatabaseError::Sqlite),
        }
    }
}

fn report(connection: &Connection, sql: &str) -> rusqlite::Result<Wal> {
    connection.prepare_cached(sql)?.query_row([], |row| {
        // Without a log SQLite says -1.
        let pages = |column| -> rusqlite::Result<u64> {
            Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
        };
        Ok(Wal {
            pages: pages(1)?,
            copied: pages(2)?,
            busy: row.get(0)?,
        })
    })
}
