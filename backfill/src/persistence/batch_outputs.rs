//! The outputs of effects that a batch asks for.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::batch::Batch;
use super::cache::Key;
use super::checkpoint::Checkpoint;
use super::effect::{Calls, Effect, EffectError};
use super::error::StoreError;
use super::event::Event;
use super::meter::{Charged, Content};
use super::work::Output;
use crate::runtime::Runtime;

impl<R: Runtime> Batch<R> {
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
}

fn no_output<E, R>(calls: &Calls<E, R>, input: &Arc<str>, source: EffectError) -> StoreError {
    StoreError::Effect {
        effect: Arc::clone(&calls.name),
        input: Arc::clone(input),
        source,
    }
}
