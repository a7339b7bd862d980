//! What one cell produced: everything that reports, oracles and gates are made from.
//!
//! A cell is a pure function of (scenario, strategy, seed), and so is its outcome. All times are
//! modelled nanoseconds since the start of the cell.

use std::collections::BTreeMap;

use serde::Serialize;

pub use crate::asked::Asked;
use crate::scenario::Role;

/// The name of the counterfactual: the same seed and traffic with no backfill at all.
pub const NO_BACKFILL: &str = "no-backfill";

/// The name under which a strategy uses the database, in [`Hold::user`].
pub const BACKFILL: &str = "backfill";
/// The name under which a strategy uses a connection of its own, in [`Hold::user`].
pub const BACKFILL_APART: &str = "backfill-apart";
/// The name under which planned reads use the database, in [`Hold::user`].
pub const READER: &str = "reader";
/// The name under which planned writes use the database, in [`Hold::user`].
pub const WRITER: &str = "writer";

/// The oracle that asks whether the backfill came to its end. It says nothing about the data.
pub const TERMINATION: &str = "termination";
/// The oracle that asks whether the rows are right.
pub const VALUES: &str = "values";
/// The oracle that asks whether a row went below what the live path had stored.
pub const NO_LOWERING: &str = "no-lowering";
/// The oracle that asks whether a crash at the end would start over.
pub const LEDGER: &str = "ledger";
/// The oracle that asks whether a run that was started again went on from where it was.
pub const RESUME: &str = "resume";
/// The oracle that asks whether the ledger is written with chunks, and seldom besides.
pub const LEDGER_WRITES: &str = "ledger-writes";
/// The oracle that asks whether the operator was told the truth, and in time.
pub const STATUS: &str = "status";
/// The oracle that asks whether the pauses that were asked for were made.
pub const PAUSES: &str = "pauses";
/// The oracle that asks whether what announces chunks works in chunks.
pub const BOUNDED_TRANSACTIONS: &str = "bounded-transactions";

/// What one cell produced.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The strategy's name in the scenario, or [`NO_BACKFILL`].
    pub strategy: String,
    /// What the strategy is in the comparison; `None` for the counterfactual.
    pub role: Option<Role>,
    /// The seed of data and arrivals.
    pub seed: u64,
    /// SHA-256 over the ordered event log, hex.
    pub digest: String,
    /// SHA-256 over the planned arrivals, hex: equal for all strategies of a seed.
    pub plan_hash: String,
    /// When the backfill ran; `None` for the counterfactual.
    pub backfill: Option<Window>,
    /// How the backfill ended.
    pub ending: Ending,
    /// The last modelled instant of the cell.
    pub end_ns: u64,
    /// Every planned request that fell due, in the order of intended arrival.
    pub requests: Vec<Request>,
    /// Every time somebody had a connection, in the order of acquisition.
    pub holds: Vec<Hold>,
    /// Every chunk the backfill announced, in order.
    pub chunks: Vec<Chunk>,
    /// Counted work and events, by name.
    pub counters: BTreeMap<String, u64>,
    /// What must be true afterwards, and whether it is.
    pub oracles: Vec<Oracle>,
    /// SHA-256 over (id, value) of every backfilled row at the end, hex.
    pub rows_hash: String,
    /// The ordered event log, one line an event: with counters, verdicts and `rows_hash`, the
    /// digest's preimage.
    pub log: Vec<String>,
}

impl Outcome {
    /// Whether every oracle passed.
    #[must_use]
    pub fn correct(&self) -> bool {
        self.oracles.iter().all(|oracle| oracle.passed)
    }
}

/// A span of modelled time, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Window {
    /// The first instant.
    pub start_ns: u64,
    /// The last instant.
    pub end_ns: u64,
}

impl Window {
    /// How long it lasts.
    #[must_use]
    pub const fn duration_ns(self) -> u64 {
        self.end_ns - self.start_ns
    }

    /// The shortest that holds both.
    #[must_use]
    pub fn around(self, other: Self) -> Self {
        Self {
            start_ns: self.start_ns.min(other.start_ns),
            end_ns: self.end_ns.max(other.end_ns),
        }
    }

    /// Whether `at_ns` lies in it.
    #[must_use]
    pub const fn contains(self, at_ns: u64) -> bool {
        self.start_ns <= at_ns && at_ns <= self.end_ns
    }
}

/// How the backfill of a cell ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// There was none.
    NoBackfill,
    /// It finished.
    Done,
    /// It was cancelled and not started again.
    Cancelled,
    /// It was killed and not started again.
    Killed,
    /// It was still running at the scenario's horizon.
    OutOfTime,
    /// It stored more chunks than any backfill of these rows can need, and was stopped.
    Endless {
        /// Write transactions it had stored by then.
        transactions: u64,
        /// Rows there were when it started.
        rows: u64,
    },
    /// It failed with this error.
    Failed(String),
}

