//! One cell of an aggregate scenario: a world made from (scenario, workload, strategy, seed).
//!
//! Two hosts: the database with its users and whoever counts, and the operator. All that shares the
//! database is on one host.

mod conclusion;
mod data;
mod host;

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backfill::database::Connections;
use backfill::ledger;

pub(super) use data::Data;

use super::kept::{self, Kept};
use super::outcome::Outcome;
use super::recorder::Recorder;
use super::scenario::Model;
use super::traffic::{self, Crowd, People};
use crate::disk::Volume;
use crate::load::Plan;
use crate::machine::Machine;
use crate::operator::{self, DATABASE_HOST};
use crate::seed::{Purpose, stream};
use crate::sheet::execution::{self, Part};
use crate::upstream::PRESENT_S;
use crate::world::{Watch, WorldError, databases, network};
use host::{Host, Ran};

/// The database's name on its volume.
const FILE: &str = "main.db";

/// What is to be run.
pub(super) type Cell<'a> = execution::Cell<'a, Model, Data>;

/// What is read and added.
#[derive(Clone)]
struct Plans {
    reads: Arc<Plan>,
    adds: Arc<Plan>,
}

/// Runs `cell` to its end, unless `stop` says otherwise.
pub(super) fn run(
    cell: Cell<'_>,
    watch: &Arc<Watch>,
    stop: &AtomicBool,
) -> Result<Outcome, WorldError> {
    let model = &cell.scenario.model;
    let machine = cell.machine()?;
    let connections = cell.connections(&machine)?;
    let (strategy, until_ns) = match cell.part {
        Part::Strategy(_, strategy) => (Some(strategy.clone()), u64::MAX),
        Part::Nothing(until_ns) => (None, until_ns),
    };
    let kind = strategy.as_ref().map(|strategy| strategy.kind);
    let kept = Kept::by(kind).map_err(|error| WorldError::World(error.to_string()))?;
    let recorder = Recorder::default();
    let (added, adds) = cell.data.views.added(model.load.inserts_for_s, cell.seed);
    let plans = Plans {
        reads: Arc::new(cell.reads()),
        adds: Arc::new(adds),
    };
    let crowd = Arc::new(Crowd {
        views: Arc::clone(&cell.data.views),
        stored: Arc::clone(&cell.data.counts),
        added,
        kept,
        recorder: recorder.clone(),
        begun: AtomicU64::new(0),
    });
    let ran = Arc::new(Mutex::new(None));
    let host = Host {
        model: model.clone(),
        strategy,
        until_ns,
        seed: cell.seed,
        connections,
        machine: Arc::clone(&machine),
        people: People(Arc::clone(&crowd)),
        plans: plans.clone(),
        recorder: recorder.clone(),
        watch: Arc::clone(watch),
        ran: Arc::clone(&ran),
    };
    cell.simulate(host, &recorder, watch, stop)?;
    let ran: Ran = ran
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .ok_or_else(|| WorldError::World("the database's host ended early".to_owned()))?;
    let seen = conclusion::Seen {
        connection: &machine.volume().open(FILE)?,
        crowd: &crowd,
        plans: &plans,
        work: machine.volume().work(),
        ran,
    };
    Ok(conclusion::outcome(&cell, seen)?)
}

impl Cell<'_> {
    /// The machine, with the views on its disk.
    fn machine(&self) -> Result<Arc<Machine>, WorldError> {
        let disk = &self.scenario.model.disk;
        let volume = Volume::new(
            disk.page_cache_mib << 20,
            disk.free_mib.map(|mib| mib << 20),
            stream(self.seed, Purpose::Database, "sqlite"),
        )?;
        volume.mount(FILE, self.data.image.clone());
        let profile = self.scenario.profile().clone();
        Ok(Machine::new(volume, profile, PRESENT_S * 1_000))
    }

    /// What is read. What is after the longest run is planned by nobody.
    fn reads(&self) -> Plan {
        let model = &self.scenario.model;
        let phases = &model.phases;
        let length_s = phases.warm_up_s + phases.baseline_s + phases.horizon_s + phases.recovery_s;
        let length = Duration::from_secs_f64(length_s);
        traffic::reads(model.load.reads_per_s, self.seed, length)
    }

    /// The connections the scenario asks for, on the database with a ledger.
    fn connections(&self, machine: &Machine) -> rusqlite::Result<Connections> {
        let database = &self.scenario.model.database;
        let connect = || databases::connection(machine, FILE, database);
        let first = connect()?;
        ledger::ensure(&first)?;
        databases::pool(first, database, connect)
    }

    /// Lets modelled time pass until the database's host is done.
    fn simulate(
        &self,
        host: Host,
        recorder: &Recorder,
        watch: &Watch,
        stop: &AtomicBool,
    ) -> Result<(), WorldError> {
        let model = &self.scenario.model;
        let mut world = network::builder(&model.network, self.seed).build();
        if host.strategy.is_some() {
            let (settings, log) = (model.operator.clone(), recorder.log.clone());
            world.host("operator", move || {
                let (settings, log) = (settings.clone(), log.clone());
                async move {
                    operator::poll(settings, kept::NAME.into(), log).await;
                    Ok(())
                }
            });
        }
        world.client(DATABASE_HOST, host.run());
        network::until_done(world, &model.network, watch, stop, |_, _| ())
    }
}
