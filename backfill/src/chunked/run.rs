//! A run under way: what all shapes of work have in common.
//!
//! A step waits as long as the pacer wants, does its transaction, and tells what it cost. A step
//! that writes stores its rows and the ledger's note of them together.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::time::Duration;

use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::backfill::{Backfill, Ending, Report, Way};
use super::error::{BackfillError, is_turn_over, ledger_error};
use super::heartbeat::Heartbeat;
use super::pacer::{ChunkCost, PerWork, Work};
use super::progress::Progress;
use crate::database::{Access, Database, DatabaseError, Usage};
use crate::ledger::{Cursor, Key, Reading, Status, Turn};
use crate::panic::{caught, message};
use crate::runtime::Runtime;

/// How long to wait before looking again whether the write-ahead log has become shorter.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A run under way.
pub(super) struct Run<R> {
    pub(super) backfill: Backfill<R>,
    /// The right to write the ledger's entry.
    pub(super) turn: Turn,
    pub(super) heartbeat: Heartbeat,
    /// How far it has read, while it reads ahead of what it writes.
    pub(super) reading_progress: Option<Reading>,
    pub(super) cursor: Cursor,
    pub(super) progress: Progress,
    /// What the last step of each kind cost.
    last: PerWork<Option<ChunkCost>>,
    /// What the observer was told last.
    told: Option<Progress>,
    chunks: u64,
    observer_panics: u32,
}

/// Whether there is more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Go,
    Cancelled,
}

impl<R: Runtime> Run<R> {
    pub(super) fn new(backfill: Backfill<R>, turn: Turn, cursor: Cursor, processed: u64) -> Self {
        Self {
            progress: Progress::at(&cursor, processed),
            heartbeat: Heartbeat::started(backfill.database.runtime().now()),
            reading_progress: None,
            backfill,
            turn,
            cursor,
            last: PerWork::default(),
            told: None,
            chunks: 0,
            observer_panics: 0,
        }
    }

    /// All there is to do, and the note in the ledger of how it ended.
    pub(super) async fn complete(mut self) -> Result<Report, BackfillError> {
        let work: Pin<Box<dyn Future<Output = Result<Flow, DatabaseError>> + Send + '_>> =
            match self.backfill.way.clone() {
                Way::InPlace(_, plan) => Box::pin(self.in_place(plan)),
                Way::TwoPhase(plan) => Box::pin(self.two_phase(plan)),
                Way::StorageOrder(plan) => Box::pin(self.storage_order(plan)),
                Way::Steps(steps) => Box::pin(self.steps(steps)),
            };
        let ended = match caught(work).await {
            Err(panic) => return Err(self.end_panicked(message(&*panic)).await),
            Ok(worked) => worked,
        };
        let ended = match ended {
            Err(error) if error.is_interrupt() && self.cancelled() => Ok(Ending::Cancelled),
            Ok(Flow::Cancelled) => Ok(Ending::Cancelled),
            Ok(Flow::Go) => Ok(Ending::Done),
            Err(error) => Err(error),
        };
        self.end(ended).await
    }

    fn cancelled(&self) -> bool {
        self.backfill.cancel.is_cancelled()
    }

    /// What reading is here.
    pub(super) const fn reading(&self) -> Work {
        match self.backfill.apart {
            Some(_) => Work::ReadApart,
            None => Work::Read,
        }
    }

    fn database(&self, work: Work) -> &Database<R> {
        match (work, &self.backfill.apart) {
            (Work::ReadApart, Some(apart)) => apart,
            _ => &self.backfill.database,
        }
    }

