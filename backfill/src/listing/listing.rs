//! A listing backfill, made ready and run.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::api::ListApi;
use super::claim::Claim;
use super::error::ListError;
use super::event::Event;
use super::plan::{Capacity, Plan};
use super::range::Range;
use super::run::Run;
use super::sink::Sink;
use crate::chunked::{ChunkCost, Pace, Pacer, Progress, Work};
use crate::database::{Database, DatabaseError};
use crate::ledger;
use crate::runtime::Runtime;

/// How often a run that stores nothing says that it is alive.
const NOTED_EVERY: Duration = Duration::from_secs(1);
/// How often a run that waits for its turn looks whether it has come.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Rows of a transaction where nobody paces it: what has come while the one before it was stored,
/// up to ten pages.
const ROWS_UNPACED: NonZeroU64 = NonZeroU64::new(1_000).unwrap();

/// What a plan starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// All that is to be fetched.
    pub range: Range,
    /// Into how many segments an earlier run has cut it, where that matters.
    pub segments: Option<u32>,
    /// What may be used.
    pub capacity: Capacity,
}

/// Makes a run's plan.
pub type MakePlan = Arc<dyn Fn(Setting) -> Box<dyn Plan> + Send + Sync>;

/// Pages that may be fetched and not yet stored, and calls under way, of all that share them.
#[derive(Clone, Debug)]
pub struct Pages(pub(super) Arc<Semaphore>);

impl Pages {
    /// So many: a crash forgets no more.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(
            most.clamp(1, Semaphore::MAX_PERMITS),
        )))
    }
}

/// What is to be fetched, and how.
#[derive(Clone)]
pub struct Job {
    /// The name in the ledger.
    pub name: String,
    /// The last part of the API's address.
    pub resource: Arc<str>,
    /// When the objects were created. A later run may ask for another range: what both have in
    /// common is not fetched again.
    pub range: Range,
    /// Where they go.
    pub sink: Sink,
    /// What may be used.
    pub capacity: Capacity,
    /// Which page is asked for next.
    pub plan: MakePlan,
    /// Objects to store at the most, over all runs, give or take a page; the rest is left for a
    /// run with a larger limit.
    pub limit: Option<u64>,
}

/// A listing backfill, ready to run.
pub struct Listing<R, A> {
    pub(super) database: Database<R>,
    pub(super) api: A,
    pub(super) job: Job,
    pub(super) pacer: Box<dyn Pacer>,
    pub(super) pages: Pages,
    pub(super) observer: Box<dyn FnMut(Event<'_>) + Send>,
    pub(super) cancel: CancellationToken,
    pub(super) noted_every: Duration,
    stale_after: Duration,
    patient: bool,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All of the range is stored.
    Done,
    /// An earlier run had stored it all; no call was made.
    AlreadyDone,
    /// The limit is reached; the rest is left.
    LimitReached,
    /// It was cancelled; a later run goes on from here.
    Cancelled,
}

/// What a run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub ending: Ending,
    /// How far the backfill is now, over all runs.
    pub progress: Progress,
    /// Pages this run has stored.
    pub pages: u64,
    /// How often the observer panicked. The data does not suffer from it.
    pub observer_panics: u32,
}

/// Why a listing backfill stopped. What was stored before stays stored, and the ledger says where
/// to go on.
#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    /// A page could not be had; everything fetched before is stored.
    #[error(
        "backfill `{name}`: a page of {resource} could not be had; {processed} rows are stored"
    )]
    Page {
        /// The backfill's name.
        name: String,
        /// What was asked for.
        resource: Arc<str>,
        /// Rows stored, over all runs.
        processed: u64,
        /// Why.
        source: ListError,
    },
    /// A transaction failed; all before it are stored.
    #[error("backfill `{name}`: a transaction failed; {processed} rows are stored")]
    Store {
        /// The backfill's name.
        name: String,
        /// Rows stored, over all runs.
        processed: u64,
        /// Why it failed.
        source: DatabaseError,
    },
    /// The ledger could not be read or written.
    #[error("backfill `{name}`: the ledger could not be {action}")]
    Ledger {
        /// The backfill's name.
        name: String,
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        source: DatabaseError,
    },
    /// An earlier run of this name did something else.
    #[error(
        "backfill `{name}` was another one before: {was}; give this one another name, or delete \
         that entry from _async_migrations to start over"
    )]
    OtherJob {
        /// The backfill's name.
        name: String,
        /// What the earlier run did.
        was: String,
    },
    /// Another run of this name is at work; nothing was done.
    #[error(
        "backfill `{name}` is already running: run {run}, last heard of {} s ago",
        silent_for.as_secs()
    )]
    Held {
        /// The backfill's name.
        name: String,
        /// The how manieth run of this name it is.
        run: u64,
        /// How long nothing has been heard of it.
        silent_for: Duration,
    },
    /// Another run took this one for dead and has taken over, or the entry was deleted.
    #[error(
        "backfill `{name}`: its turn is over, because another run has taken over or its entry in \
         _async_migrations is gone; {processed} rows are stored"
    )]
    TurnOver {
        /// The backfill's name.
        name: String,
        /// Rows stored, over all runs, as far as this run knows.
        processed: u64,
    },
    /// The plan asks for no more pages, though there is more; everything fetched is stored.
    #[error(
        "backfill `{name}`: its plan ended before all of the range was fetched; {processed} rows \
         are stored, and a run with another plan goes on from here"
    )]
    Unfinished {
        /// The backfill's name.
        name: String,
        /// Rows stored, over all runs.
        processed: u64,
    },
    /// The plan, the API, the pacer or the database panicked; all transactions before are stored.
    #[error("backfill `{name}` panicked: {message}; {processed} rows are stored")]
    Panicked {
        /// The backfill's name.
        name: String,
        /// What the panic said.
        message: String,
        /// Rows stored, over all runs, as far as this run knows.
        processed: u64,
    },
}

