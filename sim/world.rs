//! One cell: a world made from (scenario, strategy, seed), run to its end.
//!
//! A cell is a pure function of its inputs. Everything that shares the database lives on one host,
//! because turmoil runs a host's whole tick before the next host's; the operator is another host,
//! and only what crosses the network is coarse.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use backfill::database::{Connections as Pool, Database};
use backfill::{Instant, Runtime as _, ledger};
use rand::Rng as _;
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, LONGEST, dilated};
use crate::dataset::Facts;
use crate::digest::Digest;
use crate::disk::{Image, Volume};
use crate::load::{Plan, Target, Traffic};
use crate::machine::{Machine, SimRuntime};
use crate::operator;
use crate::oracle::{Evidence, judge};
use crate::outcome::{Ending, NO_BACKFILL, Oracle, Outcome, Window};
use crate::recorder::{Record, Recorder};
use crate::scenario::{Cancel, Connections, Journal, Scenario, Strategy, Synchronous};
use crate::seed::{Purpose, stream};
use crate::strategy;

/// The database's name on its volume.
const FILE: &str = "main.db";

/// Connections that may wait to be accepted at once; turmoil ends the world beyond it.
const TCP_CAPACITY: usize = 4_096;

/// What is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The seed of data and arrivals.
    pub seed: u64,
    /// The dataset's bytes, and what is in them.
    pub image: &'a Image,
    /// What the dataset holds.
    pub facts: Facts,
    /// What is run.
    pub part: Part<'a>,
}

/// A strategy, or the same time without one.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// This strategy of the scenario.
    Strategy(&'a str, &'a Strategy),
    /// No backfill: requests up to this moment, ns.
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

/// How the backfill of a cell went.
#[derive(Clone, Debug)]
struct Backfilled {
    ending: Ending,
    window: Option<Window>,
    end_ns: u64,
}

/// Runs `cell` to its end, unless `stop` says otherwise.
///
/// # Errors
/// If it was stopped, or the simulator itself failed. What the strategy does wrong is no error but
/// part of the outcome.
pub fn run(cell: Cell<'_>, watch: &Arc<Watch>, stop: &AtomicBool) -> Result<Outcome, WorldError> {
    let plan = Arc::new(cell.plan());
    let target = Target::new(cell.facts, cell.seed);
    let machine = cell.machine(target)?;
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
        pool: cell.pool(&machine)?,
        machine: Arc::clone(&machine),
        plan: Arc::clone(&plan),
        target,
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
    cell.outcome(&machine, &plan, recorder.take(), backfilled)
}

