//! What a listing scenario says, after parsing and checking: one plain struct per table of the
//! file. Tables that other scenarios have too are theirs.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::disturbance::{Crash, Partition};
use super::sink::Sink;
use super::strategy::Strategy;
use crate::gate::Gates;
use crate::listing::Objective;
use crate::scenario::{self, Database, Disk, MustFail, Network, Seeds};
use crate::upstream::{Settings, Shape};

/// The tables of a listing scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ListingScenario")]
pub struct Model {
    /// Seeds to run; each is a replicate with its own objects, faults and arrivals.
    pub seeds: Seeds,
    /// Controls that must be caught.
    pub must_fail: MustFail,
    /// How objects lie in time, one after the other, each with cells of its own; instead of
    /// `upstream.shape`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shapes: Vec<Shape>,
    /// The simulated list API. It makes a scenario a listing scenario.
    pub upstream: Settings,
    /// Whoever asks it.
    pub client: Client,
    /// Several streams of objects instead of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams: Option<Streams>,
    /// How SQLite is set up and who shares which connection.
    pub database: Database,
    /// The disk the database lies on.
    pub disk: Disk,
    /// How what was fetched is stored.
    pub sink: Sink,
    /// Who reads the table while it is filled.
    pub load: Load,
    /// How long each phase of a run lasts.
    pub phases: Phases,
    /// The network between the hosts.
    pub network: Network,
    /// Stops the backfill at a page, and starts it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crash: Option<Crash>,
    /// Cuts the API off for a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition: Option<Partition>,
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
            shapes: Vec::new(),
            upstream: Settings::default(),
            client: Client::default(),
            streams: None,
            database: Database::default(),
            disk: Disk::default(),
            sink: Sink::default(),
            load: Load::default(),
            phases: Phases::default(),
            network: Network::default(),
            crash: None,
            partition: None,
            objective: Objective::default(),
            gates: Gates::default(),
            strategies: IndexMap::new(),
        }
    }
}

/// Whoever asks the list API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Client {
    /// Objects on a page.
    pub page: u32,
    /// Calls under way at a time, at the most, over all streams.
    pub slots: u32,
    /// Requests per second, at the most, over all streams; unless said, what the API takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_per_s: Option<f64>,
    /// Requests at once after a quiet time.
    pub burst: u32,
    /// Whether the rate is lowered when the API says there are too many requests.
    pub adapt: bool,
    /// How long it waits for an answer, ms.
    pub timeout_ms: u64,
    /// How often a page is asked for, at the most, before the backfill fails.
    pub attempts: u32,
    /// The longest wait before a page is asked for the second time, ms; it doubles each time.
    pub backoff_base_ms: u64,
    /// The longest wait before any attempt, ms, where the API does not ask for a longer one.
    pub backoff_cap_ms: u64,
    /// At which end it begins.
    pub order: Order,
    /// Objects to store, at the most, give or take a page; the rest is left to another run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            page: 100,
            slots: 15,
            rate_per_s: None,
            burst: 5,
            adapt: true,
            timeout_ms: 10_000,
            attempts: 10,
            backoff_base_ms: 500,
            backoff_cap_ms: 30_000,
            order: Order::NewestFirst,
            limit: None,
        }
    }
}

impl Client {
    /// What it asks `upstream` at the most, requests per 1000 s.
    pub(crate) fn requests_per_ks(&self, upstream: &Settings) -> u64 {
        self.rate_per_s.map_or_else(
            || upstream.requests_per_ks(),
            |rate| libm::round(rate * 1_000.0) as u64,
        )
    }
}

/// At which end a backfill begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// With the newest objects, which most people look at.
    NewestFirst,
    /// With the oldest ones.
    OldestFirst,
}

/// Several streams of objects under one rate limit, each with a state of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Streams {
    /// How many small ones there are. Every second is as likely in them.
    pub small: u32,
    /// Objects of each.
    pub small_objects: u64,
    /// How many large ones there are. `upstream.shape` says how their objects lie.
    pub large: u32,
    /// Objects of each.
    pub large_objects: u64,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            small: 100,
            small_objects: 50,
            large: 2,
            large_objects: 100_000,
        }
    }
}

/// Who reads the table while it is filled: rows by id, the newest rows, and how many there are of
/// each day. Arrivals are Poisson, planned before the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ListingLoad")]
pub struct Load {
    /// Reads per second; 0 for nobody.
    pub reads_per_s: f64,
    /// Objects that are in the table before the backfill begins, older than all it will fetch.
    pub prefilled: u64,
}

/// How long each phase of a run lasts, in modelled seconds. Where nobody reads there is nothing to
/// see before a backfill or after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ListingPhases")]
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
