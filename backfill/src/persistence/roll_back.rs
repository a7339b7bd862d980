//! Going back: everything after a checkpoint is undone, as if it had never been processed.

use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};

use super::checkpoint::Checkpoint;
use super::claim::progress;
use super::error::StoreError;
use super::event::Event;
use super::row::Row;
use super::schema::{Saved, Schema, values};
use super::store::Store;
use super::table::Table;
use super::work::Position;
use super::writer::{STORE_WRITER, is_turn_over, may_pass};
use crate::retry::Waits;
use crate::runtime::Runtime;

impl<R: Runtime> Store<R> {
    /// Undoes everything after `target`, in memory and in the database; how far the sources were
    /// then. What was processed and not written yet is written first: what it changed may have to
    /// be undone, and what came before `target` must not be lost.
    ///
    /// Outputs of effects that were first asked for after `target` are forgotten as well.
    ///
    /// # Errors
    /// If a batch is open, no history reaches back as far, or it cannot be written.
    pub async fn roll_back(&self, target: Checkpoint) -> Result<Vec<Position>, StoreError> {
        let shared = &self.shared;
        let (_writing, saved) = loop {
            self.flush().await?;
            let writing = shared.writing.lock().await;
            let state = shared.state();
            if state.batch_open {
                let name = shared.name();
                return Err(StoreError::BatchOpen { name });
            }
            // A batch may have been committed since.
            if !state.is_unsaved() {
                break (writing, state.saved);
            }
        };
        let from = saved.history_from;
        if target < saved.committed && from.is_none_or(|from| target < from) {
            return Err(StoreError::NoHistory { target, from });
        }
        let saved = Saved {
            committed: target.min(saved.committed),
            ..saved
        };
        let positions = self.undo_after(saved).await?;
        {
            let mut state = shared.state();
            state.cache.clear();
            state.saved = saved;
            state.processed = saved.committed;
        }
        shared.changed.send_replace(());
        shared.tell(&Event::RolledBack(saved.committed));
        Ok(positions)
    }

    /// Makes the database what is `saved`, tried again while it may pass.
    async fn undo_after(&self, saved: Saved) -> Result<Vec<Position>, StoreError> {
        let shared = &self.shared;
        let waits = Waits::new(shared.settings.retry);
        let mut retries = 0;
        loop {
            let (schema, turn) = (shared.schema.clone(), shared.turn.clone());
            let (last, worked) = (shared.settings.last, shared.now() - shared.began_at);
            let work = move |connection: &Connection| {
                schema.undo_after(connection, saved.committed)?;
                turn.advance(connection, &saved, progress(saved.committed, last), worked)?;
                schema.positions(connection)
            };
            let error = match shared.database.named(STORE_WRITER).write(work).await {
                Ok(positions) => return Ok(positions),
                Err(error) if may_pass(&error) => error,
                Err(error) if is_turn_over(&error) => {
                    let name = shared.name();
                    return Err(StoreError::TurnOver { name });
                }
                Err(error) => return Err(shared.failed("going back", error)),
            };
            let wait = waits.before(retries.min(16));
            tracing::warn!(name = shared.name(), %error, ?wait, "going back is tried again");
            retries += 1;
            shared.database.runtime().sleep(wait).await;
        }
    }
}

impl Schema {
    /// Undoes everything after `target`; to be called in a write transaction. Rows are deleted
    /// from the last table to the first and then set the other way round, so that a table may
    /// refer to those before it.
    fn undo_after(&self, connection: &Connection, target: Checkpoint) -> rusqlite::Result<()> {
        let mut set = Vec::new();
        for table in self.tables.iter().rev() {
            set.push((table, table.delete_after(connection, target)?));
        }
        for (table, rows) in set.into_iter().rev() {
            let mut upsert = connection.prepare_cached(&table.upsert)?;
            for (key, row) in rows {
                let first: [&dyn ToSql; 1] = [&key];
                let columns = row.values().iter().map(|value| value as &dyn ToSql);
                upsert.execute(params_from_iter(first.into_iter().chain(columns)))?;
            }
            connection
                .prepare_cached(&table.history.forget_after)?
                .execute([target.stored()])?;
        }
        for sql in [
            "DELETE FROM _store_outputs WHERE store = ?1 AND checkpoint > ?2",
            "DELETE FROM _store_positions WHERE store = ?1 AND checkpoint > ?2",
            "DELETE FROM _dead_letters WHERE store = ?1 AND checkpoint > ?2",
        ] {
            connection
                .prepare_cached(sql)?
                .execute(params![self.name, target.stored()])?;
        }
        Ok(())
    }
}

impl Table {
    /// Deletes the rows that were not there at `target`; what the others were then, of those that
    /// have changed since.
    fn delete_after(
        &self,
        connection: &Connection,
        target: Checkpoint,
    ) -> rusqlite::Result<Vec<(rusqlite::types::Value, Row)>> {
        let mut changed = connection.prepare_cached(&self.history.changed_after)?;
        let keys: Vec<rusqlite::types::Value> = changed
            .query_map([target.stored()], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut at = connection.prepare_cached(&self.history.at)?;
        let mut delete = connection.prepare_cached(&self.delete)?;
        let mut set = Vec::new();
        for key in keys {
            let then = at
                .query_row(params![key, target.stored()], |row| {
                    let gone: bool = row.get(0)?;
                    let row = values(row, self.columns.len())?;
                    Ok((!gone).then_some(row))
                })
                .optional()?;
            match then.flatten() {
                Some(row) => set.push((key, row)),
                None => drop(delete.execute([&key])?),
            }
        }
        Ok(set)
    }
}
