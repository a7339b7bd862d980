//! The one who writes: one write at a time, in the order of processing.
//!
//! It takes all that waits, so that the slower the disk, the larger the writes. A write that fails
//! for a reason that may pass is tried again until it succeeds, while processing goes on as long as
//! there is room. One that fails for good ends the store: what is committed stays, and a restart
//! goes on from there.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};
use tokio_util::sync::CancellationToken;

use super::claim::progress;
use super::error::StoreError;
use super::event::Event;
use super::schema::Saved;
use super::store::Shared;
use super::write::{Outcome, Run};
use crate::database::DatabaseError;
use crate::ledger::{self, Status};
use crate::retry::Waits;
use crate::runtime::Runtime;

/// The name under which a store's writes use the database.
pub const STORE_WRITER: &str = "store-writer";

/// Time from one note in the ledger that the store is alive to the next, while nothing is written.
const NOTED_EVERY: Duration = Duration::from_secs(2);

/// How a writer ended, if not by an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The store was closed, and everything is written.
    Closed,
    /// It was told to stop. What was not written is processed again by the next run.
    Stopped,
}

/// The one who writes a store; nothing is written unless it runs.
#[derive(Debug)]
pub struct Writer<R> {
    shared: Arc<Shared<R>>,
}

impl<R: Runtime> Writer<R> {
    pub(super) const fn new(shared: Arc<Shared<R>>) -> Self {
        Self { shared }
    }

    /// Writes what is processed until the store is closed or `cancel` is cancelled; a write under
    /// way is ended first.
    ///
    /// # Errors
    /// If a write fails for good. Whoever waits for it is told the same.
    pub async fn run(self, cancel: CancellationToken) -> Result<Ended, StoreError> {
        let worked = self.work(&cancel).await;
        let (status, said) = match &worked {
            Ok(Ended::Closed) => (Status::Done, None),
            Ok(Ended::Stopped) => (Status::Cancelled, None),
            Err(error) => (Status::Failed, Some(error.to_string())),
        };
        if !matches!(worked, Err(StoreError::TurnOver { .. })) {
            self.note_end(status, said).await;
        }
        if let Err(error) = &worked {
            self.end(error.clone());
        }
        worked
    }

    async fn work(&self, cancel: &CancellationToken) -> Result<Ended, StoreError> {
        let shared = &self.shared;
        let mut changed = shared.changed.subscribe();
        let mut noted_at = shared.now();
        loop {
            if cancel.is_cancelled() {
                return Ok(Ended::Stopped);
            }
            let now = shared.now();
            let due = {
                let state = shared.state();
                if let Some(error) = &state.ended {
                    return Err(error.clone());
                }
                if state.closing && state.is_saved() {
                    return Ok(Ended::Closed);
                }
                state.work_due_at(now, shared.settings.metadata_every)
            };
            if due.is_some_and(|due| due <= now) {
                self.write(cancel).await?;
                noted_at = shared.now();
                continue;
            }
            let note_at = noted_at + NOTED_EVERY;
            if note_at <= now {
                self.beat().await?;
                noted_at = shared.now();
                continue;
            }
            let next_at = due.map_or(note_at, |due| due.min(note_at));
            tokio::select! {
                biased;
                () = cancel.cancelled() => {}
                _ = changed.changed() => {}
                () = shared.database.runtime().sleep_until(next_at) => {}
            }
        }
    }

    /// Writes all that waits.
    async fn write(&self, cancel: &CancellationToken) -> Result<(), StoreError> {
        let shared = &self.shared;
        let _writing = tokio::select! {
            biased;
            () = cancel.cancelled() => return Ok(()),
            writing = shared.writing.lock() => writing,
        };
        let run = {
            let mut state = shared.state();
            if state.ended.is_some() {
                return Ok(());
            }
            let run = state.take();
            if run.works.is_empty() {
                state.metadata.goes_alone(shared.now());
            }
            run
        };
        let began_at = shared.now();
        let waits = Waits::new(shared.settings.retry);
        let mut retries = 0;
        // Whether a note has passed since the last try but one.
        let mut notes_pass = false;
        loop {
            let tried_at = shared.now();
            let error = match self.attempt(run.clone()).await {
                Ok(mut outcome) => {
                    outcome.written.took = shared.now() - began_at;
                    outcome.written.retries = retries;
                    outcome.written.last_try = shared.now() - tried_at;
                    let objects = run.objects();
                    drop(run);
                    self.settle(objects, &outcome);
                    return Ok(());
                }
                Err(error) => error,
            };
            if !may_pass(&error) {
                return Err(self.failed(error));
            }
            // Waits double up to their longest, and the sixteenth is as long as any.
            let wait = waits.before(retries.min(16));
            retries += 1;
            shared.state().counts.failed_writes += 1;
            let (error, again_in) = (&*error.to_string(), wait);
            tracing::warn!(
                name = shared.name(),
                error,
                ?again_in,
                "a write is tried again"
            );
            shared.tell(&Event::WriteFailed { error, again_in });
            let Some(passes) = self.wait(wait, !notes_pass, cancel).await? else {
                return Ok(());
            };
            notes_pass = passes;
        }
    }

