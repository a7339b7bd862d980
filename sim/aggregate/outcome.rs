//! What one cell of an aggregate scenario produced.
//!
//! A cell is a pure function of (scenario, workload, strategy, seed). All times are modelled
//! nanoseconds since the start of the cell.

use std::collections::BTreeMap;

use serde::Serialize;

use super::scenario::StrategyKind;
use crate::outcome::{Ending, Hold, Oracle, Request, Window};
use crate::processing::Disturbance;
use crate::scenario::Role;
use crate::sheet::{Base, Observed};

/// What one cell produced.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The strategy's name in the scenario, or [`crate::outcome::NO_BACKFILL`].
    pub strategy: String,
    /// What it was given to do.
    pub workload: String,
    /// What the strategy is in the comparison; `None` for the run without any.
    pub role: Option<Role>,
    /// How it counts; `None` for the run without any.
    pub kind: Option<StrategyKind>,
    /// The seed of views and arrivals.
    pub seed: u64,
    /// SHA-256 over the ordered event log, hex.
    pub digest: String,
    /// SHA-256 over the views and the planned requests, hex: equal for all strategies of a workload
    /// and a seed.
    pub plan_hash: String,
    /// When it counted, from the first start to the last end.
    pub rebuild: Option<Window>,
    /// How it ended.
    pub ending: Ending,
    /// The last modelled instant of the cell.
    pub end_ns: u64,
    /// What the counts came to and what they must come to; `None` for the run without any, and
    /// where it did not come to its end.
    pub counts: Option<Compared>,
    /// Every time rows were counted, in order.
    pub chunks: Vec<Chunk>,
    /// Every write transaction of the rebuild that was stored, in order.
    pub transactions: Vec<Transaction>,
    /// How far it was: when, rows done, and rows there are to do.
    pub progress: Vec<crate::outcome::Chunk>,
    /// What was done to it.
    pub disturbances: Vec<Disturbance>,
    /// Every planned request that fell due, in the order of intended arrival.
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
    /// Times it was killed.
    pub const CRASHES: &str = "crashes";
    /// Times somebody was given counts.
    pub const GIVEN: &str = "counts_given";
    /// Times somebody was told that there are none yet.
    pub const NOT_READY: &str = "counts_not_ready";
    /// Views that were added live.
    pub const ADDED: &str = "views_added";
}

impl Observed for Outcome {
    fn base(&self) -> Base<'_> {
        Base {
            strategy: &self.strategy,
            workload: &self.workload,
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
        self.rebuild.filter(|_| self.whole())
    }
}

/// What was counted beside what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// All views.
    pub views: Pair,
    /// Views of the page whose count is the farthest off; of the most viewed where none is off.
    pub worst_path: Pair,
    /// Pages.
    pub paths: Pair,
    /// Sessions.
    pub sessions: Pair,
}

/// One count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// As it was kept.
    pub counted: u64,
    /// As it is, found out without any strategy.
    pub direct: u64,
}

impl Pair {
    /// How far it is off, in either direction.
    #[must_use]
    pub const fn off(self) -> u64 {
        self.counted.abs_diff(self.direct)
    }

    /// What was counted over what there is; `None` where there is nothing.
    #[must_use]
    pub fn ratio(self) -> Option<f64> {
        crate::measure::mean::quotient(self.counted, self.direct)
    }
}

/// A time rows were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// When they were stored.
    pub at_ns: u64,
    /// Rows that were read.
    pub rows: u64,
    /// Of these: set aside.
    pub refused: u64,
    /// What they weigh: a text or a blob its bytes, anything else 8; `None` where only SQLite saw
    /// them.
    pub row_bytes: Option<u64>,
    /// What was written into the tables of counts, by the same measure.
    pub written_bytes: u64,
    /// What is handed to the next chunk, bytes.
    pub carried_bytes: u64,
}

/// A write transaction of the rebuild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// When it was stored.
    pub at_ns: u64,
    /// For how long it had the lock, ns.
    pub held_ns: u64,
    /// What it read from files and wrote to them, bytes; what its commit copied back of the
    /// write-ahead log, if anything, is of others and left out.
    pub bytes: u64,
}
