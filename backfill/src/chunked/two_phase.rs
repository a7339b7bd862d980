//! Maxima of a chunk of keys read first, then written in a transaction that does nothing else.

use std::sync::Arc;

use super::pacer::Work;
use super::progress::Progress;
use super::rollup_plan::{Raise, RollupPlan};
use super::run::{Flow, Run};
use crate::database::DatabaseError;
use crate::ledger::Cursor;
use crate::runtime::Runtime;

impl<R: Runtime> Run<R> {
    /// Read and write in turn, until no key is left or the run is cancelled.
    pub(super) async fn two_phase(&mut self, plan: Arc<RollupPlan>) -> Result<Flow, DatabaseError> {
        self.count_keys(Arc::clone(&plan.keys)).await?;
        let reading = self.reading();
        while self.cursor.after.as_ref() != Some(&self.cursor.last) {
            let Some(rows) = self.paced(reading).await? else {
                return Ok(Flow::Cancelled);
            };
            let (from, reads) = (self.cursor.clone(), Arc::clone(&plan));
            let (found, usage) = self
                .step(reading, move |connection| {
                    let Some(stretch) = reads.keys.next_stretch(connection, &from, rows)? else {
                        return Ok(None);
                    };
                    let raises = reads.maxima(connection, &from, &stretch)?;
                    Ok(Some((stretch, raises)))
                })
                .await?;
            let Some((stretch, raises)) = found else {
                break;
            };
            self.spent(reading, stretch.keys, &usage);
            let then = self.cursor.clone().past(stretch.upto, stretch.keys);
            if self.raise(Arc::clone(&plan), raises, then).await? == Flow::Cancelled {
                return Ok(Flow::Cancelled);
            }
            if stretch.keys < rows {
                break;
            }
        }
        Ok(Flow::Go)
    }

    /// Raises rows, as many at a time as the pacer says; the last transaction moves the cursor to
    /// `then`. What a crash in between repeats finds its rows raised, and counts nothing twice.
    pub(super) async fn raise(
        &mut self,
        plan: Arc<RollupPlan>,
        mut raises: Vec<Raise>,
        then: Cursor,
    ) -> Result<Flow, DatabaseError> {
        loop {
            let Some(rows) = self.paced(Work::Write).await? else {
                return Ok(Flow::Cancelled);
            };
            let most = usize::try_from(rows).unwrap_or(usize::MAX);
            let rest = raises.split_off(raises.len().min(most));
            let cursor = if rest.is_empty() {
                then.clone()
            } else {
                self.cursor.clone()
            };
            let piece = std::mem::replace(&mut raises, rest);
            let (keys, noted) = (piece.len() as u64, cursor.clone());
            let (writes, note) = (Arc::clone(&plan), self.note());
            let processed = self.progress.processed;
            let (changed, usage) = self
                .step(Work::Write, move |connection| {
                    let changed = writes.raise(connection, &piece)?;
                    let after = Progress::at(&noted, processed + changed);
                    note.advance(connection, &noted, after)?;
                    Ok(changed)
                })
                .await?;
            // A write of the cursor alone says nothing about what rows cost.
            if keys > 0 {
                self.spent(Work::Write, keys, &usage);
            }
            self.stored(cursor, changed);
            if raises.is_empty() {
                return Ok(Flow::Go);
            }
        }
    }
}
