//! Notes what happens in a cell of an aggregate scenario, in the order it happens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backfill::chunked::Progress;
use backfill::database::Usage;
use backfill::time::Instant;

use super::outcome::{Chunk, Transaction, counter};
use crate::outcome::Window;
use crate::processing::Disturbance;

/// Wrong reads worth keeping.
const WRONG_READS: usize = 5;

/// Where a cell's events go; clones write to the same record.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder {
    /// For connections, requests, progress, the operator and the log.
    pub(super) log: crate::recorder::Recorder,
    record: Arc<Mutex<Record>>,
    counted: Arc<tokio::sync::Notify>,
}

/// What was noted.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) chunks: Vec<Chunk>,
    pub(super) transactions: Vec<Transaction>,
    pub(super) disturbances: Vec<Disturbance>,
    pub(super) counters: BTreeMap<&'static str, u64>,
    /// What was given and is not what it may be, the first few.
    pub(super) wrong_reads: Vec<String>,
    processed: u64,
}

impl Recorder {
    /// Rows have been counted and stored, as a chunk or all at once.
    pub(super) fn chunk(&self, chunk: Chunk) {
        let Chunk {
            at_ns,
            rows,
            refused,
            row_bytes,
            written_bytes,
            carried_bytes,
        } = chunk;
        self.log.event(
            Instant::from_nanos(at_ns),
            format_args!(
                "counted {rows} refused {refused} read {row_bytes:?} written {written_bytes} \
                 carried {carried_bytes}"
            ),
        );
        self.lock().chunks.push(chunk);
        self.counted.notify_one();
    }

    /// Returns when rows have been counted since the last time.
    pub(super) async fn next_chunk(&self) {
        self.counted.notified().await;
    }

    /// So much of it is done.
    pub(super) fn progress(&self, at: Instant, processed: u64, total: u64) {
        self.lock().processed = processed;
        self.log.progress(at, Progress { processed, total });
    }

    /// How much of it was done last.
    pub(super) fn processed(&self) -> u64 {
        self.lock().processed
    }

    /// A transaction of the rebuild is stored, which read and wrote so many bytes.
    pub(super) fn transaction(&self, usage: &Usage, bytes: u64) {
        self.lock().transactions.push(Transaction {
            at_ns: usage.released_at.as_nanos(),
            held_ns: usage.released_at.as_nanos() - usage.locked_at.as_nanos(),
            bytes,
        });
    }

    /// Somebody asked for counts, and had some or none; `wrong` is what is wrong with them.
    pub(super) fn given(&self, some: bool, wrong: Option<String>) {
        let name = if some {
            counter::GIVEN
        } else {
            counter::NOT_READY
        };
        self.counted(name, 1);
        let mut record = self.lock();
        if let Some(wrong) = wrong
            && record.wrong_reads.len() < WRONG_READS
        {
            record.wrong_reads.push(wrong);
        }
    }

    pub(super) fn counted(&self, name: &'static str, by: u64) {
        *self.lock().counters.entry(name).or_default() += by;
    }

    pub(super) fn disturbed(&self, what: &str, window: Window) {
        self.log.event(
            Instant::from_nanos(window.end_ns),
            format_args!("{what} since {}", window.start_ns),
        );
        self.lock().disturbances.push(Disturbance {
            what: what.to_owned(),
            window,
        });
    }

    /// Everything noted but the log; the recorder is empty afterwards.
    pub(super) fn take(&self) -> Record {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
