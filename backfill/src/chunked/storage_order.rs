//! The source read once as it is stored, and the maxima written at the end.
//!
//! Three stages. *Walk*: steps of rows in storage order, their maxima kept in memory. Every so
//! often, and when there are too many, they go to a scratch table, in short transactions of which
//! the last moves the cursor: a crash or a cancellation undoes no more than that. *Take over*: the
//! maxima of the scratch table go to their rows, compared first and then written with a guard. A
//! walk that ends before anything was kept needs no scratch table and writes straight to the rows.
//!
//! Keeping the same maxima twice changes nothing, so the cursor may lag behind what was kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pacer::Work;
use super::progress::rows_to_read;
use super::rollup_plan::RollupPlan;
use super::run::{Flow, Run};
use crate::database::DatabaseError;
use crate::ledger::{Cursor, Key, Reading};
use crate::runtime::Runtime;

/// Maxima in memory at most: about 16 MB.
const MOST_MAXIMA: usize = 262_144;

/// Maxima by key.
type Maxima = BTreeMap<i64, i64>;

/// A walk that has come to the end: what is not kept yet, and the cursor behind it all.
struct Walked {
    maxima: Maxima,
    cursor: Cursor,
}

impl<R: Runtime> Run<R> {
    /// Walk and take over, until all is written or the run is cancelled.
    pub(super) async fn storage_order(
        &mut self,
        plan: Arc<RollupPlan>,
    ) -> Result<Flow, DatabaseError> {
        if self.cursor.after.as_ref() != Some(&self.cursor.last) {
            let Some(walked) = self.walk(Arc::clone(&plan)).await? else {
                return Ok(Flow::Cancelled);
            };
            if self.cursor.after.is_none() {
                return self.write_through(plan, walked).await;
            }
            if self.keep(Arc::clone(&plan), walked).await? == Flow::Cancelled {
                return Ok(Flow::Cancelled);
            }
        }
        self.take_over(plan).await
    }

    /// Reads the source from the cursor on; `None` if the run is cancelled.
    async fn walk(&mut self, plan: Arc<RollupPlan>) -> Result<Option<Walked>, DatabaseError> {
        let reading = self.reading();
        let last = rowid(&self.cursor.last);
        let mut walked = Walked {
            maxima: Maxima::new(),
            cursor: self.cursor.clone(),
        };
        let mut kept_at = self.backfill.database.runtime().now();
        loop {
            let Some(rows) = self.paced(reading).await? else {
                return Ok(None);
            };
            // One step's rows are in memory, too.
            let rows = rows.min(MOST_MAXIMA as u64);
            let (after, reads) = (walked.cursor.after.as_ref().map(rowid), Arc::clone(&plan));
            let (found, usage) = self
                .step(reading, move |connection| {
                    reads.walk(connection, after, last, rows)
                })
                .await?;
            self.spent(reading, found.rows, &usage);
            walked.take(found.values);
            // Fewer than asked for: the last rows were deleted meanwhile.
            let upto = found.upto.filter(|_| found.rows == rows).unwrap_or(last);
            walked.cursor = walked.cursor.past(Key::Integer(upto), found.rows);
            if upto == last {
                self.has_read(None);
                return Ok(Some(walked));
            }
            self.has_read(Some(Reading {
                rows_read: walked.cursor.scanned,
                rows_to_read: rows_to_read(&walked.cursor),
            }));
            let due = usage.released_at - kept_at >= self.backfill.kept_every;
            if due || walked.maxima.len() >= MOST_MAXIMA {
                let next = walked.cursor.clone();
                if self.keep(Arc::clone(&plan), walked).await? == Flow::Cancelled {
                    return Ok(None);
                }
                kept_at = self.backfill.database.runtime().now();
                walked = Walked {
                    maxima: Maxima::new(),
                    cursor: next,
                };
            }
        }
    }

