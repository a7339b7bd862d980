//! The database's host: its users, the status surface, and whoever counts.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backfill::chunked::ReaderSignal;
use backfill::database::{Access, Connections, Database, Observer, Usage};
use backfill::{Instant, Runtime as _};
use tokio::task::JoinSet;

use super::Plans;
use crate::aggregate::kept::Totals;
use crate::aggregate::outcome::counter;
use crate::aggregate::rebuilder::Rebuilder;
use crate::aggregate::recorder::Recorder;
use crate::aggregate::scenario::{Model, Strategy};
use crate::aggregate::traffic::People;
use crate::clock::Clock;
use crate::load::{Plan, Traffic};
use crate::machine::{Machine, SimRuntime};
use crate::operator::{self, OPERATOR};
use crate::outcome::{BACKFILL, Ending, READER, Window};
use crate::spent;
use crate::world::{Watch, databases};

/// Time from one look at how far it is to the next.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Until a live insert that failed is sent again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// How the counting of a cell went.
#[derive(Clone, Debug)]
pub(super) struct Ran {
    pub(super) ending: Ending,
    pub(super) window: Option<Window>,
    pub(super) end_ns: u64,
    /// All counts before and after it was run once more.
    pub(super) again: Option<[Option<Totals>; 2]>,
}

/// What runs on the database's host.
pub(super) struct Host {
    pub(super) model: Model,
    /// `None` for the run without any rebuild.
    pub(super) strategy: Option<Strategy>,
    /// When reads end in a run without any rebuild.
    pub(super) until_ns: u64,
    pub(super) seed: u64,
    pub(super) connections: Connections,
    pub(super) machine: Arc<Machine>,
    pub(super) people: People,
    pub(super) plans: Plans,
    pub(super) recorder: Recorder,
    pub(super) watch: Arc<Watch>,
    pub(super) ran: Arc<Mutex<Option<Ran>>>,
}

