//! What a scenario says, after parsing and checking: one plain struct per table of the file.
//!
//! Every field has a default, so a scenario file states only what its question is about, and
//! `sim check` prints the rest. Ranges are checked in `validate.rs`, which knows the place in the
//! file; nothing here can be out of range once [`super::load`] has returned it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cache::Cache;
use super::fault::{Cancel, LedgerOutage};
use super::job::{Apply, Job};
use super::must_fail::MustFail;
pub use super::strategy::{PacerKind, ReadsOn, Role, ShapeKind, Strategy};
pub use super::strategy_kind::StrategyKind;
use super::traffic::{Readers, Writers};
use crate::gate::Gates;

/// The tables of a scenario file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Model {
    /// Seeds to run; each is a replicate with its own data and arrivals.
    pub seeds: Seeds,
    /// Controls that must be caught.
    pub must_fail: MustFail,
    /// The seeded data.
    pub dataset: Dataset,
    /// How SQLite is set up and who shares which connection.
    pub database: Database,
    /// What is to be done in the database that `database.file` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<Job>,
    /// Who reads it.
    #[serde(skip_serializing_if = "Readers::is_empty")]
    pub readers: Readers,
    /// Who writes to it.
    #[serde(skip_serializing_if = "Writers::is_empty")]
    pub writers: Writers,
    /// How the job is to be done for real.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apply: Option<Apply>,
    /// The disk the database lies on.
    pub disk: Disk,
    /// The traffic that goes on while the backfill runs.
    pub load: Load,
    /// The store in the server's memory and its lock, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// How long each phase of a run lasts.
    pub phases: Phases,
    /// The network between the hosts.
    pub network: Network,
    /// The operator who polls `/api/healthz`.
    pub operator: Operator,
    /// Cancels the backfill under way, when given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel: Option<Cancel>,
    /// Makes the ledger unreadable for a while, when given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger_outage: Option<LedgerOutage>,
    /// What readers, or writers, are promised.
    pub objective: Objective,
    /// What has to hold of a run.
    #[serde(rename = "gate", skip_serializing_if = "Gates::is_empty")]
    pub gates: Gates,
    /// What is compared, by name, in the order of the file.
    pub strategies: IndexMap<String, Strategy>,
}

/// The seeds of a run; `[1]` unless said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Seeds(pub Vec<u64>);

impl Default for Seeds {
    fn default() -> Self {
        Self(vec![1])
    }
}

/// The seeded data: a mesh-network packet log, `transmissions` with their `observations`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Dataset {
    /// Rows of `transmissions`, the table that is backfilled.
    pub transmissions: u64,
    /// Rows of `observations`, the table the values come from.
    pub observations: u64,
    /// Mean bytes of text in one observation.
    pub payload_bytes: u32,
    /// Zipf exponent of the number of observations per transmission; 0 is even.
    pub fanout_exponent: f64,
    /// Share of a transmission's observations stored next to each other; the rest are spread over
    /// its life. In the field 0.022: 97.8 % repeat a packet heard long before.
    pub clustering: f64,
    /// Share of transmissions without any observation.
    pub orphan_share: f64,
    /// Whether those have the lowest ids, which is where they cost most; else they lie anywhere.
    pub orphans_first: bool,
    /// Share of transmissions whose observations all carry timestamp 0.
    pub zero_timestamp_share: f64,
    /// Share of transmissions whose observations all carry timestamps before 1970.
    pub negative_timestamp_share: f64,
    /// Mean distance from one transmission's id to the next; 1 leaves no gaps.
    pub id_stride: u64,
    /// Whether `observations(transmission_id, timestamp)` is indexed, which changes everything.
    pub covering_index: bool,
    /// The index on `last_seen`, the column that is backfilled.
    pub last_seen_index: LastSeenIndex,
}

impl Default for Dataset {
    fn default() -> Self {
        Self {
            transmissions: 71_000,
            observations: 1_500_000,
            payload_bytes: 1_150,
            fanout_exponent: 0.6,
            clustering: 0.022,
            orphan_share: 0.0,
            orphans_first: true,
            zero_timestamp_share: 0.0,
            negative_timestamp_share: 0.0,
            id_stride: 1,
            covering_index: false,
            last_seen_index: LastSeenIndex::Full,
        }
    }
}

/// The index on `last_seen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LastSeenIndex {
    /// No index.
    None,
    /// `(last_seen)`: every backfilled row moves in it.
    Full,
    /// `(id) WHERE last_seen = 0`: rows leave it when they are backfilled.
    Partial,
}

/// How SQLite is set up and who shares which connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// A SQLite file to be used instead of the seeded data, seen from the folder of the scenario.
    /// It is only read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// `journal_mode`.
    pub journal: Journal,
    /// `synchronous`.
    pub synchronous: Synchronous,
    /// Whether readers share the writer's connection.
    pub connections: Connections,
    /// Who gets a connection that is given back.
    pub hand_off: HandOff,
    /// Connections for reads alone, with `connections = "split"` or `"competing"`.
    pub reader_connections: u32,
    /// SQLite's own page cache per connection, KiB (`cache_size`; SQLite's default is 2000).
    pub cache_kib: u32,
    /// How long a statement that finds the database locked is tried again, ms.
    pub busy_timeout_ms: u64,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            file: None,
            journal: Journal::Wal,
            synchronous: Synchronous::Normal,
            connections: Connections::Shared,
            hand_off: HandOff::Fifo,
            reader_connections: 4,
            cache_kib: 2_000,
            busy_timeout_ms: 5_000,
        }
    }
}

