//! What one cell of a listing scenario produced.
//!
//! A cell is a pure function of (scenario, shape of the data, strategy, seed). All times are
//! modelled nanoseconds since the start of the cell.

use std::collections::BTreeMap;

use backfill::listing::Range;

use crate::outcome::{Ending, Hold, Oracle, Request, Window};
use crate::scenario::Role;

/// What one cell produced.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The shape of the data, as scenario files call it.
    pub shape: String,
    /// The strategy's name in the scenario, or [`crate::outcome::NO_BACKFILL`].
    pub strategy: String,
    /// What the strategy is in the comparison; `None` for the run without a backfill.
    pub role: Option<Role>,
    /// Whether it knows beforehand where the objects lie: a bound to compare with, and no rival.
    pub bound: bool,
    /// The oracle that is meant to catch it, where it is known to be wrong.
    pub meant_oracle: Option<&'static str>,
    /// The seed of data, faults and readers.
    pub seed: u64,
    /// SHA-256 over the ordered event log, hex.
    pub digest: String,
    /// SHA-256 over the objects and the planned reads, hex: equal for all strategies of a shape and
    /// a seed.
    pub plan_hash: String,
    /// When the backfill ran, from its first start to its last end.
    pub backfill: Option<Window>,
    /// How it ended.
    pub ending: Ending,
    /// The last modelled instant of the cell.
    pub end_ns: u64,
    /// What there was to fetch.
    pub task: Task,
    /// Every request that was sent, in the order of sending.
    pub calls: Vec<Call>,
    /// Every transaction of the sink, in order.
    pub stores: Vec<Store>,
    /// What was expected while it ran, about once a second of modelled time.
    pub forecasts: Vec<Forecast>,
    /// What was done to it.
    pub disturbances: Vec<Disturbance>,
    /// Every planned read that fell due, in the order of intended arrival.
    pub requests: Vec<Request>,
    /// Every time somebody had a connection, in the order of acquisition.
    pub holds: Vec<Hold>,
    /// Counted work and events, by name.
    pub counters: BTreeMap<String, u64>,
    /// What must be true afterwards, and whether it is.
    pub oracles: Vec<Oracle>,
    /// The ordered event log, one line an event.
    pub log: Vec<String>,
}

impl Outcome {
    /// Whether every oracle passed.
    #[must_use]
    pub fn correct(&self) -> bool {
        self.oracles.iter().all(|oracle| oracle.passed)
    }
}

/// What there was to fetch, and under which terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Objects in the range when the backfill started, over all streams.
    pub objects: u64,
    /// Full pages they would fill, stream by stream, rounded up; an empty stream takes one call.
    pub pages: u64,
    /// The range that was asked for.
    pub range: Range,
    /// What the API takes, requests per 1000 s.
    pub requests_per_ks: u64,
    /// What it takes at once after a quiet time.
    pub burst: u64,
    /// What a call takes when nothing goes wrong: the median, ns.
    pub latency_ns: u64,
    /// Calls under way at a time, at the most.
    pub slots: u64,
    /// The least time in which the pages can be had at that rate, ns: pages / rate.
    pub by_rate_ns: u64,
    /// The least time the fullest second takes, page by page, ns.
    pub by_chain_ns: u64,
}

impl Task {
    /// The least time all of it can take, ns.
    #[must_use]
    pub fn floor_ns(&self) -> u64 {
        self.by_rate_ns.max(self.by_chain_ns)
    }
}

/// A request to the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The how manieth run of the backfill sent it; more than one after a crash.
    pub run: u32,
    /// The number of its stream; 0 where there is one.
    pub stream: u32,
    /// When it was sent.
    pub sent_ns: u64,
    /// When its answer was there, or it was given up.
    pub answered_ns: u64,
    /// The seconds it asked for.
    pub range: Range,
    /// Whether it went on after an object.
    pub continued: bool,
    /// Objects it brought.
    pub items: u32,
    /// Objects it brought that no call before it had brought.
    pub new_items: u32,
    /// What became of it.
    pub kind: CallKind,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallKind {
    /// It brought something new.
    New,
    /// It brought nothing.
    Empty,
    /// It brought only what had been brought before.
    Refetched,
    /// It was refused: too many requests.
    Limited,
    /// It failed, or was not answered in time.
    Failed,
    /// Nobody waited for its answer any more: whoever sent it was stopped.
    Abandoned,
}

/// A transaction of the sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// When it was committed.
    pub at_ns: u64,
    /// The number of its stream.
    pub stream: u32,
    /// Pages in it.
    pub pages: u32,
    /// Objects in it.
    pub items: u32,
    /// How large the state was that was stored with them, bytes.
    pub state_bytes: u64,
    /// Pages fetched and not stored by then, over all streams.
    pub held_pages: u32,
    /// Their bytes.
    pub held_bytes: u64,
}

/// What was expected at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// When.
    pub at_ns: u64,
    /// Pages stored by then.
    pub done_pages: u64,
    /// Pages expected to be left.
    pub left_pages: u64,
    /// How much longer it was expected to take, ns; `None` where nothing could be said.
    pub eta_ns: Option<u64>,
    /// The least it was expected to take, ns.
    pub eta_least_ns: Option<u64>,
    /// The most, ns; `None` where there was no telling.
    pub eta_most_ns: Option<u64>,
}

/// Something that was done to a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disturbance {
    /// What: `429 storm`, `partition`, `crash`, …
    pub what: String,
    /// From when to when.
    pub window: Window,
}
