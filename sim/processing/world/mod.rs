//! One cell of a processing scenario: a world made from (scenario, strategy, seed).
//!
//! Two hosts: the database with its readers and the processing, and the effect. All that shares the
//! database is on one host.

mod conclusion;
mod disturbances;
mod host;
mod prices;
mod processor;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backfill::database::Connections;
use backfill::ledger;
use rusqlite::Connection;

pub(crate) use disturbances::Disturbances;
pub(super) use prices::Prices;

use super::facts::Facts;
use super::items::Items;
use super::oracle::Auditor;
use super::outcome::Outcome;
use super::readers::Readers;
use super::recorder::Recorder;
use super::scenario::Model;
use super::tables;
use crate::disk::Volume;
use crate::load::Plan;
use crate::machine::Machine;
use crate::seed::{Purpose, stream};
use crate::sheet::execution::{self, Part};
use crate::upstream::PRESENT_S;
use crate::world::{Watch, WorldError, databases, network};
use host::{Host, Processed};

/// The database's name on its volume.
const FILE: &str = "main.db";
/// The host that has the database.
const DATABASE_HOST: &str = "database";

/// What is to be run.
pub(super) type Cell<'a> = execution::Cell<'a, Model, Arc<Items>>;

/// Runs `cell` to its end, unless `stop` says otherwise.
pub(super) fn run(
    cell: Cell<'_>,
    watch: &Arc<Watch>,
    stop: &AtomicBool,
) -> Result<Outcome, WorldError> {
    let machine = cell.machine()?;
    let model = &cell.scenario.model;
    let connections = cell.connections(&machine)?;
    let readers = cell.readers();
    let (recorder, facts) = (Recorder::default(), Facts::default());
    let items = Arc::clone(cell.data);
    let auditor = Auditor::new(
        databases::connection(&machine, FILE, &model.database)?,
        Arc::clone(&machine),
        model.clone(),
        Arc::clone(&items),
        facts.clone(),
    );
    let processed = Arc::new(Mutex::new(None));
    let host = Host {
        model: model.clone(),
        strategy: match cell.part {
            Part::Strategy(_, strategy) => Some(strategy.clone()),
            Part::Nothing(_) => None,
        },
        until_ns: match cell.part {
            Part::Nothing(until_ns) => until_ns,
            Part::Strategy(..) => u64::MAX,
        },
        seed: cell.seed,
        items: Arc::clone(&items),
        connections,
        machine: Arc::clone(&machine),
        readers: readers.clone(),
        recorder: recorder.clone(),
        auditor: auditor.clone(),
        facts,
        watch: Arc::clone(watch),
        processed: Arc::clone(&processed),
    };
    cell.simulate(host, watch, stop)?;
    let processed: Processed = processed
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .ok_or_else(|| WorldError::World("the database's host ended early".to_owned()))?;
    let seen = conclusion::Seen {
        connection: &machine.volume().open(FILE)?,
        items: &items,
        auditor: &auditor,
        recorder: &recorder,
        plan: readers.as_ref().map(|(_, plan)| &**plan),
        work: machine.volume().work(),
        processed,
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
            stream(self.seed, Purpose::Database, "sqlite"),
        )?;
        Ok(Machine::new(
            volume,
            self.scenario.profile().clone(),
            PRESENT_S * 1_000,
        ))
    }

    /// Whoever reads, and what.
    fn readers(&self) -> Option<(Readers, Arc<Plan>)> {
        let model = &self.scenario.model;
        if model.load.reads_per_s <= 0.0 {
            return None;
        }
        let phases = &model.phases;
        let length_s = phases.warm_up_s + phases.baseline_s + phases.horizon_s + phases.recovery_s;
        let length = Duration::from_secs_f64(length_s);
        let plan = Readers::plan(model.load.reads_per_s, self.seed, length);
        Some((Readers::new(model), Arc::new(plan)))
    }

    /// The connections the scenario asks for, on a database with its tables.
    fn connections(&self, machine: &Machine) -> rusqlite::Result<Connections> {
        let database = &self.scenario.model.database;
        let connect = || databases::connection(machine, FILE, database);
        let first: Connection = connect()?;
        ledger::ensure(&first)?;
        tables::create(&first, &self.scenario.model)?;
        databases::pool(first, database, connect)
    }

    /// Lets modelled time pass until the database's host is done.
    fn simulate(&self, host: Host, watch: &Watch, stop: &AtomicBool) -> Result<(), WorldError> {
        let model = &self.scenario.model;
        let mut world = network::builder(&model.network, self.seed).build();
        world.client(DATABASE_HOST, host.run());
        let effect = model.effect.clone();
        world.host(prices::PRICES_HOST, move || {
            let effect = effect.clone();
            async move { match prices::serve(effect).await? {} }
        });
        network::until_done(world, &model.network, watch, stop, |_, _| ())
    }
}
