//! A run under way: pages are fetched and stored at the same time.
//!
//! Calls go out as the plan says; what comes back waits in the order it came for the one
//! transaction that is under way. A page holds its permit from before it is asked for until it is
//! stored, so that what a crash forgets, and what memory holds, is bounded by the permits.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;

use super::api::{Item, ListApi};
use super::ending::is_turn_over;
use super::error::ListError;
use super::eta::Expectations;
use super::event::{Event, Stored};
use super::fetch::{Fetched, Source};
use super::listing::{Listing, ListingError, Report, Setting};
use super::plan::{Answer, Plan, SegmentId};
use super::state::State;
use super::store::{Batch, Held, Store, Written};
use crate::chunked::Progress;
use crate::database::{Database, DatabaseError};
use crate::ledger::Turn;
use crate::panic::{caught, message};
use crate::runtime::Runtime;
use crate::time::Instant;

/// How often what is expected is told.
const EXPECTED_EVERY: Duration = Duration::from_secs(1);

/// What is done to store pages, and what comes of it.
type Storing<R> = Pin<Box<dyn Future<Output = (Box<Store<R>>, Storage)> + Send>>;

/// A run under way.
pub(super) struct Run<R, A> {
    pub(super) listing: Listing<R, A>,
    pub(super) turn: Turn,
    calls: JoinSet<(Fetched, OwnedSemaphorePermit)>,
    /// What the pages before brought, by segment: objects to go on after where a cursor is gone.
    brought: BTreeMap<SegmentId, Arc<[Arc<str>]>>,
    held: Held,
    /// Who stores; `None` while it does.
    pub(super) store: Option<Box<Store<R>>>,
    storing: Option<Storing<R>>,
    /// Objects in the transaction under way; `None` if there is none.
    writing: Option<u64>,
    expectations: Expectations,
    pub(super) began_at: Instant,
    noted_at: Instant,
    expect_at: Instant,
    latency: Duration,
    /// Pages expected to be left when that was last asked.
    left: u64,
    pub(super) progress: Progress,
    pub(super) pages: u64,
    /// Why no more calls are made.
    pub(super) stopped: Option<Stop>,
    pub(super) observer_panics: u32,
}

/// Why a run makes no more calls.
#[derive(Debug)]
pub(super) enum Stop {
    Cancelled,
    Failed(ListError),
}

/// What came of storing.
enum Storage {
    /// The gap before a transaction is over, which may have so many rows.
    Rested(u64),
    /// The transaction is.
    Wrote(Result<Written, DatabaseError>),
}

/// What happened next.
enum Next<R> {
    Cancelled,
    Storage(Box<Store<R>>, Storage),
    Fetched(Fetched, OwnedSemaphorePermit),
    Due,
}

impl<R: Runtime, A: ListApi> Run<R, A> {
    pub(super) fn new(
        mut listing: Listing<R, A>,
        turn: Turn,
        state: State,
        processed: u64,
    ) -> Self {
        let now = listing.database.runtime().now();
        let capacity = listing.job.capacity;
        let pacer = std::mem::replace(&mut listing.pacer, Box::new(super::listing::Unpaced));
        let store = Store {
            database: listing.database.clone(),
            sink: listing.job.sink.clone(),
            pacer,
            turn: turn.clone(),
            state,
            processed,
            cancel: listing.cancel.clone(),
            began_at: now,
            last: None,
        };
        Self {
            turn,
            calls: JoinSet::new(),
            brought: BTreeMap::new(),
            held: Held::default(),
            store: Some(Box::new(store)),
            storing: None,
            writing: None,
            expectations: Expectations::new(capacity.requests_per_ks, capacity.slots as u64),
            began_at: now,
            noted_at: now,
            expect_at: now,
            latency: Duration::ZERO,
            left: 0,
            progress: Progress {
                processed,
                total: processed,
            },
            pages: 0,
            stopped: None,
            observer_panics: 0,
            listing,
        }
    }

    pub(super) fn runtime(&self) -> &R {
        self.listing.database.runtime()
    }

