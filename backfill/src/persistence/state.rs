//! What a store's parts share: what is known, what waits to be written, how far both are.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::budget::{Budget, Unsaved};
use super::cache::{Cache, Key, Tier};
use super::checkpoint::Checkpoint;
use super::error::StoreError;
use super::event::Evicted;
use super::metadata::Metadata;
use super::meter::{Charged, Meter};
use super::row::Id;
use super::schema::Saved;
use super::table::TableId;
use super::work::{Change, Output, Work};
use super::write::Run;
use super::write_cost::WriteCost;
use crate::time::Instant;

/// What is shared, under a lock that nobody holds while waiting for anything.
#[derive(Debug)]
pub(super) struct State {
    pub(super) cache: Cache,
    /// Batches that wait to be written, in their order.
    pub(super) queue: VecDeque<Arc<Work>>,
    /// What is being written, or was when the store ended.
    in_flight: Option<Run>,
    /// Rows and outputs that wait to be written or are being written.
    pub(super) unsaved_objects: u64,
    /// What is in the database.
    pub(super) saved: Saved,
    /// What is in memory: never less.
    pub(super) processed: Checkpoint,
    pub(super) metadata: Metadata,
    pub(super) cost: WriteCost,
    /// Whether a batch has begun and not ended.
    pub(super) batch_open: bool,
    /// Where everything goes back to, while it does.
    pub(super) going_back: Option<Checkpoint>,
    /// How many wait for everything to be written.
    pub(super) flushing: u32,
    /// Whether the writer is to end once everything is written.
    pub(super) closing: bool,
    /// Why nothing is written any more.
    pub(super) ended: Option<StoreError>,
    pub(super) counts: Counts,
}

/// What has happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows asked for that were known.
    pub row_hits: u64,
    /// Rows that had to be looked up in the database.
    pub row_loads: u64,
    /// Outputs asked for that were known.
    pub output_hits: u64,
    /// Outputs found in the database.
    pub output_loads: u64,
    /// Effects called, not counting tries that failed.
    pub calls: u64,
    /// What was forgotten to make room.
    pub evicted_written: u64,
    /// The same, of what was read.
    pub evicted_read: u64,
    /// How long batches could not begin for want of room.
    pub stalled: Duration,
    /// Batches that began without room.
    pub overshoots: u64,
    /// Writes that are in the database.
    pub writes: u64,
    /// Writes that failed and were tried again.
    pub failed_writes: u64,
    /// Rows refused by their tables.
    pub refused: u64,
}

impl State {
    pub(super) fn new(saved: Saved, metadata: Metadata) -> Self {
        Self {
            cache: Cache::default(),
            queue: VecDeque::new(),
            in_flight: None,
            unsaved_objects: 0,
            saved,
            processed: saved.committed,
            metadata,
            cost: WriteCost::default(),
            batch_open: false,
            going_back: None,
            flushing: 0,
            closing: false,
            ended: None,
            counts: Counts::default(),
        }
    }

    /// Whether a commit to come would make room.
    pub(super) fn is_unsaved(&self) -> bool {
        let writes = |run: &Run| !run.works.is_empty();
        !self.queue.is_empty() || self.in_flight.as_ref().is_some_and(writes)
    }

    /// Whether nothing is left to write.
    pub(super) fn is_saved(&self) -> bool {
        self.queue.is_empty() && self.in_flight.is_none() && !self.metadata.is_dirty()
    }

    /// Forgets what has to go to be within `budget`.
    pub(super) fn evict(&mut self, budget: &Budget, meter: &Meter) -> Evicted {
        let over = || budget.exceeded_by(meter.now());
        let written = self.cache.evict(Tier::Written, over);
        let read = self.cache.evict(Tier::Read, over);
        self.counts.evicted_written += written;
        self.counts.evicted_read += read;
        Evicted { written, read }
    }

    /// Whether there is room for another batch.
    pub(super) fn has_room(&self, budget: &Budget, meter: &Meter) -> bool {
        !budget.exceeded_by(meter.now()) && !self.waits_for_efficiency(budget)
    }