impl Cell<'_> {
    fn plan(&self) -> Plan {
        let phases = &self.scenario.model.phases;
        let length_s = phases.warm_up_s + phases.baseline_s + phases.horizon_s + phases.recovery_s;
        Plan::new(
            &self.scenario.model.load,
            self.seed,
            Duration::from_secs_f64(length_s),
        )
    }

    /// The machine with the dataset on its disk.
    fn machine(&self, target: Target) -> Result<Arc<Machine>, WorldError> {
        let disk = &self.scenario.model.disk;
        let volume = Volume::new(
            disk.page_cache_mib << 20,
            disk.free_mib.map(|mib| mib << 20),
            stream(self.seed, Purpose::Database, "sqlite"),
        )?;
        volume.mount(FILE, self.image.clone());
        Ok(Machine::new(
            volume,
            self.scenario.profile.clone(),
            target.start_unix_s * 1_000,
        ))
    }

    /// The connections the scenario asks for, on a database ready for use.
    fn pool(&self, machine: &Machine) -> rusqlite::Result<Pool> {
        let database = &self.scenario.model.database;
        let first = self.connection(machine)?;
        ledger::ensure(&first)?;
        Ok(match database.connections {
            Connections::Shared => Pool::Shared(vec![first]),
            Connections::Split => Pool::Split {
                readers: (0..database.reader_connections)
                    .map(|_| self.connection(machine))
                    .collect::<Result<_, _>>()?,
                writers: vec![first],
            },
        })
    }

    fn connection(&self, machine: &Machine) -> rusqlite::Result<Connection> {
        let database = &self.scenario.model.database;
        let connection = machine.volume().open(FILE)?;
        let journal = match database.journal {
            Journal::Wal => "wal",
            Journal::Delete => "delete",
        };
        let synchronous = match database.synchronous {
            Synchronous::Normal => "normal",
            Synchronous::Full => "full",
        };
        connection.execute_batch(&format!(
            "PRAGMA journal_mode = {journal}; PRAGMA synchronous = {synchronous};
             PRAGMA cache_size = -{}",
            database.cache_kib
        ))?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }

    /// Lets modelled time pass until the database's host is done.
    fn simulate(&self, host: Host, watch: &Watch, stop: &AtomicBool) -> Result<(), WorldError> {
        let network = &self.scenario.model.network;
        let tick = dilated(Duration::from_millis(network.tick_ms));
        assert!(
            !tick.is_zero() && tick.subsec_nanos() % 1_000_000 == 0,
            "turmoil's clocks drift unless a tick is a whole number of tokio's milliseconds"
        );
        let latency = dilated(Duration::from_millis(network.latency_ms));
        let mut world = turmoil::Builder::new()
            .epoch(SystemTime::UNIX_EPOCH)
            .rng_seed(stream(self.seed, Purpose::Network, "turmoil").next_u64())
            .simulation_duration(dilated(LONGEST))
            .tick_duration(tick)
            .min_message_latency(latency)
            .max_message_latency(latency)
            .tcp_capacity(TCP_CAPACITY)
            .build();
        let (settings, recorder) = (self.scenario.model.operator.clone(), host.recorder.clone());
        world.client(operator::DATABASE_HOST, host.run());
        world.host("operator", move || {
            let (settings, recorder) = (settings.clone(), recorder.clone());
            async move {
                operator::poll(settings, recorder).await;
                Ok(())
            }
        });
        loop {
            let done = world
                .step()
                .map_err(|error| WorldError::World(error.to_string()))?;
            watch
                .now_ns
                .fetch_add(network.tick_ms * 1_000_000, Ordering::Relaxed);
            if done {
                return Ok(());
            }
            if stop.load(Ordering::Relaxed) {
                return Err(WorldError::Interrupted);
            }
        }
    }

    fn outcome(
        &self,
        machine: &Machine,
        plan: &Plan,
        mut record: Record,
        backfilled: Backfilled,
    ) -> Result<Outcome, WorldError> {
        let connection = machine.volume().open(FILE)?;
        let work = machine.volume().work();
        let (name, strategy) = match self.part {
            Part::Strategy(name, strategy) => (name, Some(strategy)),
            Part::NoBackfill(_) => (NO_BACKFILL, None),
        };
        let oracles = judge(&Evidence {
            connection: &connection,
            facts: self.facts,
            record: &record,
            strategy,
            ending: &backfilled.ending,
        })?;
        record.holds.sort_by_key(|hold| hold.acquired_ns);
        record.requests.sort_by_key(|&(index, _)| index);
        let mut counters: std::collections::BTreeMap<String, u64> = [
            ("chunks", record.chunks.len() as u64),
            ("requests", record.requests.len() as u64),
            ("operator_polls", record.polls),
            ("operator_unanswered", record.unanswered_polls),
            (
                "busy_retries",
                record
                    .holds
                    .iter()
                    .map(|hold| u64::from(hold.busy_retries))
                    .sum(),
            ),
            (
                "backfill_rows_changed",
                record
                    .holds
                    .iter()
                    .filter(|hold| hold.user == BACKFILL)
                    .map(|hold| hold.rows_changed)
                    .sum(),
            ),
        ]
        .into_iter()
        .chain(work.named())
        .map(|(name, count)| (name.to_owned(), count))
        .collect();
        if let Some(last) = record.chunks.last() {
            counters.insert("rows_processed".to_owned(), last.processed);
        }
        Ok(Outcome {
            strategy: name.to_owned(),
            role: strategy.map(|strategy| strategy.role),
            seed: self.seed,
            digest: digest(&record.log, &counters, &oracles),
            plan_hash: plan.hash().to_owned(),
            backfill: backfilled.window,
            ending: backfilled.ending,
            end_ns: backfilled.end_ns,
            requests: record
                .requests
                .into_iter()
                .map(|(_, request)| request)
                .collect(),
            holds: record.holds,
            chunks: record.chunks,
            counters,
            oracles,
            log: record.log,
        })
    }
}

/// The name under which a strategy uses the database.
const BACKFILL: &str = "backfill";

/// SHA-256 over the log, the counters and the verdicts.
fn digest(
    log: &[String],
    counters: &std::collections::BTreeMap<String, u64>,
    oracles: &[Oracle],
) -> String {
    let mut digest = Digest::default();
    for line in log {
        digest.add(line);
        digest.add("\n");
    }
    for (name, count) in counters {
        digest.add(format!("{name} {count}\n"));
    }
    for oracle in oracles {
        digest.add(format!(
            "{} {} {}\n",
            oracle.name, oracle.passed, oracle.detail
        ));
    }
    digest.hex()
}