    /// Waits until a write that has failed is to be tried again; whether that is because a note has
    /// passed, or `None` if the store is to stop.
    ///
    /// A try of a large write is dear, so they grow seldom. A note costs next to nothing, and if
    /// one passes, so may the write: nobody waits for seconds after a disk has come back. Where
    /// notes pass and the write does not, they tell nothing, and are not asked for.
    async fn wait(
        &self,
        wait: Duration,
        with_notes: bool,
        cancel: &CancellationToken,
    ) -> Result<Option<bool>, StoreError> {
        let shared = &self.shared;
        let runtime = shared.database.runtime();
        let until = runtime.now() + wait;
        loop {
            let next = if with_notes {
                until.min(runtime.now() + shared.settings.retry.base)
            } else {
                until
            };
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Ok(None),
                () = runtime.sleep_until(next) => {}
            }
            if runtime.now() >= until {
                return Ok(Some(false));
            }
            if self.beat().await? {
                return Ok(Some(true));
            }
        }
    }

    /// Writes `run`, and how far the store is then, in one transaction.
    async fn attempt(&self, run: Run) -> Result<Outcome, DatabaseError> {
        let shared = &self.shared;
        let (schema, turn) = (shared.schema.clone(), shared.turn.clone());
        let (saved, last) = (shared.state().saved, shared.settings.last);
        let worked = shared.now() - shared.began_at;
        let work = move |connection: &Connection| {
            let outcome = match run.applied(connection, &schema)? {
                Some(outcome) => outcome,
                None => run.apply(connection, &schema, saved)?,
            };
            let rows = progress(outcome.saved.committed, last);
            turn.advance(connection, &outcome.saved, rows, worked)?;
            Ok(outcome)
        };
        shared.database.named(STORE_WRITER).write(work).await
    }

    /// What was taken, so many `objects`, is in the database.
    fn settle(&self, objects: u64, outcome: &Outcome) {
        let shared = &self.shared;
        {
            let mut state = shared.state();
            state.settle(outcome.saved, &outcome.refused);
            if outcome.written.batches > 0 {
                state.cost.observe(objects, outcome.written.last_try);
            }
            state.counts.writes += 1;
            state.counts.refused += outcome.refusals.len() as u64;
        }
        shared.changed.send_replace(());
        for refusal in &outcome.refusals {
            tracing::warn!(
                name = shared.name(),
                ?refusal,
                "a row was refused by its table"
            );
            shared.tell(&Event::Refused(refusal));
        }
        shared.tell(&Event::Wrote(&outcome.written));
    }

    /// Notes that the store is alive; whether the note is in the ledger.
    async fn beat(&self) -> Result<bool, StoreError> {
        let shared = &self.shared;
        let (turn, worked) = (shared.turn.clone(), shared.now() - shared.began_at);
        let note = move |connection: &Connection| turn.beat(connection, None, worked);
        match shared.database.named(STORE_WRITER).write(note).await {
            Err(error) if is_turn_over(&error) => Err(self.failed(error)),
            Err(error) => {
                tracing::warn!(name = shared.name(), %error, "the ledger does not know the store is alive");
                Ok(false)
            }
            Ok(()) => Ok(true),
        }
    }

    async fn note_end(&self, status: Status, said: Option<String>) {
        let shared = &self.shared;
        let (turn, worked) = (shared.turn.clone(), shared.now() - shared.began_at);
        let Saved { committed, .. } = shared.state().saved;
        let total = match status {
            Status::Done => committed.get(),
            _ => progress(committed, shared.settings.last).1,
        };
        let note = move |connection: &Connection| {
            turn.finish(connection, status, total, said.as_deref(), worked)
        };
        if let Err(error) = shared.database.named(STORE_WRITER).write(note).await {
            tracing::warn!(name = shared.name(), %error, "the ledger does not say how the store ended");
        }
    }

    fn failed(&self, source: DatabaseError) -> StoreError {
        let name = self.shared.name();
        if is_turn_over(&source) {
            return StoreError::TurnOver { name };
        }
        StoreError::Write {
            name,
            committed: self.shared.state().saved.committed,
            source: Arc::new(source),
        }
    }
}

impl<R> Writer<R> {
    /// Nothing is written any more, and whoever waits is told why.
    fn end(&self, why: StoreError) {
        self.shared.state().ended.get_or_insert(why);
        self.shared.changed.send_replace(());
    }
}

impl<R> Drop for Writer<R> {
    /// Whatever ended it, nobody waits for it for ever.
    fn drop(&mut self) {
        let name = self.shared.name();
        self.end(StoreError::Closed { name });
    }
}

/// Whether a write that failed with `error` may succeed when it is tried again.
pub(super) fn may_pass(error: &DatabaseError) -> bool {
    match error {
        DatabaseError::Busy { .. } => true,
        DatabaseError::Sqlite(error) => matches!(
            error.sqlite_error_code(),
            Some(
                ErrorCode::DatabaseBusy
                    | ErrorCode::DatabaseLocked
                    | ErrorCode::DiskFull
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::CannotOpen
                    | ErrorCode::OutOfMemory
                    | ErrorCode::OperationInterrupted
            )
        ),
    }
}

pub(super) const fn is_turn_over(error: &DatabaseError) -> bool {
    matches!(error, DatabaseError::Sqlite(error) if ledger::is_turn_over(error))
}