impl<R: Runtime, A: ListApi> Listing<R, A> {
    /// `job` from `api`, as fast as the API and the database allow.
    pub fn new(database: Database<R>, api: A, job: Job) -> Self {
        let pages = Pages::new(job.capacity.slots.saturating_add(1));
        Self {
            database,
            api,
            job,
            pacer: Box::new(Unpaced),
            pages,
            observer: Box::new(|_| {}),
            cancel: CancellationToken::new(),
            noted_every: NOTED_EVERY,
            stale_after: ledger::STALE_AFTER,
            patient: false,
        }
    }

    /// Stores as many rows in a transaction as `pacer` says, and pauses between them.
    #[must_use]
    pub fn paced(mut self, pacer: impl Pacer) -> Self {
        self.pacer = Box::new(pacer);
        self
    }

    /// Shares `pages` with others; unless said, it has as many as slots, and one more.
    #[must_use]
    pub fn sharing(mut self, pages: Pages) -> Self {
        self.pages = pages;
        self
    }

    /// Tells `observer` what happens. A panic in it is logged and counted, and stops nothing.
    #[must_use]
    pub fn observed(mut self, observer: impl FnMut(Event<'_>) + Send + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Stops when `cancel` is cancelled: calls under way are given up, and what was fetched is
    /// stored.
    #[must_use]
    pub fn cancelled_by(mut self, cancel: CancellationToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Where another run of this name is at work, waits until it has ended or has not been heard
    /// of for too long. Otherwise that other run is an error.
    #[must_use]
    pub const fn patient(mut self) -> Self {
        self.patient = true;
        self
    }

    /// Says in the ledger every so often that it lives, while it stores nothing; 1 s unless said.
    #[must_use]
    pub const fn noting_every(mut self, every: Duration) -> Self {
        self.noted_every = every;
        self
    }

    /// Takes another run of this name for dead when nothing has been heard of it for so long, and
    /// goes on from where it was; [`ledger::STALE_AFTER`] unless said. If it lives after all, its
    /// next transaction fails and stores nothing.
    #[must_use]
    pub const fn stale_after(mut self, silence: Duration) -> Self {
        self.stale_after = silence;
        self
    }

    /// Runs until everything is stored, or it is stopped. Resumes what an earlier run left.
    ///
    /// # Errors
    /// Anything that cannot be tried again; the ledger says where a later run goes on.
    pub async fn run(mut self) -> Result<Report, ListingError> {
        loop {
            let holder = match self.claim().await? {
                Claim::Done(progress) => return Ok(Report::idle(Ending::AlreadyDone, progress)),
                Claim::OtherJob(was) => {
                    let name = self.job.name;
                    return Err(ListingError::OtherJob { name, was });
                }
                Claim::From(turn, state, processed) => {
                    let run = Run::new(self, turn, state.clone(), processed);
                    return run.complete(state).await;
                }
                Claim::Held(holder) => holder,
            };
            if !self.patient {
                return Err(ListingError::Held {
                    name: self.job.name,
                    run: holder.run,
                    silent_for: holder.silent_for,
                });
            }
            let runtime = self.database.runtime().clone();
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => {
                    let nothing = Progress { processed: 0, total: 0 };
                    return Ok(Report::idle(Ending::Cancelled, nothing));
                }
                () = runtime.sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Takes the job's place in the ledger.
    async fn claim(&mut self) -> Result<Claim, ListingError> {
        let (job, stale_after) = (self.job.clone(), self.stale_after);
        let staked = self
            .database
            .write(move |connection| Claim::stake(connection, &job, stale_after))
            .await;
        staked.map_err(|source| ListingError::Ledger {
            name: self.job.name.clone(),
            action: "claimed",
            source,
        })
    }
}

impl Report {
    const fn idle(ending: Ending, progress: Progress) -> Self {
        Self {
            ending,
            progress,
            pages: 0,
            observer_panics: 0,
        }
    }
}

/// Whatever is there, without a pause.
pub(super) struct Unpaced;

impl Pacer for Unpaced {
    fn pace(&mut self, _next: Work, _last: Option<&ChunkCost>) -> Pace {
        Pace::of(ROWS_UNPACED)
    }
}