/// What runs on the database's host.
struct Host {
    model: crate::scenario::Model,
    strategy: Option<Strategy>,
    /// When the traffic of a counterfactual ends.
    until_ns: u64,
    pool: Pool,
    machine: Arc<Machine>,
    plan: Arc<Plan>,
    target: Target,
    recorder: Recorder,
    watch: Arc<Watch>,
    backfilled: Arc<Mutex<Option<Backfilled>>>,
}

impl Host {
    async fn run(self) -> turmoil::Result {
        let runtime = SimRuntime::new(Clock::start(), Arc::clone(&self.machine));
        // Opening connections and setting them up is nobody's time.
        drop(self.machine.volume().step(0, || ()));
        let database = Database::new(
            runtime.clone(),
            self.pool,
            Duration::from_millis(self.model.database.busy_timeout_ms),
            self.recorder.clone(),
        );
        let server = tokio::spawn(operator::serve(database.named("operator")));
        let traffic = Traffic::new(
            database.clone(),
            self.plan,
            self.target,
            self.recorder.clone(),
        );
        let requests = tokio::spawn(traffic.clone().run());
        let backfill = Scheduled {
            phases: self.model.phases.clone(),
            cancel: self.model.cancel.clone(),
            database: database.named(BACKFILL),
            recorder: self.recorder,
            watch: self.watch,
        };
        let (ending, window) = match &self.strategy {
            Some(strategy) => {
                let (ending, window) = backfill.run(strategy).await;
                let recovery = Duration::from_secs_f64(self.model.phases.recovery_s);
                traffic.end_at(runtime.now() + recovery);
                (ending, Some(window))
            }
            None => {
                traffic.end_at(Instant::from_nanos(self.until_ns));
                (Ending::NoBackfill, None)
            }
        };
        requests.await?;
        server.abort();
        let mut backfilled = self
            .backfilled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *backfilled = Some(Backfilled {
            ending,
            window,
            end_ns: runtime.now().as_nanos(),
        });
        Ok(())
    }
}

/// A backfill, started when the baseline phase is over.
struct Scheduled {
    phases: crate::scenario::Phases,
    cancel: Option<Cancel>,
    database: Database<SimRuntime>,
    recorder: Recorder,
    watch: Arc<Watch>,
}

impl Scheduled {
    async fn run(&self, strategy: &Strategy) -> (Ending, Window) {
        let runtime = self.database.runtime();
        let before = Duration::from_secs_f64(self.phases.warm_up_s + self.phases.baseline_s);
        let start = Instant::default() + before;
        runtime.sleep_until(start).await;
        let horizon = start + Duration::from_secs_f64(self.phases.horizon_s);
        let mut ending = match &self.cancel {
            None => self.run_until(strategy, horizon).await,
            Some(cancel) => {
                let at = start + Duration::from_secs_f64(cancel.after_s);
                let first = self.run_until(strategy, at).await;
                match cancel.resume_after_s {
                    Some(wait_s) if first == Ending::Cancelled => {
                        runtime.sleep(Duration::from_secs_f64(wait_s)).await;
                        self.run_until(strategy, horizon).await
                    }
                    _ => first,
                }
            }
        };
        let end = runtime.now();
        if ending == Ending::Cancelled && end >= horizon {
            ending = Ending::OutOfTime;
        }
        self.recorder
            .event(end, format_args!("backfill ended {ending:?}"));
        let window = Window {
            start_ns: start.as_nanos(),
            end_ns: end.as_nanos(),
        };
        (ending, window)
    }

    /// Runs the strategy, and cancels it at `at` if it is not done by then.
    async fn run_until(&self, strategy: &Strategy, at: Instant) -> Ending {
        let runtime = self.database.runtime().clone();
        let cancel = CancellationToken::new();
        let canceller = {
            let (runtime, cancel) = (runtime.clone(), cancel.clone());
            tokio::spawn(async move {
                runtime.sleep_until(at).await;
                cancel.cancel();
            })
        };
        self.recorder
            .event(runtime.now(), format_args!("backfill starts"));
        let (recorder, watch) = (self.recorder.clone(), Arc::clone(&self.watch));
        let announce = move |progress: backfill::chunked::Progress| {
            recorder.progress(runtime.now(), progress);
            watch.processed.store(progress.processed, Ordering::Relaxed);
            watch.total.store(progress.total, Ordering::Relaxed);
        };
        let ending = strategy::run(strategy, &self.database, cancel, announce).await;
        canceller.abort();
        ending
    }
}
