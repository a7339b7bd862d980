//! The plain store that many have: objects are counted, bytes are not, and a write under way counts
//! for nothing. It follows what indexers do that were looked at for this project; a write that
//! fails ends it. With a mistake built in, it is one of the controls.

mod charge;
mod habits;
mod memory;
mod writer;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backfill::Runtime as _;
use backfill::database::{Database, DatabaseError};
use backfill::persistence::{Calls, Checkpoint, Held, Id, Keep, Position, Resumed, Row};
use tokio::sync::watch;

pub(super) use habits::Habits;
use memory::Memory;
pub(super) use memory::Of;
pub(super) use writer::Writer;

use super::outcome::counter;
use super::recorder::Recorder;
use super::world::Prices;
use crate::machine::SimRuntime;

/// The memory of a plain store; clones are the same.
#[derive(Clone)]
pub(super) struct Shared {
    memory: Arc<Mutex<Memory>>,
    changed: Arc<watch::Sender<()>>,
}

/// A plain store.
pub(super) struct Plain {
    shared: Shared,
    database: Database<SimRuntime>,
    budget: Held,
    calls: Calls<Prices, SimRuntime>,
    recorder: Recorder,
    keep: Keep,
    at: Checkpoint,
    items: u64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is held, what of it waits, and how far processing and the database are.
    pub(super) fn look(&self) -> (Held, u64, Checkpoint, Checkpoint) {
        let memory = self.lock();
        let unsaved = memory.processed.get() - memory.committed.get();
        (
            memory.level.now(),
            unsaved,
            memory.processed,
            memory.committed,
        )
    }

    pub(super) fn note(&self, recorder: &Recorder) {
        let memory = self.lock();
        recorder.most_held(memory.level.most());
        recorder.counted(counter::ROW_HITS, memory.row_hits);
        recorder.counted(counter::OUTPUT_HITS, memory.output_hits);
    }

    /// Waits until `reached` says so. Whoever fails and tells nobody lets others wait for ever.
    async fn until<T>(&self, mut reached: impl FnMut(&mut Memory) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(value) = reached(&mut self.lock()) {
                return value;
            }
            let _ = changed.changed().await;
        }
    }
}

impl Plain {
    pub(super) async fn open(
        database: Database<SimRuntime>,
        habits: Habits,
        budget: Held,
        calls: Calls<Prices, SimRuntime>,
        recorder: Recorder,
    ) -> Result<(Self, Writer, Resumed), DatabaseError> {
        let (turn, resumed) = database.write(writer::claim).await?;
        let shared = Shared {
            memory: Arc::new(Mutex::new(Memory::new(habits, resumed.committed))),
            changed: Arc::new(watch::Sender::new(())),
        };
        let writer = Writer {
            shared: shared.clone(),
            habits,
            database: database.clone(),
            turn,
            recorder: recorder.clone(),
            began_at: database.runtime().now(),
        };
        let plain = Self {
            shared,
            database,
            budget,
            calls,
            recorder,
            keep: Keep::Latest,
            at: resumed.committed,
            items: 0,
        };
        Ok((plain, writer, resumed))
    }

    pub(super) fn shared(&self) -> Shared {
        self.shared.clone()
    }

    pub(super) async fn begin(&mut self, keep: Keep) -> Result<(), String> {
        self.keep = keep;
        let runtime = self.database.runtime().clone();
        let (began_at, budget) = (runtime.now(), self.budget);
        let (mut written, mut read, mut overshot) = (0, 0, false);
        let ended = self
            .shared
            .until(|memory| {
                if let Some(error) = &memory.failed {
                    return Some(Err(error.clone()));
                }
                if memory.is_over(budget) {
                    written += memory.evict(false);
                }
                if memory.is_over(budget) {
                    read += memory.evict(true);
                }
                if !memory.is_over(budget) {
                    return Some(Ok(()));
                }
                // With an empty queue there is nothing to wait for, it takes it: what is being
                // written is forgotten.
                overshot = memory.queue.is_empty();
                overshot.then_some(Ok(()))
            })
            .await;
        let stalled = runtime.now() - began_at;
        if !stalled.is_zero() {
            self.recorder.stalled(runtime.now(), stalled);
        }
        self.recorder.evicted(written, read);
        self.recorder
            .counted(counter::OVERSHOOTS, u64::from(overshot));
        ended
    }

