//! Backfills of one process: each runs once, and not too many at a time.
//!
//! A second start of a name gets the handle of the first. Those that wait for their turn are in the
//! ledger as pending, so that who looks at it knows what is to come. A backfill that panics has
//! failed; whoever started it is not harmed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::chunked::{Backfill, BackfillError, Progress, Report};
use crate::database::Database;
use crate::ledger;
use crate::panic::{caught, message};
use crate::runtime::Runtime;

/// How a backfill ended; all who wait for it share the answer.
pub type Ended = Arc<Result<Report, BackfillError>>;

/// Starts backfills on one database; clones share what is under way.
#[derive(Clone)]
pub struct Runner<R> {
    database: Database<R>,
    turns: Arc<Semaphore>,
    under_way: Arc<Mutex<BTreeMap<String, Handle>>>,
}

/// A backfill that was started; clones speak of the same one.
#[derive(Clone, Debug)]
pub struct Handle {
    name: Arc<str>,
    cancel: CancellationToken,
    progress: watch::Receiver<Option<Progress>>,
    ended: watch::Receiver<Option<Ended>>,
}

impl<R: Runtime> Runner<R> {
    /// Starts backfills on `database`, one at a time: two at once are twice the load on readers.
    #[must_use]
    pub fn new(database: Database<R>) -> Self {
        Self {
            database,
            turns: Arc::new(Semaphore::new(1)),
            under_way: Arc::default(),
        }
    }

    /// Runs as many at a time; at least one.
    #[must_use]
    pub fn at_once(mut self, backfills: usize) -> Self {
        self.turns = Arc::new(Semaphore::new(backfills.max(1)));
        self
    }

    /// Starts `backfill`, unless one of its name is under way; the handle of the one that is.
    #[must_use]
    pub fn start(&self, backfill: Backfill<R>) -> Handle {
        let name: Arc<str> = backfill.name().into();
        let mut under_way = self.lock();
        if let Some(handle) = under_way.get(&*name) {
            return handle.clone();
        }
        let (tell, progress) = watch::channel(None);
        let (end, ended) = watch::channel(None);
        let (backfill, cancel) = backfill.telling(tell);
        let handle = Handle {
            name,
            cancel,
            progress,
            ended,
        };
        under_way.insert(handle.name.to_string(), handle.clone());
        drop(under_way);
        let (this, started) = (self.clone(), handle.clone());
        tokio::spawn(async move {
            let result = match caught(Box::pin(this.run(backfill, &started))).await {
                Ok(result) => result,
                Err(panic) => Err(BackfillError::Panicked {
                    name: started.name.to_string(),
                    message: message(&*panic),
                    processed: started.progress().map_or(0, |progress| progress.processed),
                }),
            };
            this.lock().remove(&*started.name);
            end.send_replace(Some(Arc::new(result)));
        });
        handle
    }

    /// What is under way, in the order of names.
    #[must_use]
    pub fn under_way(&self) -> Vec<Handle> {
        self.lock().values().cloned().collect()
    }

    async fn run(&self, backfill: Backfill<R>, handle: &Handle) -> Result<Report, BackfillError> {
        let turn = match self.turns.try_acquire() {
            Ok(turn) => Some(turn),
            Err(_) => {
                self.register(&handle.name).await;
                // Nobody closes the semaphore; one who is cancelled while he waits has no turn.
                tokio::select! {
                    biased;
                    () = handle.cancel.cancelled() => None,
                    turn = self.turns.acquire() => turn.ok(),
                }
            }
        };
        let ended = backfill.run().await;
        drop(turn);
        if let Err(error) = &ended {
            self.give_up(&handle.name, error).await;
        }
        ended
    }

    /// Says in the ledger that a backfill which waited cannot run. One that ran has said so itself.
    async fn give_up(&self, name: &Arc<str>, error: &BackfillError) {
        let (waiting, said) = (Arc::clone(name), error.to_string());
        let noted = self.database.write(move |connection| {
            if connection.table_exists(None, "_async_migrations")? {
                ledger::give_up(connection, &waiting, &said)?;
            }
            Ok(())
        });
        if let Err(error) = noted.await {
            tracing::warn!(%name, %error, "the ledger does not know that the backfill cannot run");
        }
    }

    /// Says in the ledger that a backfill waits. It will run all the same if that fails.
    async fn register(&self, name: &Arc<str>) {
        let waiting = Arc::clone(name);
        let noted = self.database.write(move |connection| {
            ledger::ensure(connection)?;
            ledger::register(connection, &waiting)
        });
        if let Err(error) = noted.await {
            tracing::warn!(%name, %error, "the ledger does not know that the backfill waits");
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Handle>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle {
    /// The backfill's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells it to stop. A later start goes on from there.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// How far it is; `None` before its first chunk.
    #[must_use]
    pub fn progress(&self) -> Option<Progress> {
        *self.progress.borrow()
    }

    /// Waits until it has ended; `None` if whatever ran it is gone, as when its runtime shut down.
    pub async fn ended(&self) -> Option<Ended> {
        let mut ended = self.ended.clone();
        let found = ended.wait_for(Option::is_some).await;
        found.ok().and_then(|ended| ended.clone())
    }
}
