//! A backfill, made ready and run.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::claim::{Claim, Terms};
use super::error::{BackfillError, ledger_error};
use super::job::{Job, JobError};
use super::pacer::Pacer;
use super::plan::Plan;
use super::progress::Progress;
use super::rollup::{Rollup, Shape};
use super::rollup_plan::RollupPlan;
use super::run::Run;
use super::steps::Steps;
use super::wal_budget::WalBudget;
use crate::database::Database;
use crate::ledger::{self, Cursor, Migration, Order, Status, Turn};
use crate::runtime::Runtime;

/// How much reading a crash may undo, in storage order.
const KEPT_EVERY: Duration = Duration::from_secs(10);
/// How often a run that stores nothing says that it is alive.
const NOTED_EVERY: Duration = Duration::from_secs(1);
/// How often a run that follows another looks at the ledger.
pub(super) const FOLLOWED_EVERY: Duration = Duration::from_secs(1);

/// Who hears of the run that is followed.
pub(super) type Follower = Box<dyn FnMut(&Migration) + Send>;

/// A column backfill, ready to run.
pub struct Backfill<R> {
    pub(super) database: Database<R>,
    pub(super) apart: Option<Database<R>>,
    pub(super) name: String,
    pub(super) way: Way,
    pub(super) pacer: Box<dyn Pacer>,
    pub(super) observer: Box<dyn FnMut(Progress) + Send>,
    pub(super) cancel: CancellationToken,
    pub(super) wal_budget: Option<WalBudget>,
    pub(super) kept_every: Duration,
    pub(super) noted_every: Duration,
    /// What it does, in SQL.
    job: String,
    pub(super) stale_after: Duration,
    pub(super) follower: Option<Follower>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything up to the snapshot is done.
    Done,
    /// Another run had done it all, or did so while this one followed it; nothing was touched.
    AlreadyDone,
    /// It was cancelled, or the run it followed was; a later run goes on from here.
    Cancelled,
}

/// What a run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub ending: Ending,
    /// How far the backfill is now, over all runs.
    pub progress: Progress,
    /// Write transactions stored by this run.
    pub chunks: u64,
    /// Keys passed, over all runs, with or without a change; in storage order, rows read.
    pub scanned: u64,
    /// How often the observer panicked. The data does not suffer from it.
    pub observer_panics: u32,
}

/// The statements, by the way the work is done.
#[derive(Clone)]
pub(super) enum Way {
    InPlace(Job, Arc<Plan>),
    TwoPhase(Arc<RollupPlan>),
    StorageOrder(Arc<RollupPlan>),
    Steps(Arc<dyn Steps>),
}

impl Way {
    const fn order(&self) -> Order {
        match self {
            Self::InPlace(..) | Self::TwoPhase(_) | Self::Steps(_) => Order::Key,
            Self::StorageOrder(_) => Order::Storage,
        }
    }

    fn check(&self, connection: &Connection) -> Result<(), JobError> {
        match self {
            Self::InPlace(job, _) => job.check(connection),
            Self::TwoPhase(plan) => plan.check(connection, Shape::TwoPhase),
            Self::StorageOrder(plan) => plan.check(connection, Shape::StorageOrder),
            Self::Steps(steps) => steps.check(connection),
        }
    }

    /// The cursor of a first run; `None` if there is nothing to do.
    fn before(&self, connection: &Connection) -> rusqlite::Result<Option<Cursor>> {
        let keys = match self {
            Self::InPlace(_, plan) => plan,
            Self::TwoPhase(plan) => &plan.keys,
            Self::StorageOrder(plan) => return plan.before_storage(connection),
            Self::Steps(steps) => return steps.before(connection),
        };
        let bounds = keys.bounds(connection)?;
        Ok(bounds.map(|(first, last)| Cursor::before(first, last, Order::Key)))
    }
}

impl<R: Runtime> Backfill<R> {
    /// `job` on `database`, as fast as `pacer` says.
    pub fn new(database: Database<R>, job: Job, pacer: impl Pacer) -> Self {
        let plan = Arc::new(Plan::of(&job));
        let (name, sql) = (job.name().to_owned(), job.sql());
        Self::going(database, name, sql, Way::InPlace(job, plan), pacer)
    }

    /// `rollup` on `database`, done as `shape` says, as fast as `pacer` says.
    ///
    /// # Errors
    /// If a name is empty.
    pub fn rollup(
        database: Database<R>,
        rollup: &Rollup,
        shape: Shape,
        pacer: impl Pacer,
    ) -> Result<Self, JobError> {
        let way = match shape {
            Shape::InPlace => return Ok(Self::new(database, rollup.in_place()?, pacer)),
            Shape::TwoPhase => Way::TwoPhase(Arc::new(RollupPlan::of(rollup)?)),
            Shape::StorageOrder => Way::StorageOrder(Arc::new(RollupPlan::of(rollup)?)),
        };
        let (name, sql) = (rollup.name.clone(), rollup.in_place()?.sql());
        Ok(Self::going(database, name, sql, way, pacer))
    }

    /// `steps` under the name `name`, described by `job`, as fast as `pacer` says.
    pub(crate) fn steps(
        database: Database<R>,
        name: &str,
        job: String,
        steps: Arc<dyn Steps>,
        pacer: impl Pacer,
    ) -> Self {
        Self::going(database, name.to_owned(), job, Way::Steps(steps), pacer)
    }

