//! What one cell of a processing scenario produced.
//!
//! A cell is a pure function of (scenario, strategy, seed). All times are modelled nanoseconds
//! since the start of the cell.

use std::collections::BTreeMap;

use super::scenario::StrategyKind;
use crate::outcome::{Ending, Hold, Oracle, Request, Window};
use crate::scenario::Role;
use crate::sheet::{Base, Observed};

/// What one cell produced.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The strategy's name in the scenario, or [`crate::outcome::NO_BACKFILL`].
    pub strategy: String,
    /// What the strategy is in the comparison; `None` for the run without any processing.
    pub role: Option<Role>,
    /// How it writes; `None` for the run without any processing.
    pub kind: Option<StrategyKind>,
    /// How efficient its writing is to be, where the scenario says so.
    pub efficiency_percent: Option<u8>,
    /// The seed of items, faults and readers.
    pub seed: u64,
    /// SHA-256 over the ordered event log, hex.
    pub digest: String,
    /// SHA-256 over the items and the planned reads, hex: equal for all strategies of a seed.
    pub plan_hash: String,
    /// When it was processed, from the first start to the last end; what was processed is in the
    /// database then.
    pub processing: Option<Window>,
    /// How it ended.
    pub ending: Ending,
    /// The last modelled instant of the cell.
    pub end_ns: u64,
    /// What there was to do.
    pub task: Task,
    /// What was held and how far it was, at the start of every batch and at every commit.
    pub moments: Vec<Moment>,
    /// Every write that is in the database, in order.
    pub writes: Vec<Write>,
    /// Times in which a batch could not begin for want of room.
    pub stalls: Vec<Window>,
    /// What was done to it.
    pub disturbances: Vec<Disturbance>,
    /// Every planned read that fell due, in the order of intended arrival.
    pub requests: Vec<Request>,
    /// Every time somebody had a connection, in the order of acquisition.
    pub holds: Vec<Hold>,
    /// Counted work and events, by name ([`counter`]).
    pub counters: BTreeMap<String, u64>,
    /// What must be true afterwards, and whether it is.
    pub oracles: Vec<Oracle>,
    /// The ordered event log, one line an event.
    pub log: Vec<String>,
}

/// The names of the counters that figures are made from.
pub mod counter {
    /// Items that were processed, those again after a crash or a rollback included.
    pub const ITEMS_PROCESSED: &str = "items_processed";
    /// Items that were processed again after a crash.
    pub const ITEMS_REPEATED: &str = "items_repeated";
    /// The most of these after one crash.
    pub const ITEMS_REPEATED_MOST: &str = "items_repeated_most";
    /// Batches that were processed.
    pub const BATCHES: &str = "batches";
    /// Rows that were asked for and known.
    pub const ROW_HITS: &str = "row_hits";
    /// Rows that were looked up in the database.
    pub const ROW_LOADS: &str = "row_loads";
    /// Of these: rows that had been known before, and forgotten.
    pub const ROW_RELOADS: &str = "row_reloads";
    /// Outputs that were asked for and known.
    pub const OUTPUT_HITS: &str = "output_hits";
    /// Outputs found in the database.
    pub const OUTPUT_LOADS: &str = "output_loads";
    /// Calls of the effect.
    pub const CALLS: &str = "calls";
    /// Of these: for an input that had been called for before.
    pub const RECALLS: &str = "recalls";
    /// Things forgotten that were written and not asked for since.
    pub const EVICTED_WRITTEN: &str = "evicted_written";
    /// Things forgotten that were read.
    pub const EVICTED_READ: &str = "evicted_read";
    /// Batches that began without room.
    pub const OVERSHOOTS: &str = "overshoots";
    /// Writes that failed and were tried again.
    pub const FAILED_WRITES: &str = "failed_writes";
    /// Rows refused by their table.
    pub const REFUSED: &str = "refused";
    /// The most objects held at any instant.
    pub const OBJECTS_MOST: &str = "objects_most";
    /// The most bytes held at any instant.
    pub const BYTES_MOST: &str = "bytes_most";
    /// The most objects that one batch added.
    pub const BATCH_OBJECTS_MOST: &str = "batch_objects_most";
    /// The most bytes that one batch added.
    pub const BATCH_BYTES_MOST: &str = "batch_bytes_most";
    /// Times it was killed.
    pub const CRASHES: &str = "crashes";
    /// Times it went back.
    pub const ROLL_BACKS: &str = "roll_backs";
}

impl Observed for Outcome {
    fn base(&self) -> Base<'_> {
        Base {
            strategy: &self.strategy,
            workload: "",
            role: self.role,
            seed: self.seed,
            digest: &self.digest,
            plan_hash: &self.plan_hash,
            ending: &self.ending,
            counters: &self.counters,
            oracles: &self.oracles,
            log: &self.log,
        }
    }

    fn requests(&self) -> &[Request] {
        &self.requests
    }

    fn drop_log(&mut self) {
        self.log = Vec::new();
    }
}

impl Outcome {
    /// The time it took, if it finished with the right data.
    #[must_use]
    pub fn took(&self) -> Option<Window> {
        self.processing.filter(|_| self.whole())
    }

    /// A counter; 0 where it was never counted.
    #[must_use]
    pub fn counter(&self, name: &str) -> u64 {
        self.counters.get(name).copied().unwrap_or(0)
    }
}

/// What there was to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Items.
    pub items: u64,
    /// Items of a batch.
    pub batch: u64,
    /// Objects that may be held; `None` where nothing is said.
    pub budget_objects: Option<u64>,
    /// Bytes that may be held; `None` where nothing is said.
    pub budget_bytes: Option<u64>,
}

/// What was held at a moment, and how far it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at_ns: u64,
    /// Objects held, those that wait or are being written included.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Of the objects: those that are not in the database.
    pub unsaved: u64,
    /// The last item processed.
    pub processed: u64,
    /// The last item in the database.
    pub committed: u64,
}

/// A write that is in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// When it was committed.
    pub at_ns: u64,
    /// From its first try to the end of its last, ns.
    pub took_ns: u64,
    /// Of this: its last try, the one that was committed, ns. What it took without a failure.
    pub last_try_ns: u64,
    /// Batches in it; 0 for metadata alone.
    pub batches: u64,
    /// Items in it.
    pub items: u64,
    /// Rows set or deleted.
    pub rows: u64,
    /// Versions written to the history.
    pub history_rows: u64,
    /// Outputs of the effect.
    pub outputs: u64,
    /// Tries that failed before.
    pub retries: u32,
}

/// Something that was done to a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disturbance {
    /// What: `outage`, `lock`, `crash`, `roll back`.
    pub what: String,
    /// From when to when.
    pub window: Window,
}
