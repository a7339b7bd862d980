//! One cell of a listing scenario: a world made from (scenario, shape, strategy, seed).
//!
//! Two hosts: the database with its readers and the backfill, and the API. What crosses the network
//! between them is as coarse as a tick; all that shares the database is not.

mod client;
mod conclusion;
mod crash;
mod host;
mod partition;
mod watching;

pub(crate) use client::Link;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backfill::ledger;
use rusqlite::Connection;

use super::oracle::Auditor;
use super::outcome::Outcome;
use super::readers::Readers;
use super::recorder::Recorder;
use super::scenario::{Scenario, Strategy};
use super::stream::Stream;
use crate::disk::Volume;
use crate::load::Plan;
use crate::machine::Machine;
use crate::seed::{Purpose, stream};
use crate::upstream::{self, Upstream};
use crate::world::{Watch, WorldError, databases, network};
use host::{Backfilled, Host};
use partition::Partition;

/// The database's name on its volume.
const FILE: &str = "main.db";
/// The host that has the database.
const DATABASE_HOST: &str = "database";
/// The host that has the API.
const UPSTREAM_HOST: &str = "upstream";
/// Where it listens.
const PORT: u16 = 80;

/// What is to be run.
#[derive(Clone, Copy)]
pub(super) struct Cell<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) data: &'a Data,
    pub(super) part: Part<'a>,
}

/// The objects of a shape and a seed, shared by its cells.
#[derive(Clone, Debug)]
pub(super) struct Data {
    /// As scenario files call it.
    pub(super) shape: String,
    pub(super) seed: u64,
    pub(super) streams: Arc<[Stream]>,
    /// SHA-256 over the objects, hex.
    pub(super) digest: String,
}

/// A strategy, or the same time without one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'a> {
    /// This strategy of the scenario.
    Strategy(&'a str, &'a Strategy),
    /// No backfill: reads before this moment, ns.
    NoBackfill(u64),
}

/// Runs `cell` to its end, unless `stop` says otherwise.
pub(super) fn run(
    cell: Cell<'_>,
    watch: &Arc<Watch>,
    stop: &AtomicBool,
) -> Result<Outcome, WorldError> {
    let machine = cell.machine()?;
    let readers = cell.readers();
    let connections = cell.connections(&machine, readers.as_ref().map(|(readers, _)| readers))?;
    let streams = Arc::clone(&cell.data.streams);
    let named = |one: &Stream| (one.name.to_string(), Arc::clone(&one.objects));
    let api = Upstream::new(
        &cell.scenario.model.upstream,
        cell.data.streams.iter().map(named),
        cell.data.seed,
        network::round_trip_ns(&cell.scenario.model.network),
    );
    let log = crate::recorder::Recorder::default();
    let recorder = Recorder::new(log, Arc::clone(&streams));
    let (gone, names) = (api.clone(), Arc::clone(&streams));
    let auditor = Auditor::new(
        databases::connection(&machine, FILE, &cell.scenario.model.database)?,
        Arc::clone(&machine),
        Arc::clone(&streams),
        move |stream, position| gone.is_deleted(&names[stream].name, position),
    );
    let backfilled = Arc::new(Mutex::new(None));
    let host = Host {
        model: cell.scenario.model.clone(),
        strategy: match cell.part {
            Part::Strategy(_, strategy) => Some(strategy.clone()),
            Part::NoBackfill(_) => None,
        },
        until_ns: match cell.part {
            Part::NoBackfill(until_ns) => until_ns,
            Part::Strategy(..) => u64::MAX,
        },
        connections,
        machine: Arc::clone(&machine),
        streams,
        readers: readers.clone(),
        seed: cell.data.seed,
        recorder: recorder.clone(),
        auditor: auditor.clone(),
        watch: Arc::clone(watch),
        backfilled: Arc::clone(&backfilled),
    };
    cell.simulate(host, api.clone(), &recorder, watch, stop)?;
    let backfilled: Backfilled = backfilled
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .ok_or_else(|| WorldError::World("the database's host ended early".to_owned()))?;
    let plan = readers.as_ref().map(|(_, plan)| &**plan);
    let seen = conclusion::Seen {
        connection: &machine.volume().open(FILE)?,
        api: &api,
        auditor: &auditor,
        recorder: &recorder,
        plan,
        work: machine.volume().work(),
        backfilled,
    };
    Ok(conclusion::outcome(&cell, seen)?)
}

impl Cell<'_> {
    /// The machine, with nothing on its disk.
    fn machine(&self) -> Result<Arc<Machine>, WorldError> {
        let disk = &self.scenario.model.disk;
        let volume = Volume::new(
            disk.page_cache_mib << 20,
            disk.free_mib.map(|mib| mib << 20),
            stream(self.data.seed, Purpose::Database, "sqlite"),
        )?;
        let profile = self.scenario.profile.clone();
        Ok(Machine::new(volume, profile, upstream::PRESENT_S * 1_000))
    }

    /// Whoever reads, and what.
    fn readers(&self) -> Option<(Readers, Arc<Plan>)> {
        let model = &self.scenario.model;
        if model.load.reads_per_s <= 0.0 {
            return None;
        }
        let phases = &model.phases;
        let length_s = phases.warm_up_s + phases.baseline_s + phases.horizon_s + phases.recovery_s;
        let readers = Readers::new(self.data.streams.first()?, model.load.prefilled);
        let length = Duration::from_secs_f64(length_s);
        let plan = readers.plan(model.load.reads_per_s, self.data.seed, length);
        Some((readers, Arc::new(plan)))
    }

    /// The connections the scenario asks for, on a database ready for use.
    fn connections(
        &self,
        machine: &Machine,
        readers: Option<&Readers>,
    ) -> rusqlite::Result<backfill::database::Connections> {
        let database = &self.scenario.model.database;
        let connect = || databases::connection(machine, FILE, database);
        let first: Connection = connect()?;
        ledger::ensure(&first)?;
        if let Some(readers) = readers {
            readers.prepare(&first)?;
        }
        databases::pool(first, database, connect)
    }

    /// Lets modelled time pass until the database's host is done.
    fn simulate(
        &self,
        host: Host,
        api: Upstream,
        recorder: &Recorder,
        watch: &Watch,
        stop: &AtomicBool,
    ) -> Result<(), WorldError> {
        let model = &self.scenario.model;
        let mut world = network::builder(&model.network, self.data.seed).build();
        world.client(DATABASE_HOST, host.run());
        world.host(UPSTREAM_HOST, move || {
            let api = api.clone();
            async move { match upstream::serve_over_turmoil(api, PORT).await? {} }
        });
        let mut partition = Partition::new(model);
        network::until_done(world, &model.network, watch, stop, |world, now_ns| {
            partition.tick(world, recorder, now_ns);
        })
    }
}
