//! One cell: a world made from (scenario, strategy, seed), run to its end.
//!
//! A cell is a pure function of its inputs. Everything that shares the database lives on one host,
//! because turmoil runs a host's whole tick before the next host's; the operator is another host,
//! and only what crosses the network is coarse.

mod budget;
mod conclusion;
pub(crate) mod databases;
mod fault;
mod host;
pub(crate) mod network;

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backfill::database::Connections as Pool;
use backfill::ledger;
use rusqlite::Connection;

use crate::disk::Volume;
use crate::load::Plan;
use crate::machine::Machine;
use crate::operator;
use crate::outcome::{Outcome, READER, WRITER};
use crate::recorder::Recorder;
use crate::scenario::{Connections, Scenario, Strategy};
use crate::seed::{Purpose, stream};
use crate::strategy;
use crate::workload::Workload;
use databases::Pools;
use host::Host;

/// The database's name on its volume.
const FILE: &str = "main.db";
/// The name under which the database lies beside it afterwards, unchanged, for comparison.
const BEFORE: &str = "before.db";

/// What is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The seed of data and arrivals.
    pub seed: u64,
    /// The database, its job and its users.
    pub workload: &'a Workload,
    /// What is run.
    pub part: Part<'a>,
}

/// A strategy, or the same time without one.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// This strategy of the scenario.
    Strategy(&'a str, &'a Strategy),
    /// No backfill: requests before this moment, ns.
    NoBackfill(u64),
}

/// Lets others look at a cell while it runs, and stop it.
#[derive(Debug, Default)]
pub struct Watch {
    /// Modelled time passed, ns.
    pub now_ns: AtomicU64,
    /// Rows the backfill has announced.
    pub processed: AtomicU64,
    /// Rows it will announce.
    pub total: AtomicU64,
}

/// Why a cell has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// The database could not be set up or judged.
    #[error("the simulated database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// The simulated network failed: a defect of the simulator.
    #[error("the simulated world failed: {0}")]
    World(String),
}

/// Runs `cell` to its end, unless `stop` says otherwise.
///
/// # Errors
/// If it was stopped, or the simulator itself failed. What the strategy does wrong is no error but
/// part of the outcome.
pub fn run(cell: Cell<'_>, watch: &Arc<Watch>, stop: &AtomicBool) -> Result<Outcome, WorldError> {
    let plan = Arc::new(cell.plan());
    let machine = cell.machine()?;
    let recorder = Recorder::default();
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
        pools: cell.pools(&machine)?,
        machine: Arc::clone(&machine),
        plan: Arc::clone(&plan),
        workload: cell.workload.clone(),
        recorder: recorder.clone(),
        watch: Arc::clone(watch),
        backfilled: Arc::clone(&backfilled),
    };
    cell.simulate(host, watch, stop)?;
    let backfilled = backfilled
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .ok_or_else(|| WorldError::World("the database's host ended early".to_owned()))?;
    let connection = machine.volume().open(FILE)?;
    cell.workload.mount(machine.volume(), BEFORE);
    let before = machine.volume().open(BEFORE)?;
    Ok(conclusion::outcome(
        &cell,
        &connection,
        &before,
        &plan,
        recorder.take(),
        backfilled,
    )?)
}

impl Cell<'_> {
    fn plan(&self) -> Plan {
        let phases = &self.scenario.model.phases;
        let length_s = phases.warm_up_s + phases.baseline_s + phases.horizon_s + phases.recovery_s;
        let length = Duration::from_secs_f64(length_s);
        self.workload.plan(&self.scenario.model, self.seed, length)
    }

    /// The machine with the database on its disk.
    fn machine(&self) -> Result<Arc<Machine>, WorldError> {
        let disk = &self.scenario.model.disk;
        let volume = Volume::new(
            disk.page_cache_mib << 20,
            disk.free_mib.map(|mib| mib << 20),
            stream(self.seed, Purpose::Database, "sqlite"),
        )?;
        self.workload.mount(&volume, FILE);
        Ok(Machine::new(
            volume,
            self.scenario.profile.clone(),
            self.workload.start_unix_s() * 1_000,
        ))
    }

    /// The connections the scenario asks for, on a database ready for use.
    fn pool(&self, machine: &Machine) -> rusqlite::Result<Pool> {
        let first = self.connection(machine)?;
        ledger::ensure(&first)?;
        databases::pool(first, &self.scenario.model.database, || {
            self.connection(machine)
        })
    }

    /// The connection that the backfill has to itself, where it competes with the live writer.
    fn backfill_pool(&self, machine: &Machine) -> rusqlite::Result<Option<Pool>> {
        let competing = self.scenario.model.database.connections == Connections::Competing;
        let own = competing.then(|| self.connection(machine)).transpose()?;
        Ok(own.map(|own| Pool::Shared(vec![own])))
    }

    fn pools(&self, machine: &Machine) -> rusqlite::Result<Pools> {
        Ok(Pools {
            shared: self.pool(machine)?,
            backfill: self.backfill_pool(machine)?,
            apart: match self.part {
                Part::Strategy(_, strategy) if strategy::reads_apart(strategy) => {
                    Some(self.connection(machine)?)
                }
                _ => None,
            },
            hand_off: databases::hand_off(&self.scenario.model.database, self.seed),
            promised: match self.scenario.model.objective.writer_p95_ms {
                Some(_) => WRITER,
                None => READER,
            },
        })
    }

    fn connection(&self, machine: &Machine) -> rusqlite::Result<Connection> {
        let connection = databases::connection(machine, FILE, &self.scenario.model.database)?;
        self.workload.set_up(&connection)?;
        Ok(connection)
    }

    /// Lets modelled time pass until the database's host is done.
    fn simulate(&self, host: Host, watch: &Watch, stop: &AtomicBool) -> Result<(), WorldError> {
        let network = &self.scenario.model.network;
        let mut world = network::builder(network, self.seed).build();
        let (settings, recorder) = (self.scenario.model.operator.clone(), host.recorder.clone());
        let job: Arc<str> = self.workload.task().name.as_str().into();
        world.client(operator::DATABASE_HOST, host.run());
        world.host("operator", move || {
            let (settings, recorder) = (settings.clone(), recorder.clone());
            let job = Arc::clone(&job);
            async move {
                operator::poll(settings, job, recorder).await;
                Ok(())
            }
        });
        network::until_done(world, network, watch, stop, |_, _| ())
    }
}
