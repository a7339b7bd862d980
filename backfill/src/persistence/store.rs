//! A store: rows and outputs in memory, written behind processing.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::watch;

use super::batch::Batch;
use super::checkpoint::Checkpoint;
use super::claim::Claim;
use super::error::StoreError;
use super::event::{Event, Evicted};
use super::metadata::Metadata;
use super::meter::{Held, Meter};
use super::schema::Schema;
use super::settings::Settings;
use super::state::{Counts, State};
use super::work::{Keep, Position};
use super::writer::Writer;
use crate::database::{Database, DatabaseError};
use crate::ledger::Turn;
use crate::runtime::Runtime;
use crate::time::Instant;

/// Where a store goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resumed {
    /// What is in the database: the next item is the one after it.
    pub committed: Checkpoint,
    /// How far the sources are, in the order of their names.
    pub positions: Vec<Position>,
}

/// Rows and outputs, in memory and behind it in a database. Clones are the same store.
#[derive(Debug)]
pub struct Store<R> {
    pub(super) shared: Arc<Shared<R>>,
}

impl<R> Clone for Store<R> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

/// What a store, its batches and its writer share.
pub(super) struct Shared<R> {
    pub(super) database: Database<R>,
    pub(super) schema: Schema,
    pub(super) settings: Settings,
    pub(super) meter: Arc<Meter>,
    state: Mutex<State>,
    /// Told of every change that somebody may wait for. Whoever waits looks at the state after it
    /// has begun to listen, so no change is missed.
    pub(super) changed: watch::Sender<()>,
    /// Held while the database is written: by the writer, or by whoever goes back.
    pub(super) writing: tokio::sync::Mutex<()>,
    pub(super) turn: Turn,
    pub(super) began_at: Instant,
}

impl<R> fmt::Debug for Shared<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("schema", &self.schema)
            .field("held", &self.meter.now())
            .finish_non_exhaustive()
    }
}

impl<R> Shared<R> {
    /// The state is valid after every call that changes it, so a panic elsewhere while it was
    /// locked spoils nothing.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn name(&self) -> String {
        self.schema.name.to_string()
    }

    /// Whether a batch may begin, or everything go back.
    pub(super) fn check_free(&self, state: &State) -> Result<(), StoreError> {
        let name = || self.name();
        match (&state.ended, state.going_back) {
            (Some(error), _) => Err(error.clone()),
            (None, _) if state.closing => Err(StoreError::Closed { name: name() }),
            (None, Some(target)) => Err(StoreError::GoingBack {
                name: name(),
                target,
            }),
            (None, None) if state.batch_open => Err(StoreError::BatchOpen { name: name() }),
            (None, None) => Ok(()),
        }
    }

    /// What an error of the database is to whoever did `what`.
    pub(super) fn failed(&self, what: &'static str, source: DatabaseError) -> StoreError {
        StoreError::Database {
            name: self.name(),
            what,
            source: Arc::new(source),
        }
    }
}

impl<R: Runtime> Shared<R> {
    pub(super) fn now(&self) -> Instant {
        self.database.runtime().now()
    }

    pub(super) fn tell(&self, event: &Event<'_>) {
        self.settings.watcher.see(self.now(), event);
    }

    /// Waits until `reached` says so, or until nothing is written any more.
    pub(super) async fn until<T>(
        &self,
        mut reached: impl FnMut(&mut State) -> Option<T>,
    ) -> Result<T, StoreError> {
        let mut changed = self.changed.subscribe();
        loop {
            {
                let mut state = self.state();
                if let Some(value) = reached(&mut state) {
                    return Ok(value);
                }
                if let Some(error) = &state.ended {
                    return Err(error.clone());
                }
            }
            // The sender lives as long as we do.
            let _ = changed.changed().await;
        }
    }
}

impl<R: Runtime> Store<R> {
    /// Opens the store over `database`, where it was left. Nothing is written until the
    /// [`Writer`] runs.
    ///
    /// # Errors
    /// If another process writes under the name, the name was something else, or the tables are
    /// not there.
    pub async fn open(
        database: Database<R>,
        mut settings: Settings,
    ) -> Result<(Self, Writer<R>, Resumed), StoreError> {
        let schema = Schema {
            name: Arc::clone(&settings.name),
            tables: std::mem::take(&mut settings.tables).into(),
            history_depth: settings.history_depth,
        };
        let (stale_after, last) = (settings.stale_after, settings.last);
        let of = schema.clone();
        let stake = move |connection: &Connection| Claim::stake(connection, &of, stale_after, last);
        let name = schema.name.to_string();
        let claim = database.write(stake).await;
        let claim = claim.map_err(|source| StoreError::Database {
            name: name.clone(),
            what: "opening",
            source: Arc::new(source),
        })?;
        let opened = match claim {
            Claim::Held(holder) => return Err(StoreError::Held { name, holder }),
            Claim::OtherJob(was) => return Err(StoreError::OtherJob { name, was }),
            Claim::From(opened) => *opened,
        };
        let shared = Arc::new(Shared {
            began_at: database.runtime().now(),
            database,
            schema,
            settings,
            meter: Arc::default(),
            state: Mutex::new(State::new(opened.saved, Metadata::stored(opened.metadata))),
            changed: watch::Sender::new(()),
            writing: tokio::sync::Mutex::new(()),
            turn: opened.turn,
        });
        let resumed = Resumed {
            committed: opened.saved.committed,
            positions: opened.positions,
        };
        let store = Self {
            shared: Arc::clone(&shared),
        };
        Ok((store, Writer::new(shared), resumed))
    }

