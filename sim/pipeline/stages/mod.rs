//! The three stages, as one process runs them on one database: each the code under test.
//!
//! All of them are in the ledger from the start, so that between two of them nobody is told that
//! all is clear. A stage that fails is started again after a while, as whoever supervises a process
//! does, and goes on from where the ledger says.

mod deriving;
mod listing;
mod processing;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backfill::Runtime as _;
use backfill::chunked::ReaderSignal;
use backfill::database::Database;
use backfill::ledger;
use backfill::persistence::Store;
use rusqlite::Connection;
use tokio::task::JoinSet;

use super::history::History;
use super::outcome::Moment;
use super::recorder::Recorder;
use super::scenario::{Model, StrategyKind};
use super::stage::Stage;
use crate::machine::SimRuntime;
use crate::strategy::chain;
use crate::upstream::Objects;

/// Until a stage that failed is started again.
const RESTART_AFTER: Duration = Duration::from_secs(5);
/// Times a stage is started again before it is given up: what fails so often will go on to.
const MOST_RESTARTS: u32 = 200;

/// The stages of one process; clones are the same ones.
#[derive(Clone)]
pub(super) struct Stages(pub(super) Arc<Parts>);

/// What stages work with.
pub(super) struct Parts {
    pub(super) model: Model,
    pub(super) kind: StrategyKind,
    pub(super) seed: u64,
    pub(super) objects: Arc<Objects>,
    pub(super) database: Database<SimRuntime>,
    /// What readers live through.
    pub(super) signal: ReaderSignal,
    pub(super) recorder: Recorder,
    /// What processing keeps, while it runs.
    pub(super) store: Mutex<Option<Store<SimRuntime>>>,
}

impl Stages {
    /// Runs all stages, in the order that the strategy says.
    pub(super) async fn run(self) -> Result<(), String> {
        self.register().await;
        match self.0.kind {
            StrategyKind::Pipelined => {
                self.all(&[Stage::Listing, Stage::Processing]).await?;
                self.all(&[Stage::Deriving]).await
            }
            StrategyKind::OneAfterAnother | StrategyKind::SingleTransaction => {
                for stage in Stage::ALL {
                    self.all(&[stage]).await?;
                }
                Ok(())
            }
            StrategyKind::DeriveEarly => {
                self.all(&[Stage::Listing]).await?;
                self.all(&[Stage::Processing, Stage::Deriving]).await
            }
        }
    }

    /// Says in the ledger what is to come, however long it takes until that can be written.
    async fn register(&self) {
        let runtime = self.runtime();
        let register = |connection: &Connection| {
            ledger::ensure(connection)?;
            let mut stages = Stage::ALL.iter();
            stages.try_for_each(|stage| ledger::register(connection, stage.migration()))
        };
        while let Err(error) = self.0.database.write(register).await {
            tracing::warn!(%error, "the ledger does not know what is to come");
            runtime.sleep(RESTART_AFTER).await;
        }
        self.0.recorder.registered(runtime.now());
    }

    /// Runs `stages` at the same time, until all are done.
    async fn all(&self, stages: &[Stage]) -> Result<(), String> {
        let mut running = JoinSet::new();
        for &stage in stages {
            running.spawn(self.clone().supervised(stage));
        }
        all(running).await
    }

    /// Runs `stage`, and starts it again when it fails.
    async fn supervised(self, stage: Stage) -> Result<(), String> {
        let runtime = self.runtime();
        self.0.recorder.began(runtime.now(), stage);
        let mut failed = 0;
        loop {
            let Err(error) = self.clone().once(stage).await else {
                break;
            };
            self.0.recorder.failed(runtime.now(), stage, &error);
            failed += 1;
            if failed > MOST_RESTARTS {
                return Err(format!("{} failed: {error}", stage.name()));
            }
            runtime.sleep(RESTART_AFTER).await;
        }
        self.0.recorder.ended(runtime.now(), stage);
        Ok(())
    }

    async fn once(self, stage: Stage) -> Result<(), String> {
        if self.is_done(stage).await? {
            return Ok(());
        }
        match stage {
            Stage::Listing => listing::list(self).await,
            Stage::Processing => processing::process(self).await,
            Stage::Deriving => deriving::derive(self).await,
        }
    }

    /// Whether the ledger says so.
    async fn is_done(&self, stage: Stage) -> Result<bool, String> {
        let done = move |connection: &Connection| is_done(connection, stage);
        let done = self.0.database.read(done).await;
        done.map_err(|error| chain(&error))
    }

    fn runtime(&self) -> SimRuntime {
        self.0.database.runtime().clone()
    }

    fn history(&self) -> History {
        History {
            transmissions: self.0.model.pipeline.transmissions,
        }
    }

    /// Looks at what processing holds, and how far it is: rows written.
    pub(super) fn look(&self) -> u64 {
        let store = self.0.store.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(store) = &*store else { return 0 };
        let held = store.held();
        self.0.recorder.most_held(store.most_held());
        self.0.recorder.moment(Moment {
            at_ns: self.runtime().now().as_nanos(),
            objects: held.objects,
            bytes: held.bytes,
        });
        store.checkpoints().committed.get()
    }

    /// Processing keeps what it knows in `store`.
    fn keep(&self, store: Store<SimRuntime>) {
        *self.0.store.lock().unwrap_or_else(PoisonError::into_inner) = Some(store);
    }

    /// What processing kept is gone: the process has ended, or was killed.
    pub(super) fn end(&self) {
        self.look();
        let mut store = self.0.store.lock().unwrap_or_else(PoisonError::into_inner);
        *store = None;
    }
}

/// Whether the ledger says that `stage` is done.
fn is_done(connection: &Connection, stage: Stage) -> rusqlite::Result<bool> {
    let entry = ledger::entry_at::<serde_json::Value>(connection, stage.migration())?;
    Ok(entry.is_some_and(|entry| entry.status == ledger::Status::Done))
}

/// Waits for all of `running`, or for the first that fails; the others are then given up.
async fn all(mut running: JoinSet<Result<(), String>>) -> Result<(), String> {
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(ended) => ended?,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    Ok(())
}
