//! A batch of items under way: what it reads and changes.
//!
//! What a batch changes is its own until it is committed: dropped before, it has never been.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cache::Key;
use super::checkpoint::Checkpoint;
use super::error::StoreError;
use super::event::Event;
use super::meter::{Charged, Content};
use super::row::{Id, Row};
use super::state::Counts;
use super::store::Shared;
use super::table::TableId;
use super::work::{Change, Keep, Output, Position, Work};
use crate::runtime::Runtime;

/// A batch of items under way.
#[derive(Debug)]
pub struct Batch<R> {
    pub(super) shared: Arc<Shared<R>>,
    keep: Keep,
    /// Everything up to here was processed before.
    pub(super) after: Checkpoint,
    /// The item under way.
    pub(super) at: Checkpoint,
    items: u64,
    changes: Vec<Change>,
    /// Where in `changes` a row is last changed.
    latest: BTreeMap<(TableId, Id), usize>,
    pub(super) outputs: BTreeMap<(Arc<str>, Arc<str>), Output>,
    /// Where each source was, and at which item.
    positions: BTreeMap<Arc<str>, Vec<(Checkpoint, u64)>>,
}

impl<R> Batch<R> {
    pub(super) const fn new(shared: Arc<Shared<R>>, keep: Keep, after: Checkpoint) -> Self {
        Self {
            shared,
            keep,
            after,
            at: after,
            items: 0,
            changes: Vec::new(),
            latest: BTreeMap::new(),
            outputs: BTreeMap::new(),
            positions: BTreeMap::new(),
        }
    }

    /// The next item is processed, at `checkpoint`. Whatever is changed from now on is its doing.
    ///
    /// # Errors
    /// If it is not after what was processed before, or before the item before it.
    pub fn item(&mut self, checkpoint: Checkpoint) -> Result<(), StoreError> {
        if checkpoint <= self.after || checkpoint < self.at {
            return Err(StoreError::Backwards {
                checkpoint,
                after: self.at.max(self.after),
            });
        }
        self.at = checkpoint;
        self.items += 1;
        Ok(())
    }

    /// With the item under way, `source` is at `position`; before the first item, with the batch.
    pub fn reached(&mut self, source: &str, position: u64) {
        let reached = self.positions.entry(source.into()).or_default();
        // One that nobody will go back to.
        let is_replaced = |at| self.keep == Keep::Latest || at == self.at || at == self.after;
        if reached.last().is_some_and(|&(at, _)| is_replaced(at)) {
            reached.pop();
        }
        reached.push((self.at, position));
    }

    /// Sets a row.
    ///
    /// # Errors
    /// If it does not have as many values as its table has columns, or no item is under way.
    pub fn set(&mut self, table: TableId, id: Id, row: Row) -> Result<(), StoreError> {
        let columns = self.shared.schema.table(table).columns.len();
        if row.values().len() != columns {
            return Err(StoreError::Columns {
                table: self.shared.schema.table(table).name.clone(),
                given: row.values().len(),
                columns,
            });
        }
        self.change(table, id, Content::Row(row))
    }

    /// Deletes a row, if it is there.
    ///
    /// # Errors
    /// If no item is under way.
    pub fn delete(&mut self, table: TableId, id: Id) -> Result<(), StoreError> {
        self.change(table, id, Content::Absent)
    }

    fn change(&mut self, table: TableId, id: Id, content: Content) -> Result<(), StoreError> {
        if self.at <= self.after {
            return Err(StoreError::Backwards {
                checkpoint: self.at,
                after: self.after,
            });
        }
        let change = Change {
            checkpoint: self.at,
            table,
            held: Charged::new(&self.shared.meter, id.bytes(), content),
            id: id.clone(),
        };
        let place = self.latest.get(&(table, id.clone())).copied();
        match place {
            // A version that nobody will ask for again.
            Some(place) if self.is_replaced(place) => self.changes[place] = change,
            _ => {
                self.latest.insert((table, id), self.changes.len());
                self.changes.push(change);
            }
        }
        Ok(())
    }

    /// Whether the change at `place` is of no use once its row is changed again.
    fn is_replaced(&self, place: usize) -> bool {
        self.keep == Keep::Latest || self.changes[place].checkpoint == self.at
    }
}

