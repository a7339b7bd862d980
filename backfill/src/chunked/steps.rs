//! Chunks whose statements come from elsewhere in this crate, and all the rest from here.
//!
//! Turns, pauses, notes, cancellation and endings are the same whatever a chunk does. What is told
//! here is only how one is tried: a database that stays locked for longer than the busy timeout
//! holds up such a run, and does not end it, until its retries are used up.

use std::sync::Arc;

use rusqlite::Connection;

use super::job::JobError;
use super::pacer::Work;
use super::progress::Progress;
use super::run::{Flow, Run};
use crate::database::{DatabaseError, Usage};
use crate::ledger::Cursor;
use crate::retry::{RetryPolicy, Waits};
use crate::runtime::Runtime;
use crate::time::Instant;

/// What is done chunk by chunk.
pub(crate) trait Steps: Send + Sync + 'static {
    /// Whether it fits the database; must not write.
    fn check(&self, connection: &Connection) -> Result<(), JobError>;

    /// Prepares the database, and says where a run starts that the ledger knows nothing of; `None`
    /// if there is nothing to go through. What it writes is stored with the turn.
    fn before(&self, connection: &Connection) -> rusqlite::Result<Option<Cursor>>;

    /// Does the next chunk behind `from`, of at most `rows` rows. The last one ends at the cursor's
    /// own end, whether or not there is such a row any more.
    fn chunk(&self, connection: &Connection, from: Cursor, rows: u64) -> rusqlite::Result<Step>;

    /// How often a chunk is tried that found the database locked.
    fn retry(&self) -> RetryPolicy;
}

/// What one transaction did.
pub(crate) struct Step {
    /// Where the next one goes on.
    pub(crate) cursor: Cursor,
    /// Rows it passed.
    pub(crate) rows: u64,
    /// Tells whoever watches, once it is stored.
    pub(crate) tell: Box<dyn FnOnce(Instant) + Send>,
}

impl<R: Runtime> Run<R> {
    /// Chunk after chunk, until the end or until the run is cancelled.
    pub(super) async fn steps(&mut self, steps: Arc<dyn Steps>) -> Result<Flow, DatabaseError> {
        let waits = Waits::new(steps.retry());
        while self.cursor.after.as_ref() != Some(&self.cursor.last) {
            let Some(rows) = self.paced(Work::Write).await? else {
                return Ok(Flow::Cancelled);
            };
            let Some((step, usage)) = self.tried(&steps, rows, &waits).await? else {
                return Ok(Flow::Cancelled);
            };
            // One that found its rows gone says nothing about what rows cost.
            if step.rows > 0 {
                self.spent(Work::Write, step.rows, &usage);
            }
            let now = self.backfill.database.runtime().now();
            self.undisturbed(|_| (step.tell)(now));
            self.stored(step.cursor, step.rows);
        }
        Ok(Flow::Go)
    }

    /// The next chunk, tried until it is stored or has failed for good; `None` if the run was
    /// cancelled meanwhile.
    async fn tried(
        &mut self,
        steps: &Arc<dyn Steps>,
        rows: u64,
        waits: &Waits,
    ) -> Result<Option<(Step, Usage)>, DatabaseError> {
        let mut retries = 0;
        loop {
            let (steps, from, note) = (Arc::clone(steps), self.cursor.clone(), self.note());
            let processed = self.progress.processed;
            let tried = self
                .step(Work::Write, move |connection| {
                    note.turn.check(connection)?;
                    let step = steps.chunk(connection, from, rows)?;
                    let after = Progress::at(&step.cursor, processed + step.rows);
                    note.advance(connection, &step.cursor, after)?;
                    Ok(step)
                })
                .await;
            match tried {
                // The whole of it was rolled back: nothing is counted twice.
                Err(error @ DatabaseError::Busy { .. }) if retries < waits.retries() => {
                    let wait = waits.before(retries);
                    retries += 1;
                    let name = &self.backfill.name;
                    tracing::warn!(name, %error, again_in = ?wait, "a chunk is tried again");
                    if self.rest(wait).await? == Flow::Cancelled {
                        return Ok(None);
                    }
                }
                tried => return tried.map(Some),
            }
        }
    }
}
