//! The loop.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio_util::sync::CancellationToken;

use super::claim::{Claim, first_cursor};
use super::error::BackfillError;
use super::job::Job;
use super::pacer::{ChunkCost, Pacer};
use super::plan::Plan;
use super::progress::Progress;
use crate::database::{Access, Database, DatabaseError, Usage};
use crate::ledger::{self, Cursor, Key, Status};
use crate::runtime::Runtime;

/// Keys counted in one read where their number cannot be told from their span: a short hold.
const COUNTED_AT_ONCE: u64 = 10_000;

/// A column backfill, ready to run.
pub struct Backfill<R> {
    database: Database<R>,
    job: Job,
    pacer: Box<dyn Pacer>,
    observer: Box<dyn FnMut(Progress) + Send>,
    cancel: CancellationToken,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything up to the snapshot is done.
    Done,
    /// An earlier run had done it all; nothing was touched.
    AlreadyDone,
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
    /// Chunks stored by this run.
    pub chunks: u64,
    /// Keys passed, over all runs, with or without a change.
    pub scanned: u64,
    /// How often the observer panicked. The data does not suffer from it.
    pub observer_panics: u32,
}

/// A run under way.
struct Run<R> {
    backfill: Backfill<R>,
    plan: Plan,
    cursor: Cursor,
    progress: Progress,
    /// What the observer was told last.
    told: Option<Progress>,
    chunks: u64,
    observer_panics: u32,
}

/// What one transaction did.
enum Chunk {
    /// It stored this.
    Stored {
        cursor: Cursor,
        keys: u64,
        changed: u64,
    },
    /// No key was left.
    Nothing,
}

impl<R: Runtime> Backfill<R> {
    /// `job` on `database`, as fast as `pacer` says.
    pub fn new(database: Database<R>, job: Job, pacer: impl Pacer) -> Self {
        Self {
            database,
            job,
            pacer: Box::new(pacer),
            observer: Box::new(|_| {}),
            cancel: CancellationToken::new(),
        }
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

    /// Runs until everything is done, or it is cancelled. Resumes what an earlier run left.
    ///
    /// # Errors
    /// Anything that cannot be retried; the ledger says where a later run goes on.
    pub async fn run(mut self) -> Result<Report, BackfillError> {
        let name = self.job.name.clone();
        let plan = Plan::of(&self.job);
        let database = self.database.clone();
        match self.claim(&plan).await? {
            Claim::Done(progress, scanned) => Ok(Report {
                ending: Ending::AlreadyDone,
                progress,
                chunks: 0,
                scanned,
                observer_panics: 0,
            }),
            Claim::Empty => Run::end_empty(database, &name).await,
            Claim::From(cursor, processed) => {
                let mut run = Run {
                    progress: Progress::at(&cursor, processed),
                    backfill: self,
                    plan,
                    cursor,
                    told: None,
                    chunks: 0,
                    observer_panics: 0,
                };
                let ended = run.work().await;
                run.end(ended).await
            }
        }
    }

    /// Takes the job's place in the ledger.
    // By `&mut`, as every step that waits: pacer and observer need not be `Sync` for a run to be
    // spawned.
    async fn claim(&mut self, plan: &Plan) -> Result<Claim, BackfillError> {
        let (job, plan) = (self.job.clone(), plan.clone());
        let staked = self
            .database
            .write(move |connection| Claim::stake(connection, &job, &plan))
            .await;
        match staked {
            Ok(Ok(claim)) => Ok(claim),
            Ok(Err(source)) => Err(BackfillError::Job {
                name: self.job.name.clone(),
                source,
            }),
            Err(source) => Err(ledger_error(&self.job.name, "claimed", source)),
        }
    }
}

impl<R: Runtime> Run<R> {
    /// All there is to do, until it is done or the run is cancelled.
    async fn work(&mut self) -> Result<Ending, DatabaseError> {
        let ended = match self.count_keys().await {
            Ok(()) => self.chunks().await,
            Err(error) => Err(error),
        };
        match ended {
            Err(error) if error.is_interrupt() && self.backfill.cancel.is_cancelled() => {
                Ok(Ending::Cancelled)
            }
            ended => ended,
        }
    }

    /// Counts keys that are no integers, a few at a time; the count joins the durable cursor with
    /// the first chunk.
    async fn count_keys(&mut self) -> Result<(), DatabaseError> {
        if self.cursor.keys.is_some() || matches!(self.cursor.last, Key::Integer(_)) {
            return Ok(());
        }
        let mut at = first_cursor(self.cursor.first.clone(), self.cursor.last.clone());
        loop {
            let (plan, from) = (self.plan.clone(), at.clone());
            let cancel = self.backfill.cancel.clone();
            let (found, _) = self
                .backfill
                .database
                .transact(Access::Read, cancel, move |connection| {
                    plan.next_stretch(connection, &from, COUNTED_AT_ONCE)
                })
                .await;
            let Some(stretch) = found? else { break };
            at.scanned += stretch.keys;
            at.after = Some(stretch.upto);
        }
        self.cursor.keys = Some(at.scanned);
        self.progress = Progress::at(&self.cursor, self.progress.processed);
        Ok(())
    }