impl Host {
    pub(super) async fn run(self) -> turmoil::Result {
        let runtime = SimRuntime::new(Clock::start(), Arc::clone(&self.machine));
        // Opening connections is nobody's time.
        drop(self.machine.volume().step(0, || ()));
        let signal = ReaderSignal::default();
        let observer = Listener {
            recorder: self.recorder.clone(),
            signal: signal.clone(),
        };
        let busy_timeout = Duration::from_millis(self.model.database.busy_timeout_ms);
        let database = Database::new(runtime.clone(), self.connections, busy_timeout, observer)
            .handing_over(databases::hand_off(&self.model.database, self.seed));
        let server = tokio::spawn(operator::serve(database.named(OPERATOR), false));
        let mut users = Users::begin(&database, &self.plans, &self.people);
        let phases = &self.model.phases;
        let start = Instant::default() + seconds(phases.warm_up_s + phases.baseline_s);
        let horizon = start + seconds(phases.horizon_s);
        let recovery = seconds(phases.recovery_s);
        let mut ran = Ran {
            ending: Ending::NoBackfill,
            window: None,
            end_ns: 0,
            again: None,
        };
        if let Some(strategy) = self.strategy {
            let process = Process {
                rebuilder: Rebuilder {
                    strategy,
                    database: database.named(BACKFILL),
                    signal,
                    recorder: self.recorder,
                    total: self.people.0.views.count(),
                },
                model: self.model,
                watch: self.watch,
            };
            let (ending, window) = process.run(start, horizon).await;
            let reads_until = runtime.now() + recovery;
            users.end(reads_until, horizon + recovery, &runtime).await;
            ran.window = Some(window);
            if ending == Ending::Done {
                ran.again = Some(process.again(&self.people).await?);
            }
            ran.ending = ending;
        } else {
            let reads_until = Instant::from_nanos(self.until_ns);
            users.end(reads_until, horizon + recovery, &runtime).await;
        }
        server.abort();
        ran.end_ns = runtime.now().as_nanos();
        *self.ran.lock().unwrap_or_else(PoisonError::into_inner) = Some(ran);
        Ok(())
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Those who read and those who add.
struct Users {
    reads: Traffic<People>,
    running: JoinSet<()>,
}

impl Users {
    fn begin(database: &Database<SimRuntime>, plans: &Plans, people: &People) -> Self {
        let traffic = |plan: &Arc<Plan>| {
            let log = people.0.recorder.log.clone();
            Traffic::new(
                database.clone(),
                Arc::clone(plan),
                people.clone(),
                None,
                log,
            )
        };
        let reads = traffic(&plans.reads);
        let adds = traffic(&plans.adds).sending_again(AGAIN_AFTER);
        let mut running = JoinSet::new();
        running.spawn(reads.clone().run());
        running.spawn(adds.run());
        Self { reads, running }
    }

    /// Reads end at `reads_until`, and adding when all is stored; what could not be by the end of
    /// all time is not waited for.
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

/// Whoever counts, started when the baseline phase is over.
struct Process {
    rebuilder: Rebuilder,
    model: Model,
    watch: Arc<Watch>,
}

impl Process {
    /// How it ended, and when it ran: killed and started again as often as the scenario says.
    async fn run(&self, start: Instant, horizon: Instant) -> (Ending, Window) {
        let (runtime, recorder) = (self.rebuilder.database.runtime(), &self.rebuilder.recorder);
        runtime.sleep_until(start).await;
        let mut crashes = 0;
        let ending = loop {
            let ending = self.run_once(self.kill_at(crashes), horizon).await;
            let crash = self.model.crash.as_ref();
            let Some(crash) = crash.filter(|_| ending == Ending::Killed) else {
                break ending;
            };
            crashes += 1;
            recorder.counted(counter::CRASHES, 1);
            let start_ns = runtime.now().as_nanos();
            runtime.sleep(seconds(crash.resume_after_s)).await;
            let end_ns = runtime.now().as_nanos();
            recorder.disturbed("crash", Window { start_ns, end_ns });
        };
        let end = runtime.now();
        recorder
            .log
            .event(end, format_args!("counting ended {ending:?}"));
        let window = Window {
            start_ns: start.as_nanos(),
            end_ns: end.as_nanos(),
        };
        (ending, window)
    }

    /// After how many chunks a run is killed, when so many were before it.
    fn kill_at(&self, crashes: u64) -> Option<u64> {
        let crash = self.model.crash.as_ref()?;
        if crash.every_write {
            return Some(1);
        }
        crash.at_write.filter(|_| crashes == 0)
    }

    /// One run of as many processes as the scenario says, until all are done, they are killed, or
    /// at the horizon.
    async fn run_once(&self, kill_at: Option<u64>, horizon: Instant) -> Ending {
        let (runtime, recorder) = (self.rebuilder.database.runtime(), &self.rebuilder.recorder);
        recorder.log.started(runtime.now());
        let mut running: JoinSet<Result<(), String>> = JoinSet::new();
        for _ in 0..self.model.views.starts {
            let rebuilder = self.rebuilder.clone();
            running.spawn(async move { spent::metered(rebuilder.run()).await.0 });
        }
        let killed = async {
            for _ in 0..kill_at.unwrap_or(u64::MAX) {
                recorder.next_chunk().await;
            }
        };
        let ending = tokio::select! {
            biased;
            () = killed => Ending::Killed,
            ending = all(&mut running) => ending,
            () = runtime.sleep_until(horizon) => Ending::OutOfTime,
            () = self.look() => unreachable!("it looks for ever"),
        };
        // What it had under way goes with it.
        running.shutdown().await;
        if ending == Ending::Killed {
            recorder.log.killed(runtime.now());
        }
        ending
    }

    /// Looks at how far it is now and then.
    async fn look(&self) {
        let total = self.rebuilder.total;
        self.watch.total.store(total, Ordering::Relaxed);
        loop {
            let processed = self.rebuilder.recorder.processed();
            self.watch.processed.store(processed, Ordering::Relaxed);
            self.rebuilder.database.runtime().sleep(LOOK_EVERY).await;
        }
    }

    /// Runs it once more, when everything is done: all counts before and after.
    async fn again(
        &self,
        people: &People,
    ) -> Result<[Option<Totals>; 2], Box<dyn std::error::Error>> {
        let database = &self.rebuilder.database;
        let totals = || {
            let people = people.clone();
            database.read(move |connection| people.0.kept.totals(connection))
        };
        let before = totals().await?;
        self.rebuilder.clone().run().await?;
        Ok([before, totals().await?])
    }
}

/// How all of them ended: as the first that failed, if one has.
async fn all(running: &mut JoinSet<Result<(), String>>) -> Ending {
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Ending::Failed(error),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    Ending::Done
}

/// Hears of every use of a connection.
struct Listener {
    recorder: Recorder,
    signal: ReaderSignal,
}

impl Observer for Listener {
    fn observe(&self, usage: &Usage) {
        self.recorder.log.observe(usage);
        let bytes = spent::take_bytes();
        if usage.user == BACKFILL && usage.access == Access::Write && usage.rows_changed > 0 {
            self.recorder.transaction(usage, bytes);
        }
        if usage.user == READER {
            let latency = usage.released_at - usage.queued_at;
            self.signal.record(usage.released_at, latency);
        }
    }

    fn busy(&self, user: &'static str, at: Instant) {
        if user == READER {
            self.signal.record_poll();
        } else {
            self.recorder.log.event(at, format_args!("busy {user}"));
        }
    }
}