    /// All that `from` leaves to do, and the note in the ledger of how it ended.
    pub(super) async fn complete(mut self, from: State) -> Result<Report, ListingError> {
        let worked = caught(Box::pin(self.work(from))).await;
        // What is still under way must not keep the connection from the last note.
        self.storing = None;
        self.calls = JoinSet::new();
        let worked = match worked {
            Ok(worked) => worked.map_err(|error| self.failed_to_store(error)),
            Err(panic) => Err(self.panicked(message(&*panic))),
        };
        self.end(worked).await
    }

    /// Until there is nothing more to do, or a transaction fails.
    async fn work(&mut self, from: State) -> Result<(), DatabaseError> {
        let mut plan = (self.listing.job.plan)(Setting {
            range: from.range,
            segments: from.segments,
            capacity: self.listing.job.capacity,
        });
        plan.begin(from.left());
        loop {
            self.make_calls(&mut *plan);
            self.rest();
            if self.calls.is_empty() && self.storing.is_none() {
                return Ok(());
            }
            match self.next().await {
                Next::Cancelled => {
                    self.stopped.get_or_insert(Stop::Cancelled);
                    // Those under way are given up.
                    self.calls = JoinSet::new();
                }
                Next::Fetched(fetched, permit) => self.fetched(&mut *plan, fetched, permit),
                Next::Storage(store, Storage::Rested(rows)) => self.write(store, rows),
                Next::Storage(store, Storage::Wrote(written)) => {
                    self.stored(&*plan, store, &written?);
                }
                Next::Due => {}
            }
            self.beat().await?;
        }
    }

    /// Makes the calls the plan wants, as far as the limit allows.
    fn make_calls(&mut self, plan: &mut dyn Plan) {
        while self.stopped.is_none() && self.may_ask() {
            let Some(call) = plan.next() else { return };
            let source = Source {
                runtime: self.runtime().clone(),
                api: self.listing.api.clone(),
                resource: Arc::clone(&self.listing.job.resource),
                limit: self.listing.job.capacity.page,
            };
            let before = self.brought.get(&call.segment).cloned().unwrap_or_default();
            let permits = Arc::clone(&self.listing.pages.0);
            self.calls.spawn(async move {
                // Nobody closes the semaphore.
                let permit = permits.acquire_owned().await;
                let permit = permit.expect("the permits of pages are never closed");
                (source.fetch(call, before).await, permit)
            });
        }
    }

    /// Whether another page may be asked for: what is stored and under way is within the limit.
    pub(super) fn may_ask(&self) -> bool {
        let page = u64::from(self.listing.job.capacity.page);
        let held = self.held.items + self.writing.unwrap_or(0);
        let coming = self.calls.len() as u64 * page + held;
        let within = |limit| self.progress.processed + coming < limit;
        self.listing.job.limit.is_none_or(within)
    }

    /// Begins the gap before the next transaction, if there is something to store and nothing is
    /// being stored.
    fn rest(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let Some(mut store) = self.store.take() else {
            return;
        };
        self.storing = Some(Box::pin(async move {
            let rows = store.rest().await;
            (store, Storage::Rested(rows))
        }));
    }

    /// Begins a transaction of what has come by now, `rows` rows of it at the most.
    fn write(&mut self, mut store: Box<Store<R>>, rows: u64) {
        let before = self.held.items;
        let taken = self.held.take(rows);
        self.writing = Some(before - self.held.items);
        self.storing = Some(Box::pin(async move {
            let written = store.write(taken).await;
            (store, Storage::Wrote(written))
        }));
    }

