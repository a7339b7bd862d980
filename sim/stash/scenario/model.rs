//! What a stash scenario says, after parsing and checking: one plain struct per table of the file.
//! Tables that other scenarios have too are theirs.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::script::{Expect, Put, Take};
use super::strategy::Strategy;
use super::workload::Workload;
use crate::gate::Gates;
use crate::scenario::{MustFail, Network, Seeds};
use crate::stash::Objective;

/// The tables of a stash scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "StashScenario")]
pub struct Model {
    /// Seeds to run; each is a replicate with its own requests.
    pub seeds: Seeds,
    /// Controls that must be caught.
    pub must_fail: MustFail,
    /// How the stash is set up. It makes a scenario a stash scenario.
    pub stash: Stash,
    /// What clients ask for, where it is not listed put by put.
    pub requests: Requests,
    /// The network between the server and its clients.
    pub network: Network,
    /// What strategies are to reach.
    pub objective: Objective,
    /// How many requests there are, by name: every strategy has each of them.
    pub workloads: IndexMap<String, Workload>,
    /// Results put at given moments, in place of requests and workloads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub put: Vec<Put>,
    /// When these are fetched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub take: Vec<Take>,
    /// What is to become of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expect>,
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
            stash: Stash::default(),
            requests: Requests::default(),
            network: Network::default(),
            objective: Objective::default(),
            workloads: IndexMap::new(),
            put: Vec::new(),
            take: Vec::new(),
            expect: Vec::new(),
            gates: Gates::default(),
            strategies: IndexMap::new(),
        }
    }
}

/// How the stash is set up; unless said, as [`backfill::stash::Settings`] is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "StashSettings")]
pub struct Stash {
    /// Bytes it holds.
    pub capacity_bytes: u64,
    /// Payloads it holds, and as many in the second tier.
    pub capacity_payloads: u64,
    /// Bytes that the second tier of strategies of kind `overflow` holds.
    pub overflow_bytes: u64,
    /// How long a payload is held for its consumer, ms.
    pub ttl_ms: u64,
    /// How long a producer waits for room, ms.
    pub wait_ms: u64,
    /// Bytes that may wait.
    pub waiting_bytes: u64,
    /// Payloads that may wait.
    pub waiting_payloads: u64,
    /// How much of all tiers, and of what may wait, one owner may have, percent.
    pub owner_percent: u8,
    /// What becomes of a result for which there is no room.
    pub fallback: Fallback,
}

impl Default for Stash {
    fn default() -> Self {
        Self {
            capacity_bytes: 256 << 20,
            capacity_payloads: 262_144,
            overflow_bytes: 256 << 20,
            ttl_ms: 600_000,
            wait_ms: 500,
            waiting_bytes: 64 << 20,
            waiting_payloads: 1_024,
            owner_percent: 50,
            fallback: Fallback::Again,
        }
    }
}

/// What becomes of a result for which there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fallback {
    /// The work is done once more, and its result goes another way, which is not modelled.
    Again,
    /// The client is told that there is no other way (501).
    Refuse,
}

/// What clients ask for. Each result has a client that asks for it, waits for the answer, and
/// fetches it some time later. Arrivals are Poisson, with bursts, planned before the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "StashRequests")]
pub struct Requests {
    /// For how long clients come, in seconds.
    pub for_s: f64,
    /// Owners of the results.
    pub owners: u64,
    /// How long the work for a result takes, ms.
    pub work_ms: u64,
    /// Bytes of a result at the least.
    pub least_bytes: u64,
    /// Bytes of half of the results at the most: they are log-normal, and those outside of the
    /// limits are drawn again.
    pub median_bytes: u64,
    /// How uneven the results are: the standard deviation of the logarithm of their bytes.
    pub sigma: f64,
    /// Bytes of a result at the most.
    pub most_bytes: u64,
    /// Share of the clients that never fetch their result.
    pub lost_share: f64,
    /// How long the others take at the least from the answer until they fetch it, ms.
    pub gap_least_ms: u64,
    /// How long they take at the most, ms.
    pub gap_most_ms: u64,
    /// Share of the clients that go away when they are not answered in `patience_ms`.
    pub impatient_share: f64,
    /// How long these wait for an answer, ms.
    pub patience_ms: u64,
    /// Share of the clients that fetch twice, and of those whose result a stranger tries to fetch.
    pub probe_share: f64,
    /// Share of the requests that come in bursts.
    pub burst_share: f64,
    /// Requests of a burst, all of one owner.
    pub burst_size: u64,
    /// Time within which those of a burst come, ms.
    pub burst_ms: u64,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            for_s: 10.0,
            owners: 20,
            work_ms: 20,
            least_bytes: 1 << 10,
            median_bytes: 256 << 10,
            sigma: 1.0,
            most_bytes: 8 << 20,
            lost_share: 0.05,
            gap_least_ms: 20,
            gap_most_ms: 80,
            impatient_share: 0.01,
            patience_ms: 100,
            probe_share: 0.02,
            burst_share: 0.3,
            burst_size: 8,
            burst_ms: 20,
        }
    }
}
