//! One UPDATE per chunk of keys.

use std::sync::Arc;

use rusqlite::Connection;

use super::heartbeat::Note;
use super::pacer::Work;
use super::plan::Plan;
use super::progress::Progress;
use super::run::{Flow, Run};
use crate::database::DatabaseError;
use crate::ledger::{Cursor, Key, Order};
use crate::runtime::Runtime;

/// Keys counted in one read where their number cannot be told from their span: a short hold.
const COUNTED_AT_ONCE: u64 = 10_000;

/// What one transaction did.
struct Chunk {
    cursor: Cursor,
    keys: u64,
    changed: u64,
}

impl<R: Runtime> Run<R> {
    /// Chunk after chunk, until no key is left or the run is cancelled.
    pub(super) async fn in_place(&mut self, plan: Arc<Plan>) -> Result<Flow, DatabaseError> {
        self.count_keys(Arc::clone(&plan)).await?;
        while self.cursor.after.as_ref() != Some(&self.cursor.last) {
            let Some(rows) = self.paced(Work::Write).await? else {
                return Ok(Flow::Cancelled);
            };
            let (plan, from) = (Arc::clone(&plan), self.cursor.clone());
            let (note, processed) = (self.note(), self.progress.processed);
            let (chunk, usage) = self
                .step(Work::Write, move |connection| {
                    chunk(connection, &plan, &note, from, rows, processed)
                })
                .await?;
            let Some(chunk) = chunk else { break };
            self.spent(Work::Write, chunk.keys, &usage);
            self.stored(chunk.cursor, chunk.changed);
            if chunk.keys < rows {
                // The last key was deleted meanwhile: no pause, no empty chunk to find that out.
                break;
            }
        }
        Ok(Flow::Go)
    }

    /// Counts keys that are no integers, a few at a time; the count joins the durable cursor with
    /// the first chunk.
    pub(super) async fn count_keys(&mut self, plan: Arc<Plan>) -> Result<(), DatabaseError> {
        if self.cursor.keys.is_some() || matches!(self.cursor.last, Key::Integer(_)) {
            return Ok(());
        }
        let (first, last) = (self.cursor.first.clone(), self.cursor.last.clone());
        let mut at = Cursor::before(first, last, Order::Key);
        loop {
            self.beat().await?;
            let (plan, from) = (Arc::clone(&plan), at.clone());
            let (found, _) = self
                .step(self.reading(), move |connection| {
                    plan.next_stretch(connection, &from, COUNTED_AT_ONCE)
                })
                .await?;
            let Some(stretch) = found else { break };
            at.scanned += stretch.keys;
            at.after = Some(stretch.upto);
        }
        self.cursor.keys = Some(at.scanned);
        self.progress = Progress::at(&self.cursor, self.progress.processed);
        Ok(())
    }
}

/// One chunk: the rows and the note of them; `None` if no key is left.
fn chunk(
    connection: &Connection,
    plan: &Plan,
    note: &Note,
    from: Cursor,
    rows: u64,
    processed: u64,
) -> rusqlite::Result<Option<Chunk>> {
    let Some(stretch) = plan.next_stretch(connection, &from, rows)? else {
        return Ok(None);
    };
    let changed = plan.update(connection, &from, &stretch.upto)?;
    if changed > stretch.keys {
        // The update reached beyond its chunk: nothing of it may be stored.
        let changed = usize::try_from(changed).unwrap_or(usize::MAX);
        return Err(rusqlite::Error::StatementChangedRows(changed));
    }
    let cursor = from.past(stretch.upto, stretch.keys);
    let after = Progress::at(&cursor, processed + changed);
    note.advance(connection, &cursor, after)?;
    Ok(Some(Chunk {
        cursor,
        keys: stretch.keys,
        changed,
    }))
}
