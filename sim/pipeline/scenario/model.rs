//! What a pipeline scenario says, after parsing and checking: one plain struct per table of the
//! file. Tables that other scenarios have too are theirs.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::strategy::Strategy;
use crate::gate::Gates;
use crate::listing::scenario::Client;
use crate::pipeline::Objective;
use crate::processing::scenario::{Budget, Lock, Outage, Phases};
use crate::scenario::{Database, Disk, MustFail, Network, Operator, Seeds};
use crate::upstream::Settings;

/// The tables of a pipeline scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "PipelineScenario")]
pub struct Model {
    /// Seeds to run; each is a replicate with its own objects, faults and arrivals.
    pub seeds: Seeds,
    /// Controls that must be caught.
    pub must_fail: MustFail,
    /// What becomes of the objects. It makes a scenario a pipeline scenario.
    pub pipeline: Pipeline,
    /// The simulated list API, which has the history.
    pub upstream: Settings,
    /// Whoever asks it.
    pub client: Client,
    /// How much processing may hold in memory.
    pub budget: Budget,
    /// How SQLite is set up and who shares which connection.
    pub database: Database,
    /// The disk the database lies on.
    pub disk: Disk,
    /// Who reads the tables meanwhile, and who adds to them.
    pub load: Load,
    /// How long each phase of a run lasts.
    pub phases: Phases,
    /// The network between the hosts.
    pub network: Network,
    /// The operator who polls `/api/healthz`.
    pub operator: Operator,
    /// Times in which every write to the disk fails.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outage: Vec<Outage>,
    /// Times in which somebody else has the database locked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lock: Vec<Lock>,
    /// Kills all stages at a moment, and starts them again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crash: Option<Crash>,
    /// What strategies are to reach.
    pub objective: Objective,
    /// What has to hold of a run.
    #[serde(rename = "gate", skip_serializing_if = "Gates::is_empty")]
    pub gates: Gates,
    /// What is compared, by name, in the order of the file.
    pub strategies: IndexMap<String, Strategy>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            seeds: Seeds::default(),
            must_fail: MustFail::all::<Strategy>(),
            pipeline: Pipeline::default(),
            upstream: Settings::default(),
            client: Client::default(),
            budget: Budget::default(),
            database: Database::default(),
            disk: Disk::default(),
            load: Load::default(),
            phases: Phases::default(),
            network: Network::default(),
            operator: Operator::default(),
            outage: Vec::new(),
            lock: Vec::new(),
            crash: None,
            objective: Objective::default(),
            gates: Gates::default(),
            strategies: IndexMap::new(),
        }
    }
}

/// What becomes of the objects: each is an observation of one of so many transmissions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Pipeline {
    /// Transmissions that are observed.
    pub transmissions: u64,
    /// Rows of the inbox that are processed at a time, at the most.
    pub batch: u64,
    /// How long processing takes for a row, without reading or writing anything, µs.
    pub process_us: u64,
    /// How efficient writing what was processed is to be, in percent: no more waits to be written
    /// than that takes, and a write holds others up no longer.
    pub efficiency_percent: u8,
    /// The readers' p95 that deriving keeps, as a multiple of what it was just before; where nobody
    /// reads, 500 rows at a time without a pause.
    pub derive_times_before: f64,
}

impl Default for Pipeline {
    fn default() -> Self {
        Self {
            transmissions: 71_000,
            batch: 5_000,
            process_us: 100,
            efficiency_percent: 90,
            derive_times_before: 3.0,
        }
    }
}

/// Who reads the tables meanwhile: single transmissions with their newest observations, the newest
/// observations of all, and how many there were lately; and who adds observations. Arrivals are
/// Poisson, planned before the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "PipelineLoad")]
pub struct Load {
    /// Reads per second; 0 for nobody.
    pub reads_per_s: f64,
    /// New observations per second, each also raising `last_seen`; 0 for none.
    pub inserts_per_s: f64,
    /// For how long they come, in seconds from the start of a run: the same ones for every
    /// strategy, however long it takes, or databases could not be compared.
    pub inserts_for_s: f64,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            reads_per_s: 50.0,
            inserts_per_s: 6.6,
            inserts_for_s: 600.0,
        }
    }
}

/// Kills all stages at a moment, whatever they do, and starts them again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PipelineCrash")]
pub struct Crash {
    /// When, in seconds after the start of the first stage.
    pub after_s: f64,
    /// How long until they are started again, in seconds.
    #[serde(default = "fifteen_seconds")]
    pub resume_after_s: f64,
}

const fn fifteen_seconds() -> f64 {
    15.0
}
