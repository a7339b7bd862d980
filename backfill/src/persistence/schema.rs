//! The tables of a store, and those it keeps beside them.
//!
//! Beside the table `t` there is `_history_t`, with what its rows were at every checkpoint since a
//! history is kept. Outputs of effects, positions of sources, metadata and dead letters are in
//! tables that all stores of a database share.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::checkpoint::Checkpoint;
use super::row::{Id, Row};
use super::table::{Table, TableId};
use super::work::Position;
use crate::dead_letter;

/// What is in the database, as the ledger says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Saved {
    /// Everything up to here, and nothing of what comes after.
    pub(super) committed: Checkpoint,
    /// From where on there is a history, if there is one that reaches until now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) history_from: Option<Checkpoint>,
}

/// The tables of a store.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    /// The store's name.
    pub(super) name: Arc<str>,
    pub(super) tables: Arc<[Table]>,
    /// How many checkpoints back the history has to reach; `None` keeps all of it.
    pub(super) history_depth: Option<u64>,
}

impl Schema {
    pub(super) fn table(&self, id: TableId) -> &Table {
        &self.tables[id.0]
    }

    /// What it is, so that another store of the same name is told apart.
    pub(super) fn described(&self) -> String {
        let tables: Vec<&str> = self.tables.iter().map(Table::described).collect();
        format!("store of {}", tables.join("; "))
    }

    /// Creates what belongs to the store, and checks that its tables are there.
    pub(super) fn prepare(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS _store_outputs(
               store TEXT NOT NULL, effect TEXT NOT NULL, input TEXT NOT NULL,
               output TEXT NOT NULL, checkpoint INTEGER NOT NULL,
               PRIMARY KEY(store, effect, input)) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS _store_positions(
               store TEXT NOT NULL, source TEXT NOT NULL, checkpoint INTEGER NOT NULL,
               position INTEGER NOT NULL,
               PRIMARY KEY(store, source, checkpoint)) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS _store_metadata(
               store TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
               PRIMARY KEY(store, key)) WITHOUT ROWID;",
        )?;
        dead_letter::ensure(connection)?;
        self.tables
            .iter()
            .try_for_each(|table| table.prepare(connection))
    }

    /// The rows of a table with these ids, in their order; `None` where there is none.
    pub(super) fn rows(
        &self,
        connection: &Connection,
        table: TableId,
        ids: &[Id],
    ) -> rusqlite::Result<Vec<Option<Row>>> {
        let table = self.table(table);
        let mut select = connection.prepare_cached(&table.select)?;
        ids.iter()
            .map(|id| {
                select
                    .query_row([id], |row| values(row, table.columns.len()))
                    .optional()
            })
            .collect()
    }

    /// The outputs of an effect for these inputs, in their order; `None` where there is none.
    pub(super) fn outputs(
        &self,
        connection: &Connection,
        effect: &str,
        inputs: &[Arc<str>],
    ) -> rusqlite::Result<Vec<Option<Arc<str>>>> {
        let mut select = connection.prepare_cached(
            "SELECT output FROM _store_outputs WHERE store = ?1 AND effect = ?2 AND input = ?3",
        )?;
        inputs
            .iter()
            .map(|input| {
                select
                    .query_row(params![self.name, effect, input], |row| row.get(0))
                    .optional()
            })
            .collect()
    }

    /// How far every source is, in the order of their names.
    pub(super) fn positions(&self, connection: &Connection) -> rusqlite::Result<Vec<Position>> {
        // With max(), SQLite takes the other columns from the row that has it.
        let mut select = connection.prepare_cached(
            "SELECT source, position, max(checkpoint) FROM _store_positions
             WHERE store = ?1 GROUP BY source ORDER BY source",
        )?;
        let found = select.query_map([&self.name], |row| {
            Ok(Position {
                source: row.get(0)?,
                // As it was stored: the larger half of all counts is negative there.
                position: row.get::<_, i64>(1)?.cast_unsigned(),
            })
        })?;
        found.collect()
    }

    /// The metadata, as it is stored.
    pub(super) fn metadata(
        &self,
        connection: &Connection,
    ) -> rusqlite::Result<Vec<(Arc<str>, Arc<str>)>> {
        let mut select =
            connection.prepare_cached("SELECT key, value FROM _store_metadata WHERE store = ?1")?;
        let found = select.query_map([&self.name], |row| Ok((row.get(0)?, row.get(1)?)))?;
        found.collect()
    }
}

/// The `count` columns of `row` behind the first.
pub(super) fn values(row: &rusqlite::Row<'_>, count: usize) -> rusqlite::Result<Row> {
    let values: rusqlite::Result<Vec<_>> = (1..=count).map(|index| row.get(index)).collect();
    values.map(Row::new)
}