impl<R: Runtime> Batch<R> {
    /// Looks rows up that will be asked for, those that are not known yet in one read.
    ///
    /// # Errors
    /// What the database says.
    pub async fn load(&mut self, table: TableId, ids: &[Id]) -> Result<(), StoreError> {
        let missing: BTreeSet<&Id> = {
            let state = self.shared.state();
            let unknown = |id: &&Id| {
                let key = ((table, (*id).clone()), Key::Row(table, (*id).clone()));
                !self.latest.contains_key(&key.0) && !state.cache.knows(&key.1)
            };
            ids.iter().filter(unknown).collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let missing = missing.into_iter().cloned().collect();
        self.look_up(table, missing).await.map(drop)
    }

    /// Rows that are not known, in the order of their ids, as the database has them.
    async fn look_up(
        &mut self,
        table: TableId,
        missing: Vec<Id>,
    ) -> Result<Vec<Arc<Charged>>, StoreError> {
        let (schema, asked) = (self.shared.schema.clone(), missing.clone());
        let read = move |connection: &rusqlite::Connection| schema.rows(connection, table, &asked);
        let rows = self.shared.database.read(read).await;
        let rows = rows.map_err(|source| self.shared.failed("reading rows", source))?;
        let event = Event::Loaded {
            table: &self.shared.schema.table(table).name,
            ids: &missing,
        };
        self.shared.tell(&event);
        let mut state = self.shared.state();
        state.counts.row_loads += missing.len() as u64;
        let load = |(id, row): (Id, Option<Row>)| {
            let content = row.map_or(Content::Absent, Content::Row);
            let held = Charged::new(&self.shared.meter, id.bytes(), content);
            state.cache.load(Key::Row(table, id), Arc::clone(&held));
            held
        };
        Ok(missing.into_iter().zip(rows).map(load).collect())
    }

    /// A row as it is now; `None` if there is none.
    ///
    /// # Errors
    /// What the database says, if it has to be looked up.
    pub async fn get(&mut self, table: TableId, id: &Id) -> Result<Option<Row>, StoreError> {
        if let Some(&place) = self.latest.get(&(table, id.clone())) {
            self.shared.state().counts.row_hits += 1;
            return Ok(self.changes[place].held.row().cloned());
        }
        let key = Key::Row(table, id.clone());
        if let Some(held) = self.hit(&key, |counts| counts.row_hits += 1) {
            return Ok(held.row().cloned());
        }
        let found = self.look_up(table, vec![id.clone()]).await?;
        Ok(found.first().and_then(|held| held.row().cloned()))
    }

    /// What is known of `key`, counted as a hit.
    pub(super) fn hit(&self, key: &Key, count: impl FnOnce(&mut Counts)) -> Option<Arc<Charged>> {
        let mut state = self.shared.state();
        let held = state.known(key)?;
        count(&mut state.counts);
        Some(held)
    }

    /// Everything up to `up_to` is processed: what the batch changed is in memory for all that come
    /// after it, and waits to be written.
    ///
    /// # Errors
    /// If `up_to` is before the last item, or nothing is written any more.
    pub fn commit(mut self, up_to: Checkpoint) -> Result<(), StoreError> {
        if up_to <= self.after || up_to < self.at {
            return Err(StoreError::Backwards {
                checkpoint: up_to,
                after: self.at.max(self.after),
            });
        }
        let items = self.items;
        let positions = self.reached_with(up_to);
        let waits_bytes = positions.iter().map(|(_, at)| at.bytes()).sum();
        let outputs = std::mem::take(&mut self.outputs).into_values();
        let work = Work {
            up_to,
            items,
            keep: self.keep,
            changes: std::mem::take(&mut self.changes),
            // One that was asked for ahead of its item belongs to this batch all the same.
            outputs: outputs
                .map(|output| Output {
                    checkpoint: output.checkpoint.min(up_to),
                    ..output
                })
                .collect(),
            positions,
            _waits: Charged::new(&self.shared.meter, waits_bytes, Content::Absent),
        };
        {
            let mut state = self.shared.state();
            if let Some(error) = &state.ended {
                return Err(error.clone());
            }
            state.push(work);
        }
        self.shared.changed.send_replace(());
        self.shared.tell(&Event::Processed { up_to, items });
        Ok(())
    }
}

impl<R> Batch<R> {
    /// Where sources were, and at which checkpoint: without an item, with the batch.
    fn reached_with(&mut self, up_to: Checkpoint) -> Vec<(Checkpoint, Position)> {
        let after = self.after;
        let all = std::mem::take(&mut self.positions).into_iter();
        let of_source = |(source, reached): (Arc<str>, Vec<(Checkpoint, u64)>)| {
            reached.into_iter().map(move |(at, position)| {
                let source = Arc::clone(&source);
                let at = if at > after { at } else { up_to };
                (at, Position { source, position })
            })
        };
        all.flat_map(of_source).collect()
    }
}

impl<R> Drop for Batch<R> {
    fn drop(&mut self) {
        self.shared.state().batch_open = false;
    }
}
