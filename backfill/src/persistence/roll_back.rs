//! Going back: everything after a checkpoint is undone, as if it had never been processed.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::checkpoint::Checkpoint;
use super::claim::progress;
use super::error::StoreError;
use super::event::Event;
use super::row::Row;
use super::schema::{Saved, Schema, values};
use super::state::State;
use super::store::{Shared, Store};
use super::table::Table;
use super::work::Position;
use super::write_rows::in_any_order;
use super::writer::{STORE_WRITER, is_turn_over, may_pass};
use crate::dead_letter::is_refusal;
use crate::retry::Waits;
use crate::runtime::Runtime;

impl<R: Runtime> Store<R> {
    /// Undoes everything after `target`, in memory and in the database; how far the sources were
    /// then. What was processed and not written yet is written first: what it changed may have to
    /// be undone, and what came before `target` must not be lost.
    ///
    /// Outputs of effects that were first asked for after `target` are forgotten as well.
    ///
    /// Given up before it has ended, it ends the store: open it anew.
    ///
    /// # Errors
    /// If a batch is open, no history reaches back as far, or it cannot be written; the last ends
    /// the store.
    pub async fn roll_back(&self, target: Checkpoint) -> Result<Vec<Position>, StoreError> {
        let shared = &self.shared;
        let (_writing, going_back) = loop {
            self.flush().await?;
            let writing = shared.writing.lock().await;
            let mut state = shared.state();
            shared.check_free(&state)?;
            // A batch may have been committed since.
            if !state.is_unsaved() {
                break (writing, GoingBack::begin(shared, &mut state, target)?);
            }
        };
        match self.undo_after(going_back.saved).await {
            Ok(positions) => {
                going_back.end();
                Ok(positions)
            }
            Err(error) => {
                shared.state().ended.get_or_insert(error.clone());
                Err(error)
            }
        }
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

/// Everything goes back, and nothing begins meanwhile. Given up halfway, nobody knows what the
/// database is: the store ends.
struct GoingBack<'a, R: Runtime> {
    shared: &'a Shared<R>,
    /// What the database is to be.
    saved: Saved,
}

impl<'a, R: Runtime> GoingBack<'a, R> {
    fn begin(
        shared: &'a Shared<R>,
        state: &mut State,
        target: Checkpoint,
    ) -> Result<Self, StoreError> {
        let from = state.saved.history_from;
        if target < state.saved.committed && from.is_none_or(|from| target < from) {
            return Err(StoreError::NoHistory { target, from });
        }
        let saved = Saved {
            committed: target.min(state.saved.committed),
            ..state.saved
        };
        state.going_back = Some(saved.committed);
        Ok(Self { shared, saved })
    }

    /// The database is there.
    fn end(self) {
        {
            let mut state = self.shared.state();
            state.cache.clear();
            state.saved = self.saved;
            state.processed = self.saved.committed;
            state.going_back = None;
        }
        let undone = Event::RolledBack(self.saved.committed);
        self.shared.tell(&undone);
    }
}

impl<R: Runtime> Drop for GoingBack<'_, R> {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state();
            if let Some(target) = state.going_back {
                let name = self.shared.name();
                let given_up = StoreError::GoingBack { name, target };
                state.ended.get_or_insert(given_up);
            }
        }
        self.shared.changed.send_replace(());
    }
}

impl Schema {
    /// Undoes everything after `target`; to be called in a write transaction. Rows are set in the
    /// order of their tables and deleted in the opposite one, as a write does it.
    fn undo_after(&self, connection: &Connection, target: Checkpoint) -> rusqlite::Result<()> {
        let (mut set, mut gone) = (Vec::new(), Vec::new());
        for table in &*self.tables {
            for (key, row) in table.at(connection, target)? {
                let todo = if row.is_some() { &mut set } else { &mut gone };
                todo.push((table, key, row));
            }
        }
        set.extend(gone.into_iter().rev());
        let store = |table: &Table, key: &Value, row: &Option<Row>| {
            table.store(connection, key, row.as_ref())
        };
        let left = in_any_order(set, |(table, key, row)| match store(table, key, row) {
            Err(error) if is_refusal(connection, &error) => Ok(false),
            stored => stored.map(|()| true),
        })?;
        // What the others do not help says why.
        left.iter()
            .try_for_each(|(table, key, row)| store(table, key, row))?;
        for table in &*self.tables {
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
    /// What the rows that have changed since `target` were then; `None` for those that were not
    /// there.
    fn at(
        &self,
        connection: &Connection,
        target: Checkpoint,
    ) -> rusqlite::Result<Vec<(Value, Option<Row>)>> {
        let mut changed = connection.prepare_cached(&self.history.changed_after)?;
        let keys = changed.query_map([target.stored()], |row| row.get(0))?;
        let mut at = connection.prepare_cached(&self.history.at)?;
        let then = |key: rusqlite::Result<Value>| {
            let key = key?;
            let version = at
                .query_row(params![key, target.stored()], |row| {
                    let gone: bool = row.get(0)?;
                    let row = values(row, self.columns.len())?;
                    Ok((!gone).then_some(row))
                })
                .optional()?;
            Ok((key, version.flatten()))
        };
        keys.map(then).collect()
    }
}
