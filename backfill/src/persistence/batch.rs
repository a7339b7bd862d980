//! A batch of items under way: what it reads and changes.
//!
//! What a batch changes is its own until it is committed: dropped before, it has never been.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::cache::Key;
use super::checkpoint::Checkpoint;
use super::effect::{Calls, Effect, EffectError};
use super::error::StoreError;
use super::event::Event;
use super::meter::{Charged, Content};
use super::row::{Id, Row};
use super::store::Shared;
use super::table::TableId;
use super::work::{Change, Keep, Output, Position, Work};
use crate::runtime::Runtime;

/// A batch of items under way.
#[derive(Debug)]
pub struct Batch<R> {
    shared: Arc<Shared<R>>,
    keep: Keep,
    /// Everything up to here was processed before.
    after: Checkpoint,
    /// The item under way.
    at: Checkpoint,
    items: u64,
    changes: Vec<Change>,
    /// Where in `changes` a row is last changed.
    latest: BTreeMap<(TableId, Id), usize>,
    outputs: BTreeMap<(Arc<str>, Arc<str>), Output>,
    positions: Vec<(Checkpoint, Position)>,
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
            positions: Vec::new(),
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
        let source = source.into();
        let reached = Position { source, position };
        self.positions.push((self.at, reached));
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
        let mut missing: Vec<Id> = {
            let state = self.shared.state();
            let unknown = |id: &&Id| {
                let key = ((table, (*id).clone()), Key::Row(table, (*id).clone()));
                !self.latest.contains_key(&key.0) && !state.cache.knows(&key.1)
            };
            ids.iter().filter(unknown).cloned().collect()
        };
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
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
        for (id, row) in missing.into_iter().zip(rows) {
            let content = row.map_or(Content::Absent, Content::Row);
            let held = Charged::new(&self.shared.meter, id.bytes(), content);
            state.cache.load(Key::Row(table, id), held);
        }
        Ok(())
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
        self.load(table, std::slice::from_ref(id)).await?;
        let held = self.shared.state().known(&key);
        Ok(held.and_then(|held| held.row().cloned()))
    }

    fn hit(
        &self,
        key: &Key,
        count: impl FnOnce(&mut super::state::Counts),
    ) -> Option<Arc<Charged>> {
        let mut state = self.shared.state();
        let held = state.known(key)?;
        count(&mut state.counts);
        Some(held)
    }

    /// The output of an effect for the item under way. The effect is called only if its output is
    /// neither in memory nor in the database.
    ///
    /// # Errors
    /// If it has none, or what the database says.
    pub async fn output<E: Effect>(
        &mut self,
        calls: &Calls<E, R>,
        input: &str,
    ) -> Result<Arc<str>, StoreError> {
        let input: Arc<str> = input.into();
        let wanted = [(self.at, Arc::clone(&input))];
        let mut outputs = self.outputs(calls, wanted).await?;
        Ok(outputs.swap_remove(0))
    }

    /// The outputs of an effect, in the order of the inputs: several are called at a time. With
    /// each input the checkpoint of the item that asks for it.
    ///
    /// # Errors
    /// The first that has none, or what the database says.
    pub async fn outputs<E: Effect>(
        &mut self,
        calls: &Calls<E, R>,
        wanted: impl IntoIterator<Item = (Checkpoint, Arc<str>)>,
    ) -> Result<Vec<Arc<str>>, StoreError> {
        let wanted: Vec<(Checkpoint, Arc<str>)> = wanted.into_iter().collect();
        let mut known: BTreeMap<Arc<str>, Arc<Charged>> = BTreeMap::new();
        let mut missing: BTreeMap<Arc<str>, Checkpoint> = BTreeMap::new();
        for (checkpoint, input) in &wanted {
            if let Some(held) = self.known_output(&calls.name, input) {
                known.insert(Arc::clone(input), held);
            } else {
                let first = missing.entry(Arc::clone(input)).or_insert(*checkpoint);
                *first = (*first).min(*checkpoint);
            }
        }
        if calls.cached && !missing.is_empty() {
            for (input, held) in self.load_outputs(&calls.name, &missing).await? {
                missing.remove(&input);
                known.insert(input, held);
            }
        }
        for (input, held) in self.call(calls, missing).await? {
            known.insert(input, held);
        }
        let text = |(_, input): &(Checkpoint, Arc<str>)| {
            let held = known.get(input);
            match held.map(|held| &held.content) {
                Some(Content::Output(output)) => Arc::clone(output),
                _ => unreachable!("what is kept under an effect's name is an output"),
            }
        };
        Ok(wanted.iter().map(text).collect())
    }

    fn known_output(&self, effect: &Arc<str>, input: &Arc<str>) -> Option<Arc<Charged>> {
        let key = (Arc::clone(effect), Arc::clone(input));
        if let Some(output) = self.outputs.get(&key) {
            self.shared.state().counts.output_hits += 1;
            return Some(Arc::clone(&output.held));
        }
        self.hit(&Key::Output(key.0, key.1), |counts| counts.output_hits += 1)
    }

    /// What the database has of the missing ones.
    async fn load_outputs(
        &self,
        effect: &Arc<str>,
        missing: &BTreeMap<Arc<str>, Checkpoint>,
    ) -> Result<Vec<(Arc<str>, Arc<Charged>)>, StoreError> {
        let inputs: Vec<Arc<str>> = missing.keys().cloned().collect();
        let (schema, asked, of) = (
            self.shared.schema.clone(),
            inputs.clone(),
            Arc::clone(effect),
        );
        let read = move |connection: &rusqlite::Connection| schema.outputs(connection, &of, &asked);
        let found = self.shared.database.read(read).await;
        let found = found.map_err(|source| self.shared.failed("reading outputs", source))?;
        let mut state = self.shared.state();
        let mut loaded = Vec::new();
        for (input, output) in inputs.into_iter().zip(found) {
            let Some(output) = output else { continue };
            let key = Key::Output(Arc::clone(effect), Arc::clone(&input));
            let content = Content::Output(output);
            let held = Charged::new(&self.shared.meter, key.bytes(), content);
            state.counts.output_loads += 1;
            state.cache.load(key, Arc::clone(&held));
            loaded.push((input, held));
        }
        Ok(loaded)
    }

    /// Calls the effect for the missing ones. Those under way when one fails are given up.
    async fn call<E: Effect>(
        &mut self,
        calls: &Calls<E, R>,
        missing: BTreeMap<Arc<str>, Checkpoint>,
    ) -> Result<Vec<(Arc<str>, Arc<Charged>)>, StoreError> {
        let mut waiting = missing.into_iter();
        let mut running = JoinSet::new();
        let mut called = Vec::new();
        loop {
            while running.len() < calls.at_once {
                let Some((input, checkpoint)) = waiting.next() else {
                    break;
                };
                let calls = calls.clone();
                running.spawn(async move {
                    let output = calls.call(Arc::clone(&input)).await;
                    (input, checkpoint, output)
                });
            }
            let (input, checkpoint, output) = match running.join_next().await {
                None => return Ok(called),
                Some(Ok(answer)) => answer,
                Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
            };
            let output = output.map_err(|source| no_output(calls, &input, source))?;
            let held = self.called(calls, &input, checkpoint, output);
            called.push((input, held));
        }
    }

    /// An effect has answered.
    fn called<E: Effect>(
        &mut self,
        calls: &Calls<E, R>,
        input: &Arc<str>,
        checkpoint: Checkpoint,
        output: Arc<str>,
    ) -> Arc<Charged> {
        let key = (Arc::clone(&calls.name), Arc::clone(input));
        let bytes = (key.0.len() + key.1.len()) as u64;
        let held = Charged::new(&self.shared.meter, bytes, Content::Output(output));
        let output = Output {
            checkpoint: checkpoint.max(self.after.next()),
            effect: Arc::clone(&key.0),
            input: Arc::clone(&key.1),
            held: Arc::clone(&held),
            cached: calls.cached,
        };
        self.outputs.insert(key, output);
        self.shared.state().counts.calls += 1;
        self.shared.tell(&Event::Called {
            effect: &calls.name,
            input,
        });
        held
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
        let (after, positions) = (self.after, std::mem::take(&mut self.positions));
        // What was reached without an item is so with the batch.
        let of_item = |(at, reached)| (if at > after { at } else { up_to }, reached);
        let positions = positions.into_iter().map(of_item).collect();
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

impl<R> Drop for Batch<R> {
    fn drop(&mut self) {
        self.shared.state().batch_open = false;
    }
}

fn no_output<E, R>(calls: &Calls<E, R>, input: &Arc<str>, source: EffectError) -> StoreError {
    StoreError::Effect {
        effect: Arc::clone(&calls.name),
        input: Arc::clone(input),
        source,
    }
}
