//! Where objects are stored.

use std::sync::Arc;

use rusqlite::{Connection, params};

use super::api::Item;
use crate::identifier::quoted;

/// How an object becomes a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sink {
    create: Option<Arc<str>>,
    insert: Arc<str>,
}

impl Sink {
    /// Rows of the table `name`, with the columns `id`, `created` and `body`; created where there
    /// is none. A row that is there already stays as it is: what somebody else has written since
    /// the backfill began is newer than any page.
    #[must_use]
    pub fn table(name: &str) -> Self {
        let quoted = quoted(name);
        Self {
            create: Some(
                format!(
                    "CREATE TABLE IF NOT EXISTS {quoted}(
                       id TEXT PRIMARY KEY NOT NULL, created INTEGER, body TEXT NOT NULL)"
                )
                .into(),
            ),
            insert: format!(
                "INSERT INTO {quoted}(id, created, body) VALUES (?1, ?2, ?3)
                 ON CONFLICT(id) DO NOTHING"
            )
            .into(),
        }
    }

    /// What `insert` makes of an object: `?1` is its id, `?2` when it was created, `?3` all of it.
    /// It must do no harm when it is given the same object again, which happens after a crash.
    #[must_use]
    pub fn sql(insert: &str) -> Self {
        Self {
            create: None,
            insert: insert.into(),
        }
    }

    /// What it does, in SQL.
    #[must_use]
    pub fn insert(&self) -> &str {
        &self.insert
    }

    /// Creates what is to be created.
    pub(super) fn prepare(&self, connection: &Connection) -> rusqlite::Result<()> {
        match &self.create {
            Some(create) => connection.execute_batch(create),
            None => connection.prepare(&self.insert).map(drop),
        }
    }

    /// Stores `items`; how many rows that changed.
    pub(super) fn store(&self, connection: &Connection, items: &[Item]) -> rusqlite::Result<u64> {
        let mut insert = connection.prepare_cached(&self.insert)?;
        let mut changed = 0;
        for item in items {
            changed += insert.execute(params![item.id, item.created, item.body])?;
        }
        Ok(changed as u64)
    }
}
