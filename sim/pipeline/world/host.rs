//! The database's host: its users, the status surface, and the process with all stages.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backfill::chunked::ReaderSignal;
use backfill::database::{Connections, Database, Observer, Usage};
use backfill::{Instant, Runtime as _};
use tokio::task::JoinSet;

use super::FILE;
use crate::clock::Clock;
use crate::load::{Plan, Traffic};
use crate::machine::{Machine, SimRuntime};
use crate::operator::{self, OPERATOR};
use crate::outcome::{BACKFILL, Ending, READER, Window};
use crate::pipeline::history::History;
use crate::pipeline::outcome::counter;
use crate::pipeline::recorder::Recorder;
use crate::pipeline::scenario::{Model, StrategyKind};
use crate::pipeline::stages::{Parts, Stages};
use crate::pipeline::traffic::People;
use crate::processing::Disturbances;
use crate::upstream::Objects;
use crate::world::{Watch, databases};

/// Time from one look at what is held to the next.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Until a live insert that failed is sent again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// How the stages of a cell went.
#[derive(Clone, Debug)]
pub(super) struct Ran {
    pub(super) ending: Ending,
    pub(super) window: Option<Window>,
    pub(super) end_ns: u64,
}

/// What is read and added, and of what.
#[derive(Clone)]
pub(super) struct Plans {
    pub(super) reads: Arc<Plan>,
    pub(super) inserts: Arc<Plan>,
    pub(super) history: History,
}

/// What runs on the database's host.
pub(super) struct Host {
    pub(super) model: Model,
    /// `None` for the run without any stage.
    pub(super) kind: Option<StrategyKind>,
    /// When reads end in a run without any stage.
    pub(super) until_ns: u64,
    pub(super) seed: u64,
    pub(super) objects: Arc<Objects>,
    pub(super) connections: Connections,
    pub(super) machine: Arc<Machine>,
    pub(super) plans: Plans,
    pub(super) recorder: Recorder,
    pub(super) watch: Arc<Watch>,
    pub(super) ran: Arc<Mutex<Option<Ran>>>,
}

impl Host {
    pub(super) async fn run(self) -> turmoil::Result {
        let runtime = SimRuntime::new(Clock::start(), Arc::clone(&self.machine));
        // Opening connections and creating tables is nobody's time.
        drop(self.machine.volume().step(0, || ()));
        let signal = ReaderSignal::default();
        let observer = Listener {
            log: self.recorder.log.clone(),
            signal: signal.clone(),
        };
        let busy_timeout = Duration::from_millis(self.model.database.busy_timeout_ms);
        let database = Database::new(runtime.clone(), self.connections, busy_timeout, observer)
            .handing_over(databases::hand_off(&self.model.database, self.seed));
        let server = tokio::spawn(operator::serve(database.named(OPERATOR), false));
        let mut users = Users::begin(&database, &self.plans, &self.recorder);
        let phases = &self.model.phases;
        let before = Duration::from_secs_f64(phases.warm_up_s + phases.baseline_s);
        let start = Instant::default() + before;
        let horizon = start + Duration::from_secs_f64(phases.horizon_s);
        let recovery = Duration::from_secs_f64(phases.recovery_s);
        let noted = self.recorder.clone();
        let disturbances = Disturbances {
            outages: &self.model.outage,
            locks: &self.model.lock,
            database: &self.model.database,
            file: FILE,
            machine: &self.machine,
            note: move |what: &str, window| noted.disturbed(what, window),
        };
        // To the end of the world: what goes wrong for writers is not over with the stages.
        let _disturbing = disturbances.begin(&runtime, start)?;
        let (ending, window, reads_until) = match self.kind {
            Some(kind) => {
                let parts = Parts {
                    model: self.model.clone(),
                    kind,
                    seed: self.seed,
                    objects: self.objects,
                    database: database.named(BACKFILL),
                    signal,
                    recorder: self.recorder,
                    store: Mutex::default(),
                };
                let process = Process {
                    stages: Stages(Arc::new(parts)),
                    watch: self.watch,
                };
                let (ending, window) = process.run(start, horizon).await;
                (ending, Some(window), runtime.now() + recovery)
            }
            None => (Ending::NoBackfill, None, Instant::from_nanos(self.until_ns)),
        };
        users.end(reads_until, horizon + recovery, &runtime).await;
        server.abort();
        let mut ran = self.ran.lock().unwrap_or_else(PoisonError::into_inner);
        *ran = Some(Ran {
            ending,
            window,
            end_ns: runtime.now().as_nanos(),
        });
        Ok(())
    }
}

/// Those who read and those who add.
struct Users {
    reads: Traffic<People>,
    running: JoinSet<()>,
}