    /// Whether so much waits that more would not make writing any better. While one write is under
    /// way another may always gather, or nothing would be gained by writing behind processing.
    fn waits_for_efficiency(&self, budget: &Budget) -> bool {
        if self.queue.is_empty() {
            return false;
        }
        let Unsaved::ForEfficiency(percent) = budget.unsaved else {
            return false;
        };
        let limit = self.cost.objects_for(percent);
        limit.is_some_and(|limit| self.unsaved_objects >= limit.max(1))
    }

    /// A batch is processed.
    pub(super) fn push(&mut self, work: Work) {
        for change in &work.changes {
            let held = Arc::clone(&change.held);
            self.cache.put(row_key(change), held, change.checkpoint);
        }
        for output in &work.outputs {
            let held = Arc::clone(&output.held);
            self.cache.put(output_key(output), held, output.checkpoint);
        }
        self.processed = work.up_to;
        self.unsaved_objects += work.objects();
        self.queue.push_back(Arc::new(work));
    }

    /// What is to be written next: the batches that wait, up to the first that is kept differently,
    /// and what metadata there is.
    pub(super) fn take(&mut self) -> Run {
        let keep = self.queue.front().map(|work| work.keep);
        let same = |work: &Arc<Work>| Some(work.keep) == keep;
        let count = self.queue.iter().take_while(|work| same(work)).count();
        let run = Run {
            works: self.queue.drain(..count).collect(),
            metadata: self.metadata.take(),
        };
        self.in_flight = Some(run.clone());
        run
    }

    /// What was taken is in the database, but for the `refused` rows. Nothing is held of it any
    /// more but by the cache: who waits for room must not find it taken.
    pub(super) fn settle(&mut self, saved: Saved, refused: &BTreeSet<(TableId, Id)>) {
        self.saved = saved;
        let works = self.in_flight.take().map_or_else(Vec::new, |run| run.works);
        for work in works {
            self.unsaved_objects -= work.objects();
            for change in &work.changes {
                self.cache.saved(&row_key(change), saved.committed);
            }
            for output in &work.outputs {
                self.cache.saved(&output_key(output), saved.committed);
            }
        }
        for (table, id) in refused {
            let key = Key::Row(*table, id.clone());
            self.cache.refused(&key, saved.committed);
        }
    }

    /// When the writer has something to do, if it has; now, where that is not later.
    pub(super) fn work_due_at(&self, now: Instant, metadata_every: Duration) -> Option<Instant> {
        if !self.queue.is_empty() {
            return Some(now);
        }
        let due = self.metadata.due_at(now, metadata_every)?;
        let hurry = self.closing || self.flushing > 0;
        Some(if hurry { now } else { due })
    }

    /// What is known of `key`.
    pub(super) fn known(&mut self, key: &Key) -> Option<Arc<Charged>> {
        self.cache.get(key)
    }
}

fn row_key(change: &Change) -> Key {
    Key::Row(change.table, change.id.clone())
}

fn output_key(output: &Output) -> Key {
    Key::Output(Arc::clone(&output.effect), Arc::clone(&output.input))
}

#[cfg(test)]
mod tests {
    use super::super::meter::Content;
    use super::super::work::Keep;
    use super::*;

    fn state() -> State {
        let mut state = State::new(Saved::default(), Metadata::default());
        for (up_to, keep) in [(1, Keep::Latest), (2, Keep::Latest), (3, Keep::History)] {
            state.push(Work {
                up_to: Checkpoint::new(up_to),
                items: 1,
                keep,
                changes: Vec::new(),
                outputs: Vec::new(),
                positions: Vec::new(),
                _waits: Charged::new(&Arc::default(), 0, Content::Absent),
            });
        }
        state
    }

    fn up_to(run: &Run) -> Vec<u64> {
        run.works.iter().map(|work| work.up_to.get()).collect()
    }

    #[test]
    fn batches_kept_differently_never_share_a_write() {
        let mut state = state();
        let first = state.take();
        assert_eq!(up_to(&first), [1, 2]);
        state.settle(Saved::default(), &BTreeSet::new());
        assert_eq!(up_to(&state.take()), [3]);
    }

    #[test]
    fn a_write_under_way_makes_room_to_come_even_if_nothing_is_queued() {
        let mut state = state();
        for _ in 0..2 {
            state.take();
            assert!(state.is_unsaved());
            state.settle(Saved::default(), &BTreeSet::new());
        }
        assert!(!state.is_unsaved());
    }
}