    /// Keeps maxima in the scratch table; the last transaction moves the cursor.
    async fn keep(&mut self, plan: Arc<RollupPlan>, walked: Walked) -> Result<Flow, DatabaseError> {
        let mut maxima = walked.maxima.into_iter().peekable();
        loop {
            let Some(rows) = self.paced(Work::Write).await? else {
                return Ok(Flow::Cancelled);
            };
            let piece: Vec<(i64, i64)> = maxima.by_ref().take(count(rows)).collect();
            let ended = maxima.peek().is_none();
            let cursor = if ended { &walked.cursor } else { &self.cursor }.clone();
            let (keys, noted, progress) = (piece.len() as u64, cursor.clone(), self.progress);
            let (keeps, note) = (Arc::clone(&plan), self.note());
            let ((), usage) = self
                .step(Work::Write, move |connection| {
                    keeps.put(connection, &piece)?;
                    note.advance(connection, &noted, progress)
                })
                .await?;
            self.spent(Work::Write, keys, &usage);
            self.stored(cursor, 0);
            if ended {
                return Ok(Flow::Go);
            }
        }
    }

    /// Writes maxima to their rows, without a scratch table. A crash before the end is a crash
    /// before the start, but for the rows that are written.
    async fn write_through(
        &mut self,
        plan: Arc<RollupPlan>,
        walked: Walked,
    ) -> Result<Flow, DatabaseError> {
        let reading = self.reading();
        let mut maxima = walked.maxima.into_iter().peekable();
        let mut written = walked.cursor;
        // A run that resumes behind the last write finds nothing left, and no scratch table.
        written.taken_over = Some(i64::MAX);
        loop {
            let Some(rows) = self.paced(reading).await? else {
                return Ok(Flow::Cancelled);
            };
            let piece: Vec<(i64, i64)> = maxima.by_ref().take(count(rows)).collect();
            let ended = maxima.peek().is_none();
            let (keys, reads) = (piece.len() as u64, Arc::clone(&plan));
            let (raises, usage) = self
                .step(reading, move |connection| reads.too_low(connection, &piece))
                .await?;
            self.spent(reading, keys, &usage);
            let then = if ended { &written } else { &self.cursor }.clone();
            if (ended || !raises.is_empty())
                && self.raise(Arc::clone(&plan), raises, then).await? == Flow::Cancelled
            {
                return Ok(Flow::Cancelled);
            }
            if ended {
                return Ok(Flow::Go);
            }
        }
    }

    /// Takes the maxima of the scratch table over to their rows.
    async fn take_over(&mut self, plan: Arc<RollupPlan>) -> Result<Flow, DatabaseError> {
        let reading = self.reading();
        loop {
            let Some(rows) = self.paced(reading).await? else {
                return Ok(Flow::Cancelled);
            };
            let (after, reads) = (self.cursor.taken_over, Arc::clone(&plan));
            let ((keys, upto, raises), usage) = self
                .step(reading, move |connection| {
                    let maxima = reads.taken(connection, after, rows)?;
                    let upto = maxima.last().map(|&(key, _)| key);
                    let raises = reads.too_low(connection, &maxima)?;
                    Ok((maxima.len() as u64, upto, raises))
                })
                .await?;
            self.spent(reading, keys, &usage);
            if upto.is_none() {
                return Ok(Flow::Go);
            }
            let mut then = self.cursor.clone();
            then.taken_over = upto;
            if self.raise(Arc::clone(&plan), raises, then).await? == Flow::Cancelled {
                return Ok(Flow::Cancelled);
            }
            if keys < rows {
                return Ok(Flow::Go);
            }
        }
    }
}

impl Walked {
    fn take(&mut self, values: Vec<(i64, i64)>) {
        for (key, value) in values {
            let largest = self.maxima.entry(key).or_insert(value);
            *largest = value.max(*largest);
        }
    }
}

fn count(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

/// A cursor in storage order has rowids only.
const fn rowid(key: &Key) -> i64 {
    match key {
        Key::Integer(rowid) => *rowid,
        Key::Text(_) | Key::Columns(_) => i64::MAX,
    }
}