    /// Waits for whatever comes first.
    async fn next(&mut self) -> Next<R> {
        let runtime = self.runtime().clone();
        let cancel = self.listing.cancel.clone();
        let due_at = self.noted_at + self.listing.noted_every;
        // A run that has failed waits for the calls under way only as long as it may.
        let heeds = self.stopped.is_none() || !self.calls.is_empty();
        let may_note = self.writing.is_none();
        let storing = async {
            match &mut self.storing {
                Some(storing) => storing.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = cancel.cancelled(), if heeds => Next::Cancelled,
            (store, storage) = storing => {
                self.storing = None;
                Next::Storage(store, storage)
            }
            Some(joined) = self.calls.join_next() => match joined {
                Ok((fetched, permit)) => Next::Fetched(fetched, permit),
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            },
            () = runtime.sleep_until(due_at), if may_note => Next::Due,
        }
    }

    /// A page is there, or will not come.
    fn fetched(&mut self, plan: &mut dyn Plan, fetched: Fetched, permit: OwnedSemaphorePermit) {
        let Fetched { call, result } = fetched;
        let (answer, items) = match result {
            Ok(page) => page,
            Err(error) => {
                // What else is under way is waited for and stored: the error is told afterwards.
                self.stopped.get_or_insert(Stop::Failed(error));
                return;
            }
        };
        self.latency = smoothed(self.latency, answer.latency);
        plan.answered(&call, &answer);
        self.remember(call.segment, &answer, &items);
        self.tell(Event::Fetched {
            call: &call,
            answer: &answer,
        });
        let left = answer.left(&call.left);
        self.held.push(Batch {
            asked: call.left,
            left,
            items,
            segments: plan.segments(),
            _permit: permit,
        });
    }

    /// Keeps what the page brought, for the page after it.
    fn remember(&mut self, segment: SegmentId, answer: &Answer, items: &[Item]) {
        if answer.has_more {
            let ids = items.iter().map(|item| Arc::from(&*item.id)).collect();
            self.brought.insert(segment, ids);
        } else {
            self.brought.remove(&segment);
        }
    }

    /// A transaction was stored.
    fn stored(&mut self, plan: &dyn Plan, store: Box<Store<R>>, written: &Written) {
        self.store = Some(store);
        self.writing = None;
        self.noted_at = self.runtime().now();
        self.pages += u64::from(written.pages);
        let expected = (self.noted_at >= self.expect_at).then(|| {
            self.expect_at = self.noted_at + EXPECTED_EVERY;
            plan.forecast()
        });
        self.left = match expected {
            Some(forecast) => forecast.pages,
            None => self.left.saturating_sub(u64::from(written.pages)),
        };
        let page = u64::from(self.listing.job.capacity.page);
        let coming = self.held.items + self.left.saturating_mul(page);
        self.progress = Progress {
            processed: written.processed,
            total: written.processed.saturating_add(coming),
        };
        self.tell(Event::Stored(Stored {
            at: self.noted_at,
            pages: written.pages,
            items: written.items,
            changed: written.changed,
            state_bytes: written.state_bytes,
            held_pages: self.held.pages(),
            held_bytes: self.held.bytes,
            progress: self.progress,
        }));
        if let Some(forecast) = expected {
            let (at, pages) = (self.noted_at, self.pages);
            let eta = self.expectations.update(at, pages, forecast, self.latency);
            self.tell(Event::Expected { pages, eta });
        }
    }

    /// Tells the observer, whose panics are its own affair.
    fn tell(&mut self, event: Event<'_>) {
        let observer = &mut self.listing.observer;
        if catch_unwind(AssertUnwindSafe(|| observer(event))).is_err() {
            self.observer_panics += 1;
            let name = &self.listing.job.name;
            tracing::warn!(name, "the observer panicked; the backfill goes on");
        }
    }

    /// Says in the ledger that the run is alive, where nothing else has for a while: not while a
    /// transaction is under way, which may have the only connection and is not driven on meanwhile.
    /// An error only if the turn is over.
    async fn beat(&mut self) -> Result<(), DatabaseError> {
        let now = self.runtime().now();
        if self.writing.is_some() || now < self.noted_at + self.listing.noted_every {
            return Ok(());
        }
        let (turn, worked) = (self.turn.clone(), now - self.began_at);
        let noted = self
            .notes()
            .write(move |connection| turn.beat(connection, None, worked))
            .await;
        self.noted_at = self.runtime().now();
        match noted {
            Err(error) if is_turn_over(&error) => Err(error),
            Err(error) => {
                let name = &self.listing.job.name;
                tracing::warn!(name, %error, "the ledger does not know that the backfill lives");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    pub(super) fn notes(&self) -> Database<R> {
        self.listing.database.named(crate::chunked::NOTES)
    }
}

/// An eighth of what was just seen, as TCP smooths its round trips (RFC 6298).
fn smoothed(before: Duration, seen: Duration) -> Duration {
    if before.is_zero() {
        seen
    } else {
        (before * 7 + seen) / 8
    }
}