    fn going(
        database: Database<R>,
        name: String,
        job: String,
        way: Way,
        pacer: impl Pacer,
    ) -> Self {
        Self {
            database,
            apart: None,
            name,
            way,
            pacer: Box::new(pacer),
            observer: Box::new(|_| {}),
            cancel: CancellationToken::new(),
            wal_budget: None,
            kept_every: KEPT_EVERY,
            noted_every: NOTED_EVERY,
            job,
            stale_after: ledger::STALE_AFTER,
            follower: None,
        }
    }

    /// The name it has in the ledger.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads on connections nobody else uses, where the shape reads and writes apart. With a
    /// write-ahead log nobody waits for these reads; they share the device and the processors.
    /// Without one, commits wait for them.
    #[must_use]
    pub fn reading_apart(mut self, apart: Database<R>) -> Self {
        self.apart = Some(apart);
        self
    }

    /// Keeps the write-ahead log within `budget`, by passive checkpoints on the connection it
    /// reads apart on. Without such a connection nothing is done: a checkpoint on one that others
    /// share would keep them out.
    #[must_use]
    pub const fn within(mut self, budget: WalBudget) -> Self {
        self.wal_budget = Some(budget);
        self
    }

    /// In storage order, keeps what was read so far every so often; 10 s unless said. That is how
    /// much reading a crash or a cancellation undoes.
    #[must_use]
    pub const fn keeping_every(mut self, every: Duration) -> Self {
        self.kept_every = every;
        self
    }

    /// Says in the ledger every so often that it is alive and how far it has read, while it stores
    /// nothing; 1 s unless said.
    #[must_use]
    pub const fn noting_every(mut self, every: Duration) -> Self {
        self.noted_every = every;
        self
    }

    /// Takes another run of this name for dead when nothing has been heard of it for so long, and
    /// goes on from where it was; [`ledger::STALE_AFTER`] unless said. If it lives after all, its
    /// next chunk fails and stores nothing.
    #[must_use]
    pub const fn stale_after(mut self, silence: Duration) -> Self {
        self.stale_after = silence;
        self
    }

    /// Where another run of this name is at work, follows it until it ends, and tells `follower`
    /// every second how far it is; takes over if it dies. Otherwise that other run is an error.
    #[must_use]
    pub fn following(mut self, follower: impl FnMut(&Migration) + Send + 'static) -> Self {
        self.follower = Some(Box::new(follower));
        self
    }

    /// Tells `observer` after every chunk that wrote something, and once at the end if that
    /// differs. A panic in it is logged and counted, and stops nothing.
    #[must_use]
    pub fn observed(mut self, observer: impl FnMut(Progress) + Send + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Stops when `cancel` is cancelled: at once during a pause or inside a chunk's statements.
    #[must_use]
    pub fn cancelled_by(mut self, cancel: CancellationToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// The same, its progress sent on; and what cancels it.
    pub(crate) fn telling(
        mut self,
        tell: watch::Sender<Option<Progress>>,
    ) -> (Self, CancellationToken) {
        let mut observer = self.observer;
        self.observer = Box::new(move |progress| {
            tell.send_replace(Some(progress));
            observer(progress);
        });
        let cancel = self.cancel.clone();
        (self, cancel)
    }

    /// Runs until everything is done, or it is cancelled. Resumes what an earlier run left.
    ///
    /// # Errors
    /// Anything that cannot be retried; the ledger says where a later run goes on.
    pub async fn run(mut self) -> Result<Report, BackfillError> {
        loop {
            match self.claim().await? {
                Claim::Done(progress, scanned) => {
                    return Ok(Report::idle(Ending::AlreadyDone, progress, scanned));
                }
                Claim::Empty(turn) => return self.end_empty(turn).await,
                Claim::From(turn, cursor, processed) => {
                    return Run::new(self, turn, cursor, processed).complete().await;
                }
                Claim::Held(holder) => {
                    if let Some(report) = self.follow(holder).await? {
                        return Ok(report);
                    }
                }
            }
        }
    }

    /// Takes the job's place in the ledger.
    // By `&mut`, as every step that waits: pacer and observer need not be `Sync` for a run to be
    // spawned.
    async fn claim(&mut self) -> Result<Claim, BackfillError> {
        let (name, way) = (self.name.clone(), self.way.clone());
        let (job, stale_after) = (self.job.clone(), self.stale_after);
        let staked = self
            .database
            .write(move |connection| {
                let terms = Terms {
                    name: &name,
                    order: way.order(),
                    job: &job,
                    stale_after,
                };
                Claim::stake(
                    connection,
                    &terms,
                    || way.check(connection),
                    || way.before(connection),
                )
            })
            .await;
        match staked {
            Ok(Ok(claim)) => Ok(claim),
            Ok(Err(source)) => Err(BackfillError::Job {
                name: self.name.clone(),
                source,
            }),
            Err(source) => Err(ledger_error(&self.name, "claimed", source)),
        }
    }

    async fn end_empty(&mut self, turn: Turn) -> Result<Report, BackfillError> {
        self.database
            .write(move |connection| turn.finish(connection, Status::Done, 0, None, Duration::ZERO))
            .await
            .map_err(|source| ledger_error(&self.name, "closed", source))?;
        let nothing = Progress {
            processed: 0,
            total: 0,
        };
        Ok(Report::idle(Ending::Done, nothing, 0))
    }
}

impl Report {
    /// What a run did that had nothing to do.
    pub(super) const fn idle(ending: Ending, progress: Progress, scanned: u64) -> Self {
        Self {
            ending,
            progress,
            chunks: 0,
            scanned,
            observer_panics: 0,
        }
    }
}