impl Users {
    fn begin(database: &Database<SimRuntime>, plans: &Plans, recorder: &Recorder) -> Self {
        let people = People(plans.history);
        let traffic = |plan: &Arc<Plan>| {
            let log = recorder.log.clone();
            Traffic::new(database.clone(), Arc::clone(plan), people, None, log)
        };
        let reads = traffic(&plans.reads);
        let inserts = traffic(&plans.inserts).sending_again(AGAIN_AFTER);
        let mut running = JoinSet::new();
        running.spawn(reads.clone().run());
        running.spawn(inserts.run());
        Self { reads, running }
    }

    /// Reads end at `reads_until`, inserts when all are stored; what could not be by the end of all
    /// time is not waited for.
    async fn end(&mut self, reads_until: Instant, end: Instant, runtime: &SimRuntime) {
        self.reads.end_at(reads_until);
        let all = async {
            while let Some(ended) = self.running.join_next().await {
                if let Err(error) = ended {
                    std::panic::resume_unwind(error.into_panic());
                }
            }
        };
        tokio::select! {
            biased;
            () = all => {}
            () = runtime.sleep_until(end) => self.running.shutdown().await,
        }
    }
}

/// The process with all stages, started when the baseline phase is over.
struct Process {
    stages: Stages,
    watch: Arc<Watch>,
}

impl Process {
    /// How it ended, and when it ran.
    async fn run(&self, start: Instant, horizon: Instant) -> (Ending, Window) {
        let runtime = self.stages.0.database.runtime();
        runtime.sleep_until(start).await;
        let ending = self.run_killed(start, horizon).await;
        let window = Window {
            start_ns: start.as_nanos(),
            end_ns: runtime.now().as_nanos(),
        };
        (ending, window)
    }

    /// Killed in between, if the scenario says so, and started again.
    async fn run_killed(&self, start: Instant, horizon: Instant) -> Ending {
        let Parts {
            model, recorder, ..
        } = &*self.stages.0;
        let runtime = self.stages.0.database.runtime();
        let Some(crash) = &model.crash else {
            return self.run_once(None, horizon).await;
        };
        let kill_at = start + Duration::from_secs_f64(crash.after_s);
        let ending = self.run_once(Some(kill_at), horizon).await;
        if ending != Ending::Killed {
            return ending;
        }
        recorder.counted(counter::CRASHES, 1);
        let resume_at = kill_at + Duration::from_secs_f64(crash.resume_after_s);
        runtime.sleep_until(resume_at).await;
        let window = Window {
            start_ns: kill_at.as_nanos(),
            end_ns: resume_at.as_nanos(),
        };
        recorder.disturbed("crash", window);
        self.run_once(None, horizon).await
    }

    /// One run, until it is done, killed, or at the horizon.
    async fn run_once(&self, kill_at: Option<Instant>, horizon: Instant) -> Ending {
        let runtime = self.stages.0.database.runtime();
        let mut running = JoinSet::new();
        running.spawn(self.stages.clone().run());
        let killed = async {
            match kill_at {
                Some(at) => runtime.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let ending = tokio::select! {
            biased;
            ended = running.join_next() => match ended {
                Some(Ok(Ok(()))) | None => Ending::Done,
                Some(Ok(Err(error))) => Ending::Failed(error),
                Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
            },
            () = killed => Ending::Killed,
            () = runtime.sleep_until(horizon) => Ending::OutOfTime,
            () = self.look() => unreachable!("it looks for ever"),
        };
        // What it had under way goes with it.
        running.shutdown().await;
        self.stages.end();
        let log = &self.stages.0.recorder.log;
        log.event(runtime.now(), format_args!("ended {ending:?}"));
        ending
    }

    /// Looks at what is held now and then.
    async fn look(&self) {
        let runtime = self.stages.0.database.runtime();
        let total = u64::from(self.stages.0.objects.len());
        self.watch.total.store(total, Ordering::Relaxed);
        loop {
            let rows = self.stages.look();
            self.watch.processed.fetch_max(rows, Ordering::Relaxed);
            runtime.sleep(LOOK_EVERY).await;
        }
    }
}

/// Hears of every use of a connection.
struct Listener {
    log: crate::recorder::Recorder,
    signal: ReaderSignal,
}

impl Observer for Listener {
    fn observe(&self, usage: &Usage) {
        self.log.observe(usage);
        if usage.user == READER {
            let latency = usage.released_at - usage.queued_at;
            self.signal.record(usage.released_at, latency);
        }
    }

    fn busy(&self, user: &'static str, at: Instant) {
        if user == READER {
            self.signal.record_poll();
        } else {
            self.log.event(at, format_args!("busy {user}"));
        }
    }
}
