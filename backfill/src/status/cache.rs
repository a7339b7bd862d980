//! One query for many requests.
//!
//! Who comes first starts the query, on a task of its own, so that it goes on when he goes away;
//! the others wait for what it finds. A query that still waits for its connection has not looked at
//! the ledger yet, so it also serves those who come meanwhile: on a connection that a backfill
//! holds for a minute, a minute of requests is one query.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::snapshot::{Arrival, Snapshot, Unreadable};
use crate::database::{Access, Database};
use crate::ledger::{self, Migration};
use crate::panic::{caught, message};
use crate::runtime::Runtime;
use crate::time::Instant;

/// The ledger's readers share what it says.
pub(super) struct Cache<R> {
    database: Database<R>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Queries started so far.
    queries: u64,
    /// The query under way; its end is closed when whatever ran it is gone.
    under_way: Option<watch::Receiver<Option<Arc<Snapshot>>>>,
    /// What the last query found.
    last: Option<Arc<Snapshot>>,
}

impl<R: Clone> Clone for Cache<R> {
    fn clone(&self) -> Self {
        Self {
            database: self.database.clone(),
            state: Arc::clone(&self.state),
        }
    }
}

/// What a request is told.
#[derive(Clone)]
pub(super) struct Told(Arc<Snapshot>);

impl Told {
    /// All backfills, or why they are not known.
    pub(super) fn migrations(&self) -> Result<&[Migration], &Unreadable> {
        self.0.found.as_deref()
    }
}

impl<R: Runtime> Cache<R> {
    pub(super) fn new(database: Database<R>) -> Self {
        Self {
            database,
            state: Arc::default(),
        }
    }

    /// What the ledger says now, or said a moment ago.
    pub(super) async fn ask(&self) -> Told {
        let arrival = Arrival {
            at: self.now(),
            queries: self.lock().queries,
        };
        loop {
            let mut ended = {
                let mut state = self.lock();
                let last = state.last.as_ref();
                if let Some(last) = last.filter(|last| last.may_be_shown_again(self.now())) {
                    return Told(Arc::clone(last));
                }
                self.join(&mut state)
            };
            let found = ended.wait_for(Option::is_some).await;
            let found = found.ok().and_then(|found| found.clone());
            let snapshot = found.unwrap_or_else(|| self.given_up());
            // At the second time at the latest: that query started after the request came.
            if snapshot.answers(arrival, self.now()) {
                return Told(snapshot);
            }
        }
    }

    /// The end of the query under way, which is started if there is none.
    fn join(&self, state: &mut State) -> watch::Receiver<Option<Arc<Snapshot>>> {
        let under_way = state.under_way.as_ref();
        if let Some(under_way) = under_way.filter(|end| end.has_changed().is_ok()) {
            return under_way.clone();
        }
        let (end, ended) = watch::channel(None);
        state.queries += 1;
        state.under_way = Some(ended.clone());
        let (this, number) = (self.clone(), state.queries);
        tokio::spawn(async move {
            let snapshot = Arc::new(this.query(number).await);
            let mut state = this.lock();
            state.under_way = None;
            state.last = Some(Arc::clone(&snapshot));
            drop(state);
            end.send_replace(Some(snapshot));
        });
        ended
    }

    async fn query(&self, number: u64) -> Snapshot {
        let asked_at = self.now();
        let read = async {
            let (found, usage) = self
                .database
                .transact(Access::Read, CancellationToken::new(), ledger::migrations)
                .await;
            (found.map_err(Unreadable::from), usage.locked_at)
        };
        let (found, looked_at) = match caught(Box::pin(read)).await {
            Ok(read) => read,
            Err(panic) => {
                let reason = format!("panicked: {}", message(&*panic));
                (Err(Unreadable { reason }), asked_at)
            }
        };
        if let Err(error) = &found {
            tracing::warn!(%error, "nothing is known about backfills");
        }
        Snapshot {
            number,
            looked_at,
            found,
        }
    }

    /// What is told when the query's task ended without a word, as when its runtime shuts down.
    fn given_up(&self) -> Arc<Snapshot> {
        let reason = "the query was given up".to_owned();
        Arc::new(Snapshot {
            number: 0,
            looked_at: self.now(),
            found: Err(Unreadable { reason }),
        })
    }

    fn now(&self) -> Instant {
        self.database.runtime().now()
    }

    /// Held for a few statements, never across a query. The state is valid after each of them.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
