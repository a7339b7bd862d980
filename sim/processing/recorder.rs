//! Notes what happens in a cell of a processing scenario, in the order it happens.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backfill::persistence::{Event, Held, Id, Watcher};
use backfill::time::Instant;

use super::outcome::{Disturbance, Moment, Write, counter};
use crate::outcome::Window;

/// Where a cell's events go; clones write to the same record.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder {
    /// For connections, reads and the log.
    pub(super) log: crate::recorder::Recorder,
    record: Arc<Mutex<Record>>,
    wrote: Arc<tokio::sync::Notify>,
}

/// What was noted.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) moments: Vec<Moment>,
    pub(super) writes: Vec<Write>,
    pub(super) stalls: Vec<Window>,
    pub(super) disturbances: Vec<Disturbance>,
    pub(super) counters: BTreeMap<&'static str, u64>,
    /// What was read and is not what was written last, the first few.
    pub(super) wrong_reads: Vec<String>,
    pub(super) reads: u64,
    /// Outputs that were said to be stored.
    pub(super) claimed_outputs: u64,
    /// Objects that the batch under way has added.
    batch_objects: u64,
    loaded: BTreeSet<(String, Id)>,
    called: BTreeSet<String>,
}

/// Wrong reads worth keeping.
const WRONG_READS: usize = 5;

impl Record {
    fn count(&mut self, name: &'static str, by: u64) {
        *self.counters.entry(name).or_default() += by;
    }

    fn most(&mut self, name: &'static str, value: u64) {
        let most = self.counters.entry(name).or_default();
        *most = (*most).max(value);
    }

    pub(super) fn counter(&self, name: &str) -> u64 {
        self.counters.get(name).copied().unwrap_or(0)
    }
}

impl Recorder {
    pub(super) fn event(&self, at: Instant, what: fmt::Arguments<'_>) {
        self.log.event(at, what);
    }

    /// Rows of `table` were looked up.
    pub(super) fn loaded(&self, table: &str, ids: &[Id]) {
        let mut record = self.lock();
        record.count(counter::ROW_LOADS, ids.len() as u64);
        for id in ids {
            let known = !record.loaded.insert((table.to_owned(), id.clone()));
            record.count(counter::ROW_RELOADS, u64::from(known));
        }
        record.batch_objects += ids.len() as u64;
    }

    /// The effect was called, and has answered.
    pub(super) fn called(&self, input: &str) {
        let mut record = self.lock();
        record.count(counter::CALLS, 1);
        let known = !record.called.insert(input.to_owned());
        record.count(counter::RECALLS, u64::from(known));
        record.batch_objects += 1;
    }

    /// The batch under way holds so many objects more.
    pub(super) fn added(&self, objects: u64) {
        self.lock().batch_objects += objects;
    }

    /// A batch is processed.
    pub(super) fn processed(&self, at: Instant, up_to: u64, items: u64) {
        let mut record = self.lock();
        record.count(counter::BATCHES, 1);
        record.count(counter::ITEMS_PROCESSED, items);
        let objects = std::mem::take(&mut record.batch_objects);
        record.most(counter::BATCH_OBJECTS_MOST, objects);
        drop(record);
        self.event(at, format_args!("processed {up_to}"));
    }

    pub(super) fn wrote(&self, write: Write, up_to: u64) {
        let at = Instant::from_nanos(write.at_ns);
        self.lock().writes.push(write);
        self.event(
            at,
            format_args!(
                "wrote up to {up_to} batches {} rows {} history {} outputs {} retries {}",
                write.batches, write.rows, write.history_rows, write.outputs, write.retries
            ),
        );
        if write.batches > 0 {
            self.wrote.notify_one();
        }
    }

    /// Returns when a batch has been written since the last time.
    pub(super) async fn next_write(&self) {
        self.wrote.notified().await;
    }

    pub(super) fn claimed(&self, outputs: u64) {
        self.lock().claimed_outputs += outputs;
    }

    pub(super) fn stalled(&self, now: Instant, for_long: Duration) {
        let end_ns = now.as_nanos();
        let start_ns = end_ns - ns(for_long).min(end_ns);
        self.lock().stalls.push(Window { start_ns, end_ns });
    }

    pub(super) fn evicted(&self, written: u64, read: u64) {
        let mut record = self.lock();
        record.count(counter::EVICTED_WRITTEN, written);
        record.count(counter::EVICTED_READ, read);
    }

    pub(super) fn counted(&self, name: &'static str, by: u64) {
        self.lock().count(name, by);
    }

    pub(super) fn at_most(&self, name: &'static str, value: u64) {
        self.lock().most(name, value);
    }

    pub(super) fn most_held(&self, held: Held) {
        self.at_most(counter::OBJECTS_MOST, held.objects);
        self.at_most(counter::BYTES_MOST, held.bytes);
    }

    pub(super) fn moment(&self, moment: Moment) {
        self.lock().moments.push(moment);
    }

    pub(super) fn disturbed(&self, what: &str, window: Window) {
        self.event(
            Instant::from_nanos(window.end_ns),
            format_args!("{what} since {}", window.start_ns),
        );
        self.lock().disturbances.push(Disturbance {
            what: what.to_owned(),
            window,
        });
    }

    /// Something was read; `wrong` is what is wrong with it.
    pub(super) fn read(&self, wrong: Option<String>) {
        let mut record = self.lock();
        record.reads += 1;
        if let Some(wrong) = wrong
            && record.wrong_reads.len() < WRONG_READS
        {
            record.wrong_reads.push(wrong);
        }
    }

    /// Everything noted but the log; the recorder is empty afterwards.
    pub(super) fn take(&self) -> Record {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn ns(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Watcher for Recorder {
    fn see(&self, at: Instant, event: &Event<'_>) {
        match event {
            Event::Loaded { table, ids } => self.loaded(table, ids),
            Event::Called { input, .. } => self.called(input),
            Event::Evicted(evicted) => self.evicted(evicted.written, evicted.read),
            Event::Stalled(for_long) => self.stalled(at, *for_long),
            Event::Overshot(_) => self.counted(counter::OVERSHOOTS, 1),
            Event::Processed { up_to, items } => self.processed(at, up_to.get(), *items),
            Event::Wrote(written) => {
                self.claimed(written.outputs);
                let write = Write {
                    at_ns: at.as_nanos(),
                    took_ns: ns(written.took),
                    last_try_ns: ns(written.last_try),
                    batches: written.batches,
                    items: written.items,
                    rows: written.rows,
                    history_rows: written.history_rows,
                    outputs: written.outputs,
                    retries: written.retries,
                };
                self.wrote(write, written.up_to.get());
            }
            Event::WriteFailed { error, again_in } => {
                self.counted(counter::FAILED_WRITES, 1);
                self.event(
                    at,
                    format_args!("write failed: {error}; again in {} ns", again_in.as_nanos()),
                );
            }
            Event::Refused(refusal) => {
                self.counted(counter::REFUSED, 1);
                self.event(
                    at,
                    format_args!(
                        "refused {} {:?} at {} repaired {}",
                        refusal.table, refusal.id, refusal.checkpoint, refusal.repaired
                    ),
                );
            }
            Event::RolledBack(target) => {
                self.counted(counter::ROLL_BACKS, 1);
                self.event(at, format_args!("rolled back to {target}"));
            }
        }
    }
}