    /// Begins a batch of items. Waits while memory is full and a write would make room.
    ///
    /// # Errors
    /// If a batch is open, everything goes back, or nothing is written any more.
    pub async fn begin(&self, keep: Keep) -> Result<Batch<R>, StoreError> {
        let shared = &self.shared;
        shared.check_free(&shared.state())?;
        self.room().await?;
        let mut state = shared.state();
        shared.check_free(&state)?;
        state.batch_open = true;
        Ok(Batch::new(Arc::clone(shared), keep, state.processed))
    }

    /// Waits until there is room for a batch, or nothing is left that would make any.
    async fn room(&self) -> Result<(), StoreError> {
        let shared = &self.shared;
        let (budget, began_at) = (shared.settings.budget, shared.now());
        let mut evicted = Evicted::default();
        let overshot = shared
            .until(|state| {
                // Whatever is in memory is of no use any more.
                if state.ended.is_some() {
                    return None;
                }
                let gone = state.evict(&budget, &shared.meter);
                evicted.written += gone.written;
                evicted.read += gone.read;
                if state.has_room(&budget, &shared.meter) {
                    return Some(None);
                }
                (!state.is_unsaved()).then(|| Some(shared.meter.now()))
            })
            .await?;
        let stalled = shared.now() - began_at;
        {
            let mut state = shared.state();
            state.counts.stalled += stalled;
            state.counts.overshoots += u64::from(overshot.is_some());
        }
        if evicted != Evicted::default() {
            shared.tell(&Event::Evicted(evicted));
        }
        if !stalled.is_zero() {
            shared.tell(&Event::Stalled(stalled));
        }
        if let Some(held) = overshot {
            shared.tell(&Event::Overshot(held));
        }
        Ok(())
    }

    /// Stages a fact about the sources, to be written with the next batch, or alone in a while.
    pub fn stage_metadata(&self, key: &str, value: &str) {
        let staged = self.shared.state().metadata.stage(key.into(), value.into());
        if staged {
            self.shared.changed.send_replace(());
        }
    }

    /// The fact staged last under `key`, by this run or an earlier one.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<Arc<str>> {
        self.shared.state().metadata.get(key)
    }

    /// Waits until everything processed so far is in the database.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let _flushing = Flushing::begin(&self.shared);
        self.shared
            .until(|state| state.is_saved().then_some(()))
            .await
    }

    /// Waits until everything processed is in the database, and ends the writer with the news that
    /// all is done. No batch begins after it.
    ///
    /// # Errors
    /// If it cannot be written, a batch is open, or everything goes back.
    pub async fn close(self) -> Result<(), StoreError> {
        {
            let mut state = self.shared.state();
            if !state.closing {
                self.shared.check_free(&state)?;
            }
            state.closing = true;
            self.shared.changed.send_replace(());
        }
        let done = |state: &mut State| match &state.ended {
            Some(StoreError::Closed { .. }) if state.is_saved() => Some(()),
            _ => None,
        };
        self.shared.until(done).await
    }

    /// What is held in memory.
    #[must_use]
    pub fn held(&self) -> Held {
        self.shared.meter.now()
    }

    /// The most that was ever held of either.
    #[must_use]
    pub fn most_held(&self) -> Held {
        self.shared.meter.most()
    }

    /// Rows and outputs that wait to be written or are being written.
    #[must_use]
    pub fn unsaved(&self) -> u64 {
        self.shared.state().unsaved_objects
    }

    /// What has happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.state().counts
    }

    /// How far processing is, and how far the database.
    #[must_use]
    pub fn checkpoints(&self) -> Checkpoints {
        let state = self.shared.state();
        Checkpoints {
            processed: state.processed,
            committed: state.saved.committed,
        }
    }
}

/// How far a store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checkpoints {
    /// What is processed.
    pub processed: Checkpoint,
    /// What is in the database; never more.
    pub committed: Checkpoint,
}

/// Somebody waits for everything to be written, metadata included.
struct Flushing<'a, R>(&'a Shared<R>);

impl<'a, R> Flushing<'a, R> {
    fn begin(shared: &'a Shared<R>) -> Self {
        shared.state().flushing += 1;
        shared.changed.send_replace(());
        Self(shared)
    }
}

impl<R> Drop for Flushing<'_, R> {
    fn drop(&mut self) {
        self.0.state().flushing -= 1;
    }
}