/// `journal_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Journal {
    /// Write-ahead log: readers keep their snapshot while a writer works.
    Wal,
    /// Rollback journal: a commit needs the file for itself.
    Delete,
}

/// `synchronous`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Synchronous {
    /// In WAL mode, syncs at checkpoints only.
    Normal,
    /// Syncs at every commit.
    Full,
}

/// Who shares which connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Connections {
    /// One connection for everybody, handed over first come, first served.
    Shared,
    /// One connection for writes, `reader_connections` for reads.
    Split,
    /// As `split`, and one more connection that the backfill alone uses: two writers that poll for
    /// SQLite's write lock.
    Competing,
}

/// Who gets a connection that is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HandOff {
    /// Whoever has waited longest.
    Fifo,
    /// Any waiter, each as likely, as in Go's `database/sql`.
    Random,
}

/// The disk the database lies on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Disk {
    /// A built-in device profile (`nvme`, `ssd`, `cloud-volume`, `sd-card`, `in-memory`) or the
    /// path of a TOML file with one, seen from the folder of the scenario.
    pub profile: String,
    /// The operating system's page cache for this database, MiB.
    pub page_cache_mib: u64,
    /// Room for what is written during the run, MiB; a write beyond it fails with "disk full".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_mib: Option<u64>,
}

impl Default for Disk {
    fn default() -> Self {
        Self {
            profile: "ssd".to_owned(),
            page_cache_mib: 256,
            free_mib: None,
        }
    }
}

/// The traffic that goes on while the backfill runs. Arrivals are Poisson, planned before the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Load {
    /// Reads per second.
    pub reads_per_s: f64,
    /// What is read, by weight.
    pub mix: Mix,
    /// New observations per second, each also raising `last_seen`.
    pub observations_per_s: f64,
    /// New transmissions per second.
    pub transmissions_per_s: f64,
    /// Observations per second that arrive long after they were made: older than all others.
    pub late_observations_per_s: f64,
    /// Transmissions per second that are deleted, with their observations.
    pub deletes_per_s: f64,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            reads_per_s: 50.0,
            mix: Mix::default(),
            observations_per_s: 6.6,
            transmissions_per_s: 0.15,
            late_observations_per_s: 0.0,
            deletes_per_s: 0.0,
        }
    }
}

/// What is read, by weight; the weights need not add up to anything.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mix {
    /// Counts for a dashboard.
    pub stats: u32,
    /// The newest packets.
    pub packet_list: u32,
    /// One packet with its observations.
    pub packet_detail: u32,
    /// The state of running migrations.
    pub health: u32,
}

impl Default for Mix {
    fn default() -> Self {
        Self {
            stats: 30,
            packet_list: 30,
            packet_detail: 10,
            health: 30,
        }
    }
}

/// How long each phase of a run lasts, in modelled seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Phases {
    /// Traffic that fills the caches and is not judged.
    pub warm_up_s: f64,
    /// Traffic before the backfill starts.
    pub baseline_s: f64,
    /// Traffic after the backfill has ended.
    pub recovery_s: f64,
    /// The longest a backfill may take before it is stopped and called unfinished.
    pub horizon_s: f64,
}

impl Default for Phases {
    fn default() -> Self {
        Self {
            warm_up_s: 20.0,
            baseline_s: 40.0,
            recovery_s: 60.0,
            horizon_s: 7_200.0,
        }
    }
}

/// The network between the hosts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// One-way latency, ms.
    pub latency_ms: u64,
    /// The step in which hosts take turns, ms: the resolution of all that crosses the network.
    pub tick_ms: u64,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            latency_ms: 10,
            tick_ms: 10,
        }
    }
}

/// The operator: a second host that asks `GET /api/healthz` over the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Operator {
    /// Time between two polls, ms.
    pub poll_every_ms: u64,
    /// How long a poll waits before it counts as unanswered, ms.
    pub timeout_ms: u64,
}

impl Default for Operator {
    fn default() -> Self {
        Self {
            poll_every_ms: 1_000,
            timeout_ms: 5_000,
        }
    }
}

/// What readers, or writers, are promised while a backfill runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Objective {
    /// The 95th percentile of reader latency, ms.
    pub reader_p95_ms: u64,
    /// The 95th percentile of the latency of live inserts, ms. When given, the promise is to those
    /// who write, and strategies are judged by it instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writer_p95_ms: Option<u64>,
    /// The longest wait that is acceptable if it happens once, at a moment of one's choosing, ms.
    /// The default is half of the 30 s after which common routers give a request up.
    pub one_wait_ms: u64,
}

impl Default for Objective {
    fn default() -> Self {
        Self {
            reader_p95_ms: 1_000,
            writer_p95_ms: None,
            one_wait_ms: 15_000,
        }
    }
}
