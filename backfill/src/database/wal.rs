//! The write-ahead log: how long it is, and copying it back without keeping anybody out.
//!
//! SQLite copies the log back inside whichever commit finds it longer than 1000 pages, and whoever
//! shares that connection waits for it. A passive checkpoint on another connection does the same
//! work while readers and writers go on.

use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

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
        wal.map_err(DatabaseError::Sqlite)
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
        })
    })
}
