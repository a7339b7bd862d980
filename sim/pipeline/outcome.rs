//! What one cell of a pipeline scenario produced.
//!
//! A cell is a pure function of (scenario, strategy, seed). All times are modelled nanoseconds
//! since the start of the cell.

use std::collections::BTreeMap;

use super::oracle::Fingerprint;
use super::scenario::StrategyKind;
use crate::outcome::{Ending, Oracle, Request, Window};
use crate::processing::Disturbance;
use crate::scenario::Role;
use crate::sheet::{Base, Observed};

/// What one cell produced.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The strategy's name in the scenario, or [`crate::outcome::NO_BACKFILL`].
    pub strategy: String,
    /// What the strategy is in the comparison; `None` for the reference and the run without any
    /// stage.
    pub role: Option<Role>,
    /// Which stage begins when; `None` where there is none.
    pub kind: Option<StrategyKind>,
    /// The seed of objects, faults and arrivals.
    pub seed: u64,
    /// SHA-256 over the ordered event log, hex.
    pub digest: String,
    /// SHA-256 over the objects and the planned requests, hex: equal for all strategies of a seed.
    pub plan_hash: String,
    /// From the start of the first stage to the end of the last.
    pub pipeline: Option<Window>,
    /// How it ended.
    pub ending: Ending,
    /// The last modelled instant of the cell.
    pub end_ns: u64,
    /// When each stage ran, crashes included, in the order of [`super::Stage::ALL`]; `None` where
    /// it has not come to its end.
    pub stages: [Option<Window>; 3],
    /// How far each stage was, as moments and rows, in the order they were stored.
    pub progress: [Vec<(u64, u64)>; 3],
    /// What processing held, once a second.
    pub moments: Vec<Moment>,
    /// What was done to it.
    pub disturbances: Vec<Disturbance>,
    /// Every planned request that fell due, in the order of intended arrival.
    pub requests: Vec<Request>,
    /// When the last live insert was meant to arrive; `None` without any.
    pub last_insert_ns: Option<u64>,
    /// Counted work and events, by name ([`counter`]).
    pub counters: BTreeMap<String, u64>,
    /// What must be true afterwards, and whether it is.
    pub oracles: Vec<Oracle>,
    /// The ordered event log, one line an event.
    pub log: Vec<String>,
    /// All rows, of the reference; others are compared with it.
    pub(super) rows: Option<Fingerprint>,
}

/// The names of the counters that figures are made from.
pub mod counter {
    /// Requests to the API.
    pub const REQUESTS: &str = "api_requests";
    /// Of these: refused as too many.
    pub const LIMITED: &str = "api_requests_limited";
    /// Times a stage failed and was started again.
    pub const RESTARTS: &str = "restarts";
    /// Times all stages were killed.
    pub const CRASHES: &str = "crashes";
    /// Writes of processing that failed and were tried again.
    pub const FAILED_WRITES: &str = "failed_writes";
    /// The most objects that processing held at any instant.
    pub const OBJECTS_MOST: &str = "objects_most";
    /// The most bytes that processing held at any instant.
    pub const BYTES_MOST: &str = "bytes_most";
    /// Answers the operator had.
    pub const POLLS: &str = "operator_polls_answered";
    /// Polls that were not answered in time.
    pub const UNANSWERED: &str = "operator_polls_unanswered";
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
        self.pipeline.filter(|_| self.whole())
    }
}

/// What processing held at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at_ns: u64,
    /// Objects held, those that wait or are being written included.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}