    /// The gap before the next step that does `work`: tends the write-ahead log, and waits as long
    /// as the pacer wants. How many rows the step may have, or `None` if the run was cancelled
    /// meanwhile.
    pub(super) async fn paced(&mut self, work: Work) -> Result<Option<u64>, DatabaseError> {
        self.beat().await?;
        if self.tend_wal().await? == Flow::Cancelled {
            return Ok(None);
        }
        let last = *self.last.of(work);
        let pace = self.backfill.pacer.pace(work, last.as_ref());
        if last.is_some()
            && !pace.pause.is_zero()
            && self.rest(pace.pause).await? == Flow::Cancelled
        {
            return Ok(None);
        }
        let cancel = self.backfill.cancel.clone();
        if last.is_some() && !pace.until_idle.is_zero() {
            let database = self.database(work).clone();
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Ok(None),
                () = database.until_idle(access(work), pace.until_idle) => {}
            }
        }
        Ok((!self.cancelled()).then(|| pace.rows.get()))
    }

    /// One transaction that does `work`.
    pub(super) async fn step<T: Send + 'static>(
        &mut self,
        work: Work,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<(T, Usage), DatabaseError> {
        let cancel = self.backfill.cancel.clone();
        let (result, usage) = self
            .database(work)
            .transact(access(work), cancel, run)
            .await;
        result.map(|value| (value, usage))
    }

    /// Takes note of what a step of `rows` rows cost.
    pub(super) fn spent(&mut self, work: Work, rows: u64, usage: &Usage) {
        let cost = ChunkCost {
            ended_at: usage.released_at,
            rows,
            wait: usage.wait(),
            hold: usage.hold(),
            waiting: usage.waiting,
            in_order: self.database(work).in_order(access(work)),
            busy_retries: usage.busy_retries,
        };
        *self.last.of(work) = Some(cost);
    }

    /// A write was stored, with `cursor` and `changed` rows.
    pub(super) fn stored(&mut self, cursor: Cursor, changed: u64) {
        self.progress = Progress::at(&cursor, self.progress.processed + changed);
        self.cursor = cursor;
        self.chunks += 1;
        self.heartbeat.noted(self.backfill.database.runtime().now());
        if changed > 0 {
            self.tell();
        }
    }

    /// Copies the write-ahead log back where it is due, and waits while it is too long.
    async fn tend_wal(&mut self) -> Result<Flow, DatabaseError> {
        let (Some(budget), Some(apart)) = (self.backfill.wal_budget, self.backfill.apart.clone())
        else {
            return Ok(Flow::Go);
        };
        let found = apart.wal().await?;
        if found.pages < budget.checkpoint_pages {
            return Ok(Flow::Go);
        }
        let copied = apart.checkpoint().await?;
        if copied.pages.max(found.pages) < budget.most_pages {
            return Ok(Flow::Go);
        }
        // All of it may be in the file and still not start over: readers that overlap keep it.
        while apart.restart_log().await?.busy {
            if self.rest(LOOK_AGAIN).await? == Flow::Cancelled {
                return Ok(Flow::Cancelled);
            }
        }
        Ok(Flow::Go)
    }

    /// Tells the observer where things stand.
    fn tell(&mut self) {
        let progress = self.progress;
        self.told = Some(progress);
        self.undisturbed(|backfill| (backfill.observer)(progress));
    }

    /// Tells somebody something; a panic in that is counted, and stops nothing.
    pub(super) fn undisturbed(&mut self, tell: impl FnOnce(&mut Backfill<R>)) {
        let backfill = &mut self.backfill;
        if catch_unwind(AssertUnwindSafe(|| tell(backfill))).is_err() {
            self.observer_panics += 1;
            tracing::warn!(
                name = self.backfill.name,
                "the progress observer panicked; the backfill goes on"
            );
        }
    }

    /// Writes the ending into the ledger and reports.
    async fn end(mut self, ended: Result<Ending, DatabaseError>) -> Result<Report, BackfillError> {
        let name = self.backfill.name.clone();
        let (status, error) = match &ended {
            Ok(Ending::Cancelled) => (Status::Cancelled, None),
            Ok(_) => {
                // Keys that were deleted meanwhile are not left to do.
                self.progress.total = self.progress.processed;
                (Status::Done, None)
            }
            Err(error) if is_turn_over(error) => return Err(self.turn_over()),
            Err(error) => (Status::Failed, Some(error.to_string())),
        };
        let noted = self.note_end(status, error).await;
        let ending = match ended {
            Ok(ending) => ending,
            Err(source) => {
                if let Err(error) = noted {
                    tracing::warn!(name, %error, "the ledger does not say that the backfill failed");
                }
                return Err(BackfillError::Chunk {
                    name,
                    after: describe(self.cursor.after.as_ref()),
                    processed: self.progress.processed,
                    source,
                });
            }
        };
        match noted {
            Err(error) if is_turn_over(&error) => return Err(self.turn_over()),
            noted => noted.map_err(|source| ledger_error(&name, "closed", source))?,
        }
        if self.told != Some(self.progress) {
            self.tell();
        }
        Ok(Report {
            ending,
            progress: self.progress,
            chunks: self.chunks,
            scanned: self.cursor.scanned,
            observer_panics: self.observer_panics,
        })
    }

    fn turn_over(&self) -> BackfillError {
        BackfillError::TurnOver {
            name: self.backfill.name.clone(),
            processed: self.progress.processed,
        }
    }

    /// Writes a panic into the ledger. It is the backfill's failure, not its host's.
    async fn end_panicked(mut self, message: String) -> BackfillError {
        let name = self.backfill.name.clone();
        let note = self.note_end(Status::Failed, Some(format!("panicked: {message}")));
        if let Err(error) = note.await {
            tracing::warn!(name, %error, "the ledger does not say that the backfill panicked");
        }
        BackfillError::Panicked {
            name,
            message,
            processed: self.progress.processed,
        }
    }

    async fn note_end(
        &mut self,
        status: Status,
        error: Option<String>,
    ) -> Result<(), DatabaseError> {
        let (total, note) = (self.progress.total, self.note());
        let scratch = match &self.backfill.way {
            Way::StorageOrder(plan) if status == Status::Done => Some(plan.clone()),
            _ => None,
        };
        let end = move |connection: &Connection| {
            if let Some(plan) = scratch {
                plan.drop_scratch(connection)?;
            }
            note.turn
                .finish(connection, status, total, error.as_deref(), note.worked)
        };
        // Whoever cancelled the run wants this note all the same.
        self.backfill
            .database
            .transact(Access::Write, CancellationToken::new(), end)
            .await
            .0
    }
}

const fn access(work: Work) -> Access {
    match work {
        Work::Write => Access::Write,
        Work::Read | Work::ReadApart => Access::Read,
    }
}

fn describe(after: Option<&Key>) -> String {
    after.map_or_else(
        || "the start".to_owned(),
        |key| format!("key {}", shown(key)),
    )
}

fn shown(key: &Key) -> String {
    match key {
        Key::Integer(key) => key.to_string(),
        Key::Text(key) => format!("{key:?}"),
        Key::Columns(keys) => {
            let keys: Vec<String> = keys.iter().map(shown).collect();
            format!("({})", keys.join(", "))
        }
    }
}