    /// Chunk after chunk, until no key is left or the run is cancelled.
    async fn chunks(&mut self) -> Result<Ending, DatabaseError> {
        let mut last: Option<ChunkCost> = None;
        while self.cursor.after.as_ref() != Some(&self.cursor.last) {
            let pace = self.backfill.pacer.pace(last.as_ref());
            if last.is_some() && !pace.pause.is_zero() {
                let cancel = self.backfill.cancel.clone();
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => return Ok(Ending::Cancelled),
                    () = self.backfill.database.runtime().sleep(pace.pause) => {}
                }
            }
            if self.backfill.cancel.is_cancelled() {
                return Ok(Ending::Cancelled);
            }
            let (stored, usage) = self.chunk(pace.rows.get()).await;
            let Chunk::Stored {
                cursor,
                keys,
                changed,
            } = stored?
            else {
                break;
            };
            self.stored(cursor, changed);
            if keys < pace.rows.get() {
                // The last key was deleted meanwhile: no pause, no empty chunk to find that out.
                break;
            }
            last = Some(cost(keys, &usage));
        }
        Ok(Ending::Done)
    }

    /// One chunk: the rows and the note of them, in one transaction.
    async fn chunk(&mut self, rows: u64) -> (Result<Chunk, DatabaseError>, Usage) {
        let (plan, from) = (self.plan.clone(), self.cursor.clone());
        let name = self.backfill.job.name.clone();
        let processed = self.progress.processed;
        self.backfill
            .database
            .transact(
                Access::Write,
                self.backfill.cancel.clone(),
                move |connection| {
                    let Some(stretch) = plan.next_stretch(connection, &from, rows)? else {
                        return Ok(Chunk::Nothing);
                    };
                    let changed = plan.update(connection, &from, &stretch.upto)?;
                    if changed > stretch.keys {
                        // The update reached beyond its chunk: nothing of it may be stored.
                        let changed = usize::try_from(changed).unwrap_or(usize::MAX);
                        return Err(rusqlite::Error::StatementChangedRows(changed));
                    }
                    let cursor = Cursor {
                        after: Some(stretch.upto),
                        scanned: from.scanned + stretch.keys,
                        ..from
                    };
                    let after = Progress::at(&cursor, processed + changed);
                    ledger::advance(connection, &name, &cursor, after.processed, after.total)?;
                    Ok(Chunk::Stored {
                        cursor,
                        keys: stretch.keys,
                        changed,
                    })
                },
            )
            .await
    }

    fn stored(&mut self, cursor: Cursor, changed: u64) {
        self.progress = Progress::at(&cursor, self.progress.processed + changed);
        self.cursor = cursor;
        self.chunks += 1;
        if changed > 0 {
            self.tell();
        }
    }

    /// Tells the observer where things stand.
    fn tell(&mut self) {
        let progress = self.progress;
        self.told = Some(progress);
        let observer = &mut self.backfill.observer;
        if catch_unwind(AssertUnwindSafe(|| observer(progress))).is_err() {
            self.observer_panics += 1;
            tracing::warn!(
                name = self.backfill.job.name,
                "the progress observer panicked; the backfill goes on"
            );
        }
    }

    /// Writes the ending into the ledger and reports.
    async fn end(mut self, ended: Result<Ending, DatabaseError>) -> Result<Report, BackfillError> {
        let name = self.backfill.job.name.clone();
        let (status, error) = match &ended {
            Ok(Ending::Cancelled) => (Status::Cancelled, None),
            Ok(_) => {
                // Keys that were deleted meanwhile are not left to do.
                self.progress.total = self.progress.processed;
                (Status::Done, None)
            }
            Err(error) => (Status::Failed, Some(error.to_string())),
        };
        let (total, note) = (self.progress.total, name.clone());
        let noted = self
            .backfill
            .database
            .write(move |connection| {
                ledger::finish(connection, &note, status, total, error.as_deref())
            })
            .await;
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
        noted.map_err(|source| ledger_error(&name, "closed", source))?;
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

    async fn end_empty(database: Database<R>, name: &str) -> Result<Report, BackfillError> {
        let note = name.to_owned();
        database
            .write(move |connection| ledger::finish(connection, &note, Status::Done, 0, None))
            .await
            .map_err(|source| ledger_error(name, "closed", source))?;
        Ok(Report {
            ending: Ending::Done,
            progress: Progress {
                processed: 0,
                total: 0,
            },
            chunks: 0,
            scanned: 0,
            observer_panics: 0,
        })
    }
}

fn cost(keys: u64, usage: &Usage) -> ChunkCost {
    ChunkCost {
        ended_at: usage.released_at,
        rows: keys,
        wait: usage.wait(),
        hold: usage.hold(),
        waiting: usage.waiting,
        busy_retries: usage.busy_retries,
    }
}

fn ledger_error(name: &str, action: &'static str, source: DatabaseError) -> BackfillError {
    BackfillError::Ledger {
        name: name.to_owned(),
        action,
        source,
    }
}

fn describe(after: Option<&Key>) -> String {
    match after {
        None => "the start".to_owned(),
        Some(Key::Integer(key)) => format!("key {key}"),
        Some(Key::Text(key)) => format!("key {key:?}"),
    }
}
