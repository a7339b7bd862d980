//! The notes a run makes while it stores nothing: that it is alive, and how far it has read.
//!
//! Whoever follows the run, and whoever would take over from a dead one, goes by the ledger's last
//! note. A chunk makes one with its rows; where none is stored for a while, in a long pause or a
//! long walk, a note is made for its own sake. Such a note is never worth a backfill: one that
//! fails is logged and tried again, and counts as made only when it was stored.

use std::time::Duration;

use rusqlite::Connection;

use super::backfill::Backfill;
use super::error::is_turn_over;
use super::progress::Progress;
use super::run::{Flow, Run};
use crate::database::DatabaseError;
use crate::ledger::{Cursor, Reading, Turn};
use crate::runtime::Runtime;
use crate::time::Instant;

/// The name under which these notes use the database, for observers who tell them from chunks.
pub const NOTES: &str = "backfill-notes";

/// Time from one line in the log about notes that fail to the next.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// When notes were made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heartbeat {
    /// When the run began.
    began_at: Instant,
    /// When the last note was stored.
    noted_at: Instant,
    /// When one was last tried in vain.
    failed_at: Option<Instant>,
    /// When a failure was last logged.
    warned_at: Option<Instant>,
}

impl Heartbeat {
    pub(super) const fn started(at: Instant) -> Self {
        Self {
            began_at: at,
            noted_at: at,
            failed_at: None,
            warned_at: None,
        }
    }

    /// A note was stored.
    pub(super) const fn noted(&mut self, at: Instant) {
        self.noted_at = at;
    }

    /// Whether a failure may be logged, which counts as done.
    fn may_warn(&mut self, now: Instant) -> bool {
        let may = self.warned_at.is_none_or(|at| now - at >= WARN_EVERY);
        if may {
            self.warned_at = Some(now);
        }
        may
    }
}

/// What a step needs to write into the ledger: whose turn it is, and how long the run has worked.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) turn: Turn,
    pub(super) worked: Duration,
}

impl Note {
    /// Notes what a chunk did; to be called in the chunk's own transaction.
    pub(super) fn advance(
        &self,
        connection: &Connection,
        cursor: &Cursor,
        progress: Progress,
    ) -> rusqlite::Result<()> {
        let rows = (progress.processed, progress.total);
        self.turn.advance(connection, cursor, rows, self.worked)
    }
}

impl<R: Runtime> Run<R> {
    /// What a step that begins now writes into the ledger with.
    pub(super) fn note(&self) -> Note {
        let now = self.backfill.database.runtime().now();
        Note {
            turn: self.turn.clone(),
            worked: now - self.heartbeat.began_at,
        }
    }

    /// When the next note is due, if nothing is stored before. One that failed is not tried again
    /// at once, or the pauses would be spent on trying.
    fn due_at(&self) -> Instant {
        let Heartbeat {
            noted_at,
            failed_at,
            ..
        } = self.heartbeat;
        let last = failed_at.map_or(noted_at, |failed_at| failed_at.max(noted_at));
        last + self.backfill.noted_every
    }

    /// Makes a note if one is due. An error only if the turn is over.
    pub(super) async fn beat(&mut self) -> Result<(), DatabaseError> {
        let now = self.backfill.database.runtime().now();
        if now < self.due_at() {
            return Ok(());
        }
        let (note, reading) = (self.note(), self.reading_progress);
        let noted = self
            .backfill
            .database
            .named(NOTES)
            .write(move |connection| note.turn.beat(connection, reading, note.worked))
            .await;
        let now = self.backfill.database.runtime().now();
        match noted {
            Ok(()) => self.heartbeat.noted(now),
            Err(error) if is_turn_over(&error) => return Err(error),
            Err(error) => {
                self.heartbeat.failed_at = Some(now);
                if self.heartbeat.may_warn(now) {
                    let name = &self.backfill.name;
                    tracing::warn!(name, %error, "the ledger does not know how far the backfill is");
                }
            }
        }
        Ok(())
    }

    /// Waits for `pause`, and makes the notes that fall due meanwhile.
    pub(super) async fn rest(&mut self, pause: Duration) -> Result<Flow, DatabaseError> {
        let Backfill {
            cancel, database, ..
        } = &self.backfill;
        let (cancel, runtime) = (cancel.clone(), database.runtime().clone());
        let until = runtime.now() + pause;
        loop {
            let note_at = self.due_at().max(runtime.now());
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Ok(Flow::Cancelled),
                () = runtime.sleep_until(until.min(note_at)) => {}
            }
            if runtime.now() >= until {
                return Ok(Flow::Go);
            }
            self.beat().await?;
        }
    }

    /// How far the run has read; `None` when it does not read ahead of what it writes.
    pub(super) const fn has_read(&mut self, reading: Option<Reading>) {
        self.reading_progress = reading;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_logged_once_a_minute() {
        let at = |s| Instant::default() + Duration::from_secs(s);
        let mut heartbeat = Heartbeat::started(at(0));
        let warned: Vec<bool> = [1, 2, 60, 61, 62, 121]
            .map(|s| heartbeat.may_warn(at(s)))
            .into();
        assert_eq!(warned, [true, false, false, true, false, true]);
    }
}
