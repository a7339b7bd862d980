//! What an aggregate scenario says, after parsing and checking: one plain struct per table of the
//! file. Tables that other scenarios have too are theirs.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::strategy::Strategy;
use super::workload::Workload;
use crate::aggregate::Objective;
use crate::gate::Gates;
use crate::processing::scenario::{Crash, Phases};
use crate::scenario::{Database, Disk, MustFail, Network, Operator, Seeds};

/// The tables of an aggregate scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "AggregateScenario")]
pub struct Model {
    /// Seeds to run; each is a replicate with its own views and arrivals.
    pub seeds: Seeds,
    /// Controls that must be caught.
    pub must_fail: MustFail,
    /// What is counted. It makes a scenario an aggregate scenario.
    pub views: Views,
    /// How SQLite is set up and who shares which connection.
    pub database: Database,
    /// The disk the database lies on.
    pub disk: Disk,
    /// Who reads views and counts meanwhile, and for how long views are added.
    pub load: Load,
    /// How long each phase of a run lasts.
    pub phases: Phases,
    /// The network between the hosts.
    pub network: Network,
    /// The operator who polls `/api/healthz`.
    pub operator: Operator,
    /// Kills the rebuild at a chunk, and starts it again. A write is a transaction that counts
    /// rows.
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
            views: Views::default(),
            database: Database::default(),
            disk: Disk::default(),
            load: Load::default(),
            phases: Phases::default(),
            network: Network::default(),
            operator: Operator::default(),
            crash: None,
            objective: Objective::default(),
            gates: Gates::default(),
            strategies: IndexMap::new(),
        }
    }
}

/// What is counted: a table of page views, to which rows are only added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "AggregateViews")]
pub struct Views {
    /// What every strategy is given to do, by name: `exact` (6 000 views drawn from 2 500
    /// sessions), `far-apart` (30 000 sessions with two views each, 15 000 sessions apart),
    /// `uniform` (100 000 views drawn from 40 000 sessions), `heavy-tailed` (100 000 of about
    /// 9 400, unevenly), `live` (as `uniform`, and 20 a second are added), `full` (1 500 000 drawn
    /// from 600 000, and 20 a second are added), or one of `own`.
    pub workloads: Vec<String>,
    /// Workloads of one's own, by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub own: IndexMap<String, Workload>,
    /// Pages that are viewed, the n-th most popular one in proportion to 1 / n.
    pub paths: u64,
    /// Views whose session is no text, evenly spread: they fit no figure.
    pub poison: u64,
    /// Processes that start the rebuild at the same time.
    pub starts: u32,
}

impl Default for Views {
    fn default() -> Self {
        Self {
            workloads: vec!["exact".to_owned()],
            own: IndexMap::new(),
            paths: 200,
            poison: 0,
            starts: 1,
        }
    }
}

impl Views {
    /// The workload `name`; `None` if there is none.
    #[must_use]
    pub fn workload(&self, name: &str) -> Option<Workload> {
        let own = self.own.get(name).cloned();
        own.or_else(|| Workload::built_in(name))
    }
}

/// Who reads views and counts meanwhile, and for how long views are added. Arrivals are Poisson,
/// planned before the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "AggregateLoad")]
pub struct Load {
    /// Reads per second: of ten six are for the newest views of a page, two for all counts and two
    /// for that of one page. 0 for nobody.
    pub reads_per_s: f64,
    /// For how long views are added, in seconds from the start of a run, where a workload has some
    /// added: the same ones for every strategy, however long it takes.
    pub inserts_for_s: f64,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            reads_per_s: 50.0,
            inserts_for_s: 60.0,
        }
    }
}