impl Ending {
    /// Why it did not finish, after "it"; `None` when it did.
    #[must_use]
    pub fn unfinished(&self) -> Option<String> {
        Some(match self {
            Self::Done => return None,
            Self::NoBackfill => "never started".to_owned(),
            Self::Cancelled => "was cancelled and not started again".to_owned(),
            Self::Killed => "was killed and not started again".to_owned(),
            Self::OutOfTime => "was still running at the horizon".to_owned(),
            Self::Endless { .. } => "stored without end and was stopped".to_owned(),
            Self::Failed(error) => format!("failed: {error}"),
        })
    }
}

/// A planned request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What was asked for.
    pub kind: RequestKind,
    /// When it was planned to arrive: latency counts from here.
    pub intended_ns: u64,
    /// When it had a connection; equals `finished_ns` when it never got one.
    pub acquired_ns: u64,
    /// When it was answered, or given up.
    pub finished_ns: u64,
    /// Whether it ended in an error or was still unanswered at the end of the cell.
    pub failed: bool,
    /// What became of its time beside the wait for a connection.
    pub service: Service,
}

/// What a request spent its time on, beside waiting for a connection. What of it is none of these
/// is SQLite's lock, which somebody else had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// When its connection was asked for, ns; 0 where that is not known.
    pub queued_ns: u64,
    /// When its connection was given back, ns; 0 where that is not known.
    pub released_ns: u64,
    /// On processors, their other users' share included, ns.
    pub cpu_ns: u64,
    /// On the device, its other users' share included, ns.
    pub device_ns: u64,
}

impl Request {
    /// Completion minus intended arrival; for a failed one, the time it waited at least.
    #[must_use]
    pub const fn latency_ns(&self) -> u64 {
        self.finished_ns - self.intended_ns
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestKind {
    /// Counts for a dashboard.
    Stats,
    /// The newest packets.
    PacketList,
    /// One packet with its observations.
    PacketDetail,
    /// The state of running migrations.
    Health,
    /// A new observation with its bump of `last_seen`.
    InsertObservation,
    /// A new transmission.
    InsertTransmission,
    /// An observation older than all others, with its bump of `last_seen` if that is older still.
    InsertLateObservation,
    /// A transmission and its observations go.
    DeleteTransmission,
    /// A statement of a database of one's own.
    Own(Asked),
}

impl RequestKind {
    /// Whether it reads: reader latency is made of these.
    #[must_use]
    pub const fn is_read(self) -> bool {
        match self {
            Self::Stats | Self::PacketList | Self::PacketDetail | Self::Health => true,
            Self::InsertObservation
            | Self::InsertTransmission
            | Self::InsertLateObservation
            | Self::DeleteTransmission => false,
            Self::Own(asked) => asked.read,
        }
    }

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stats => "stats",
            Self::PacketList => "packet-list",
            Self::PacketDetail => "packet-detail",
            Self::Health => "health",
            Self::InsertObservation => "insert-observation",
            Self::InsertTransmission => "insert-transmission",
            Self::InsertLateObservation => "insert-late-observation",
            Self::DeleteTransmission => "delete-transmission",
            Self::Own(asked) => asked.name,
        }
    }
}

/// One time somebody had a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Who: `reader`, `writer`, `backfill`, `backfill-apart`, `backfill-notes`, `operator` or
    /// `fault`.
    pub user: &'static str,
    /// Of which connections it was one: those of a line wait for each other, and for no others.
    pub line: Line,
    /// Whether it was a write transaction.
    pub write: bool,
    /// When the connection was asked for.
    pub queued_ns: u64,
    /// When it was handed over.
    pub acquired_ns: u64,
    /// When it was given back.
    pub released_ns: u64,
    /// How often SQLite answered "busy" meanwhile.
    pub busy_retries: u32,
    /// Rows its transaction changed.
    pub rows_changed: u64,
}

/// Connections that are handed over among the same users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// Those for everything, or for writes where reads have their own.
    #[default]
    Main,
    /// Those for reads alone.
    Readers,
    /// The backfill's own.
    Backfill,
    /// What the backfill reads apart.
    Apart,
}

/// A chunk as the backfill announced it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// When it was announced.
    pub at_ns: u64,
    /// Rows written so far, over all chunks.
    pub processed: u64,
    /// Rows there are to write, as far as is known.
    pub total: u64,
}

/// Something that must be true after a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Oracle {
    /// Its name.
    pub name: String,
    /// Whether it held.
    pub passed: bool,
    /// What was compared, with figures.
    pub detail: String,
}
