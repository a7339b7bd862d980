//! One cell of a pipeline scenario: a world made from (scenario, strategy, seed).
//!
//! Three hosts: the database with its users and all stages, the API, and the operator. All that
//! shares the database is on one host.

mod conclusion;
mod host;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backfill::database::Connections;
use backfill::ledger;

use super::history::History;
use super::oracle::Fingerprint;
use super::outcome::Outcome;
use super::recorder::Recorder;
use super::scenario::{Model, Scenario, Strategy, StrategyKind};
use super::{tables, traffic};
use crate::disk::Volume;
use crate::load::Plan;
use crate::machine::Machine;
use crate::operator::{self, DATABASE_HOST};
use crate::seed::{Purpose, stream};
use crate::upstream::{self, Faults, Objects, PRESENT_S, Upstream};
use crate::world::{Watch, WorldError, databases, network};
use host::{Host, Plans, Ran};

/// The database's name on its volume.
const FILE: &str = "main.db";
/// The host that has the API; the client's address of it says so, too.
const UPSTREAM_HOST: &str = "upstream";
/// Where it listens.
const PORT: u16 = 80;
/// What is listed.
pub(super) const RESOURCE: &str = "packets";

/// What is to be run.
#[derive(Clone, Copy)]
pub(super) struct Cell<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) data: &'a Data,
    pub(super) part: Part<'a>,
}

/// The objects of a seed, shared by its cells.
#[derive(Clone, Debug)]
pub(super) struct Data {
    pub(super) seed: u64,
    pub(super) objects: Arc<Objects>,
    /// SHA-256 over them, hex.
    pub(super) digest: String,
}

/// What a cell is for.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    /// One stage after the other, with nobody who reads and nothing that goes wrong: what all
    /// others are compared with.
    Reference,
    /// This strategy of the scenario, and the rows of the reference; `None` where it has not come
    /// to its end.
    Strategy(&'a str, &'a Strategy, Option<&'a Fingerprint>),
    /// No stage: reads before this moment, ns.
    Nothing(u64),
}

impl Part<'_> {
    /// Which stage begins when; `None` where there is none.
    pub(super) const fn kind(self) -> Option<StrategyKind> {
        match self {
            Self::Reference => Some(StrategyKind::OneAfterAnother),
            Self::Strategy(_, strategy, _) => Some(strategy.kind),
            Self::Nothing(_) => None,
        }
    }
}

/// Runs `cell` to its end, unless `stop` says otherwise.
pub(super) fn run(
    cell: Cell<'_>,
    watch: &Arc<Watch>,
    stop: &AtomicBool,
) -> Result<Outcome, WorldError> {
    let model = cell.model();
    let machine = cell.machine()?;
    let connections = connections(&machine, &model)?;
    let plans = cell.plans(&model);
    let objects = [(RESOURCE.to_owned(), Arc::clone(&cell.data.objects))];
    let round_trip_ns = network::round_trip_ns(&model.network);
    let api = Upstream::new(&model.upstream, objects, cell.data.seed, round_trip_ns);
    let recorder = Recorder::default();
    let ran = Arc::new(Mutex::new(None));
    let host = Host {
        model: model.clone(),
        kind: cell.part.kind(),
        until_ns: match cell.part {
            Part::Nothing(until_ns) => until_ns,
            Part::Reference | Part::Strategy(..) => u64::MAX,
        },
        seed: cell.data.seed,
        objects: Arc::clone(&cell.data.objects),
        connections,
        machine: Arc::clone(&machine),
        plans: plans.clone(),
        recorder: recorder.clone(),
        watch: Arc::clone(watch),
        ran: Arc::clone(&ran),
    };
    simulate(host, &api, &recorder, watch, stop)?;
    let ran: Ran = ran
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .ok_or_else(|| WorldError::World("the database's host ended early".to_owned()))?;
    let seen = conclusion::Seen {
        connection: &machine.volume().open(FILE)?,
        model: &model,
        api: &api,
        recorder: &recorder,
        plans: &plans,
        work: machine.volume().work(),
        ran,
    };
    Ok(conclusion::outcome(&cell, seen)?)
}

impl Cell<'_> {
    /// What the world of this cell is like.
    fn model(&self) -> Model {
        let mut model = self.scenario.model.clone();
        if matches!(self.part, Part::Reference) {
            model.load.reads_per_s = 0.0;
        }
        if !matches!(self.part, Part::Strategy(..)) {
            model.upstream.faults = Faults::default();
            model.outage.clear();
            model.lock.clear();
            model.crash = None;
        }
        model
    }

    /// The machine, with nothing on its disk.
    fn machine(&self) -> Result<Arc<Machine>, WorldError> {
        let disk = &self.scenario.model.disk;
        let volume = Volume::new(
            disk.page_cache_mib << 20,
            disk.free_mib.map(|mib| mib << 20),
            stream(self.data.seed, Purpose::Database, "sqlite"),
        )?;
        let profile = self.scenario.profile().clone();
        Ok(Machine::new(volume, profile, PRESENT_S * 1_000))
    }

    /// What is read and added. What is read after the longest run is planned by nobody.
    fn plans(&self, model: &Model) -> Plans {
        let phases = &model.phases;
        let length_s = phases.warm_up_s + phases.baseline_s + phases.horizon_s + phases.recovery_s;
        let length = Duration::from_secs_f64(length_s);
        let plan = |plan: Plan| Arc::new(plan);
        Plans {
            reads: plan(traffic::reads(&model.load, self.data.seed, length)),
            inserts: plan(traffic::inserts(&model.load, self.data.seed)),
            history: History {
                transmissions: model.pipeline.transmissions,
            },
        }
    }
}

/// The connections that `model` asks for, on a database with its tables and a ledger.
fn connections(machine: &Machine, model: &Model) -> rusqlite::Result<Connections> {
    let connect = || databases::connection(machine, FILE, &model.database);
    let first = connect()?;
    ledger::ensure(&first)?;
    tables::create(&first)?;
    databases::pool(first, &model.database, connect)
}

/// Lets modelled time pass until the database's host is done.
fn simulate(
    host: Host,
    api: &Upstream,
    recorder: &Recorder,
    watch: &Watch,
    stop: &AtomicBool,
) -> Result<(), WorldError> {
    let network = host.model.network.clone();
    let mut world = network::builder(&network, host.seed).build();
    if host.kind.is_some() {
        let (settings, recorder) = (host.model.operator.clone(), recorder.clone());
        world.host("operator", move || {
            let (settings, recorder) = (settings.clone(), recorder.clone());
            async move {
                operator::poll_for(settings, move |answer| recorder.heard(&answer)).await;
                Ok(())
            }
        });
    }
    world.client(DATABASE_HOST, host.run());
    let api = api.clone();
    world.host(UPSTREAM_HOST, move || {
        let api = api.clone();
        async move { match upstream::serve_over_turmoil(api, PORT).await? {} }
    });
    network::until_done(world, &network, watch, stop, |_, _| ())
}
