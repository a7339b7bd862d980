//! What a processing scenario says, after parsing and checking: one plain struct per table of the
//! file. Tables that other scenarios have too are theirs.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::disturbance::{Crash, Lock, Outage, Poison, RollBack};
use super::strategy::Strategy;
use crate::gate::Gates;
use crate::processing::Objective;
use crate::scenario::{self, Database, Disk, MustFail, Network, Seeds};

/// The tables of a processing scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ProcessingScenario")]
pub struct Model {
    /// Seeds to run; each is a replicate with its own items, faults and arrivals.
    pub seeds: Seeds,
    /// Controls that must be caught.
    pub must_fail: MustFail,
    /// What is processed. It makes a scenario a processing scenario.
    pub items: Items,
    /// The remote function that some items ask.
    pub effect: Effect,
    /// How much may be held in memory, where a strategy does not say otherwise.
    pub budget: Budget,
    /// How SQLite is set up and who shares which connection.
    pub database: Database,
    /// The disk the database lies on.
    pub disk: Disk,
    /// Who reads the tables while they are written.
    pub load: Load,
    /// How long each phase of a run lasts.
    pub phases: Phases,
    /// The network between the hosts.
    pub network: Network,
    /// Times in which every write to the disk fails.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outage: Vec<Outage>,
    /// Times in which somebody else has the database locked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lock: Vec<Lock>,
    /// Times processing has to go back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roll_back: Vec<RollBack>,
    /// Items whose rows their table refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poison: Option<Poison>,
    /// Kills the processing at a write, and starts it again.
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
            items: Items::default(),
            effect: Effect::default(),
            budget: Budget::default(),
            database: Database::default(),
            disk: Disk::default(),
            load: Load::default(),
            phases: Phases::default(),
            network: Network::default(),
            outage: Vec::new(),
            lock: Vec::new(),
            roll_back: Vec::new(),
            poison: None,
            crash: None,
            objective: Objective::default(),
            gates: Gates::default(),
            strategies: IndexMap::new(),
        }
    }
}

/// What is processed: items, one after the other, each of which changes a few accounts and adds a
/// move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Items {
    /// How many there are.
    pub count: u64,
    /// Items of a batch.
    pub batch: u64,
    /// Accounts they change.
    pub accounts: u64,
    /// Share of the accounts that are in the database before the first item.
    pub opened_share: f64,
    /// How uneven the accounts are asked for: the n-th most popular one is proportional to
    /// 1 / n^`skew`; 0 is even.
    pub skew: f64,
    /// Accounts that an item changes.
    pub touches: u32,
    /// Share of the items that close an account after all: its row is deleted.
    pub closes_share: f64,
    /// Sources that items come from, in turns.
    pub sources: u32,
    /// Bytes of text in every account's row.
    pub note_bytes: u64,
    /// How long processing takes for an item, without reading or writing anything, µs.
    pub process_us: u64,
    /// From which share of the items on a history is kept: 0 from the first, 1 never. A batch that
    /// reaches beyond it has one as a whole.
    pub history_from: f64,
}

impl Default for Items {
    fn default() -> Self {
        Self {
            count: 100_000,
            batch: 5_000,
            accounts: 100_000,
            opened_share: 1.0,
            skew: 0.9,
            touches: 2,
            closes_share: 0.001,
            sources: 2,
            note_bytes: 100,
            process_us: 20,
            history_from: 1.0,
        }
    }
}

/// The remote function that some items ask, on a host of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ProcessingEffect")]
pub struct Effect {
    /// Share of the items that ask it.
    pub share: f64,
    /// Different inputs there are; as unevenly asked for as the accounts.
    pub inputs: u64,
    /// Whether its outputs are stored.
    pub cached: bool,
    /// How long it takes to answer, ms.
    pub latency_ms: u64,
    /// Calls per second it takes.
    pub rate_per_s: f64,
    /// Calls at once after a quiet time, at the most.
    pub burst: u32,
    /// Calls under way at a time, at the most.
    pub at_once: u32,
}

impl Default for Effect {
    fn default() -> Self {
        Self {
            share: 0.0,
            inputs: 1_000,
            cached: true,
            latency_ms: 50,
            rate_per_s: 200.0,
            burst: 10,
            at_once: 16,
        }
    }
}

/// How much may be held in memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Versions of rows and outputs.
    pub objects: u64,
    /// MiB they take.
    pub mib: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            objects: 100_000,
            mib: 256,
        }
    }
}

/// Who reads the tables while they are written: accounts by id, and the newest moves. Arrivals are
/// Poisson, planned before the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ProcessingLoad")]
pub struct Load {
    /// Reads per second; 0 for nobody.
    pub reads_per_s: f64,
}

/// How long each phase of a run lasts, in modelled seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ProcessingPhases")]
pub struct Phases {
    /// Traffic that fills the caches and is not judged.
    pub warm_up_s: f64,
    /// Traffic before the processing starts.
    pub baseline_s: f64,
    /// Traffic after it has ended.
    pub recovery_s: f64,
    /// The longest it may take before it is stopped and called unfinished.
    pub horizon_s: f64,
}

impl Default for Phases {
    fn default() -> Self {
        Self {
            warm_up_s: 0.0,
            baseline_s: 0.0,
            recovery_s: 0.0,
            horizon_s: 43_200.0,
        }
    }
}

impl From<&Phases> for scenario::Phases {
    fn from(phases: &Phases) -> Self {
        let Phases {
            warm_up_s,
            baseline_s,
            recovery_s,
            horizon_s,
        } = *phases;
        Self {
            warm_up_s,
            baseline_s,
            recovery_s,
            horizon_s,
        }
    }
}