    pub(super) async fn load(&mut self, accounts: &[Id]) -> Result<(), String> {
        let missing: Vec<Id> = {
            let memory = self.shared.lock();
            let unknown = |id: &&Id| !memory.knows(Of::Accounts, id);
            let missing: std::collections::BTreeSet<&Id> =
                accounts.iter().filter(unknown).collect();
            missing.into_iter().cloned().collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let asked = missing.clone();
        let read = self
            .database
            .read(move |db| writer::accounts(db, &asked))
            .await;
        let rows = read.map_err(|error| error.to_string())?;
        self.recorder.loaded("accounts", &missing);
        let mut memory = self.shared.lock();
        for (id, row) in missing.into_iter().zip(rows) {
            memory.load(Of::Accounts, id, row);
        }
        Ok(())
    }

    pub(super) async fn account(&mut self, id: &Id) -> Result<Option<Row>, String> {
        loop {
            if let Some(row) = self.shared.lock().row(Of::Accounts, id) {
                return Ok(row);
            }
            self.load(std::slice::from_ref(id)).await?;
        }
    }

    pub(super) fn item(&mut self, number: Checkpoint, position: Position) {
        self.at = number;
        self.items += 1;
        self.shared.lock().positions.push((number, position));
    }

    pub(super) fn set(&mut self, of: Of, id: Id, row: Option<Row>) {
        self.recorder.added(1);
        self.shared.lock().set(of, id, self.at, row);
    }

    pub(super) async fn outputs(
        &mut self,
        wanted: Vec<(Checkpoint, Arc<str>)>,
    ) -> Result<Vec<Arc<str>>, String> {
        let mut missing = BTreeMap::new();
        for (at, input) in &wanted {
            if self.shared.lock().output(input).is_none() {
                missing.entry(Arc::clone(input)).or_insert(*at);
            }
        }
        let inputs: Vec<Arc<str>> = missing.keys().cloned().collect();
        let stored = self
            .database
            .read(move |db| writer::outputs(db, &inputs))
            .await;
        let stored = stored.map_err(|error| error.to_string())?;
        for (input, output) in stored {
            self.recorder.counted(counter::OUTPUT_LOADS, 1);
            if let Some(at) = missing.remove(&input) {
                self.shared.lock().answer(input, at, output, false);
            }
        }
        let mut running = tokio::task::JoinSet::new();
        let mut waiting = missing.into_iter();
        loop {
            while running.len() < self.calls.most_at_once() {
                let Some((input, at)) = waiting.next() else {
                    break;
                };
                let calls = self.calls.clone();
                running.spawn(async move {
                    let output = calls.call(Arc::clone(&input)).await;
                    (input, at, output)
                });
            }
            let Some(ended) = running.join_next().await else {
                break;
            };
            let (input, at, output) = ended.map_err(|error| error.to_string())?;
            let output = output.map_err(|error| error.to_string())?;
            self.recorder.called(&input);
            let store = self.calls.stores();
            self.shared.lock().answer(input, at, output, store);
        }
        let mut memory = self.shared.lock();
        let known = |(_, input): &(Checkpoint, Arc<str>)| {
            let answer = memory.output(input);
            answer.ok_or_else(|| format!("there is no output for {input}"))
        };
        wanted.iter().map(known).collect()
    }

    pub(super) fn commit(&mut self, up_to: Checkpoint) -> Result<(), String> {
        let items = std::mem::take(&mut self.items);
        {
            let mut memory = self.shared.lock();
            memory.processed = up_to;
            memory.queue.push_back(memory::Queued {
                up_to,
                items,
                keep: self.keep,
            });
        }
        self.shared.changed.send_replace(());
        let now = self.database.runtime().now();
        self.recorder.processed(now, up_to.get(), items);
        Ok(())
    }

    pub(super) async fn close(self) -> Result<(), String> {
        self.shared.lock().closing = true;
        self.shared.changed.send_replace(());
        let done = |memory: &mut Memory| match &memory.failed {
            Some(error) => Some(Err(error.clone())),
            None => memory.closed.then_some(Ok(())),
        };
        self.shared.until(done).await
    }
}
