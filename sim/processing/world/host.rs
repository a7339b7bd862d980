//! The database's host: its readers, who processes the items, and who writes behind it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backfill::database::{Connections, Database, Observer, Usage};
use backfill::persistence::STORE_WRITER;
use backfill::{Instant, Runtime as _};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::FILE;
use super::disturbances::Disturbances;
use super::prices::Prices;
use super::processor::Processor;
use crate::clock::Clock;
use crate::load::{Plan, Traffic};
use crate::machine::{Machine, SimRuntime};
use crate::outcome::{BACKFILL, Ending, READER, Window};
use crate::processing::facts::Facts;
use crate::processing::items::Items;
use crate::processing::keeper::{Behind, Keeper, Look};
use crate::processing::oracle::Auditor;
use crate::processing::outcome::counter;
use crate::processing::readers::Readers;
use crate::processing::recorder::Recorder;
use crate::processing::scenario::{Model, Strategy};
use crate::world::Watch;

/// Time from one look at what is held to the next.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How the processing of a cell went.
#[derive(Clone, Debug)]
pub(super) struct Processed {
    pub(super) ending: Ending,
    pub(super) window: Option<Window>,
    pub(super) end_ns: u64,
    pub(super) roll_backs: usize,
}

/// What runs on the database's host.
pub(super) struct Host {
    pub(super) model: Model,
    /// `None` for the run without any processing.
    pub(super) strategy: Option<Strategy>,
    /// When reads end in a run without any processing.
    pub(super) until_ns: u64,
    pub(super) seed: u64,
    pub(super) items: Arc<Items>,
    pub(super) connections: Connections,
    pub(super) machine: Arc<Machine>,
    pub(super) readers: Option<(Readers, Arc<Plan>)>,
    pub(super) recorder: Recorder,
    pub(super) auditor: Auditor,
    pub(super) facts: Facts,
    pub(super) watch: Arc<Watch>,
    pub(super) processed: Arc<Mutex<Option<Processed>>>,
}

impl Host {
    pub(super) async fn run(self) -> turmoil::Result {
        let runtime = SimRuntime::new(Clock::start(), Arc::clone(&self.machine));
        // Opening connections and filling tables is nobody's time.
        drop(self.machine.volume().step(0, || ()));
        let observer = Listener {
            recorder: self.recorder.clone(),
            auditor: self.auditor.clone(),
        };
        let busy_timeout = Duration::from_millis(self.model.database.busy_timeout_ms);
        let database = Database::new(runtime.clone(), self.connections, busy_timeout, observer);
        let traffic = self.readers.map(|(readers, plan)| {
            let log = self.recorder.log.clone();
            Traffic::new(database.clone(), plan, readers, None, log)
        });
        let requests = traffic.clone().map(|traffic| tokio::spawn(traffic.run()));
        let recovery = Duration::from_secs_f64(self.model.phases.recovery_s);
        let end_reads = |at: Instant| {
            if let Some(traffic) = &traffic {
                traffic.end_at(at);
            }
        };
        let (ending, window) = match self.strategy {
            Some(strategy) => {
                let scheduled = Scheduled {
                    model: self.model,
                    strategy,
                    seed: self.seed,
                    items: self.items,
                    database: database.named(BACKFILL),
                    machine: self.machine,
                    recorder: self.recorder,
                    facts: self.facts.clone(),
                    watch: self.watch,
                    prices: Prices::new(runtime.clone()),
                };
                let (ending, window) = scheduled.run().await?;
                end_reads(runtime.now() + recovery);
                (ending, Some(window))
            }
            None => {
                end_reads(Instant::from_nanos(self.until_ns));
                (Ending::NoBackfill, None)
            }
        };
        if let Some(requests) = requests {
            requests.await?;
        }
        let processed = Processed {
            ending,
            window,
            end_ns: runtime.now().as_nanos(),
            roll_backs: self.facts.lock().roll_backs,
        };
        let mut place = self
            .processed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *place = Some(processed);
        Ok(())
    }
}

/// The processing, started when the baseline phase is over.
struct Scheduled {
    model: Model,
    strategy: Strategy,
    seed: u64,
    items: Arc<Items>,
    database: Database<SimRuntime>,
    machine: Arc<Machine>,
    recorder: Recorder,
    facts: Facts,
    watch: Arc<Watch>,
    prices: Prices,
}

impl Scheduled {
    /// How it ended, and when it ran.
    async fn run(&self) -> Result<(Ending, Window), rusqlite::Error> {
        let runtime = self.database.runtime();
        let phases = &self.model.phases;
        let before = Duration::from_secs_f64(phases.warm_up_s + phases.baseline_s);
        let start = Instant::default() + before;
        runtime.sleep_until(start).await;
        let horizon = start + Duration::from_secs_f64(phases.horizon_s);
        let recorder = self.recorder.clone();
        let disturbances = Disturbances {
            outages: &self.model.outage,
            locks: &self.model.lock,
            database: &self.model.database,
            file: FILE,
            machine: &self.machine,
            note: move |what: &str, window| recorder.disturbed(what, window),
        };
        let _disturbing = disturbances.begin(runtime, start)?;
        let mut crashes = 0;
        let ending = loop {
            let ending = self.run_once(crashes, horizon).await;
            let crash = self.model.crash.as_ref();
            let Some(crash) = crash.filter(|_| ending == Ending::Killed) else {
                break ending;
            };
            crashes += 1;
            self.recorder.counted(counter::CRASHES, 1);
            let start_ns = runtime.now().as_nanos();
            runtime
                .sleep(Duration::from_secs_f64(crash.resume_after_s))
                .await;
            let end_ns = runtime.now().as_nanos();
            self.recorder
                .disturbed("crash", Window { start_ns, end_ns });
        };
        let end = runtime.now();
        self.recorder
            .event(end, format_args!("processing ended {ending:?}"));
        let window = Window {
            start_ns: start.as_nanos(),
            end_ns: end.as_nanos(),
        };
        Ok((ending, window))
    }

    /// One run, until it is done or killed, or at the horizon.
    async fn run_once(&self, crashes: u64, horizon: Instant) -> Ending {
        let runtime = self.database.runtime().clone();
        self.recorder.log.started(runtime.now());
        let opened = Keeper::open(
            self.database.clone(),
            (&self.model, &self.strategy),
            self.seed,
            &self.recorder,
            self.prices.clone(),
        );
        let (keeper, behind, resumed) = match opened.await {
            Ok(opened) => opened,
            Err(error) => return Ending::Failed(error),
        };
        let repeated = self
            .facts
            .lock()
            .processed
            .saturating_sub(resumed.committed.get());
        if crashes > 0 {
            self.recorder.counted(counter::ITEMS_REPEATED, repeated);
            self.recorder
                .at_most(counter::ITEMS_REPEATED_MOST, repeated);
        }
        let look = keeper.look();
        let about = (self.recorder.clone(), self.facts.clone());
        let processor = Processor::new(
            self.model.clone(),
            Arc::clone(&self.items),
            keeper,
            runtime.clone(),
            about,
        );
        let mut running: JoinSet<Result<(), String>> = JoinSet::new();
        running.spawn(async move {
            match behind {
                Behind::Store(writer) => {
                    let ended = writer.run(CancellationToken::new()).await;
                    ended
                        .map(drop)
                        .map_err(|error| crate::strategy::chain(&error))
                }
                Behind::Plain(writer) => writer.run().await,
            }
        });
        running.spawn(processor.run(resumed));
        let ending = tokio::select! {
            biased;
            ending = all(&mut running) => ending,
            () = self.writes(crashes) => Ending::Killed,
            () = runtime.sleep_until(horizon) => Ending::OutOfTime,
            () = self.look(&look) => unreachable!("it looks for ever"),
        };
        // What it had under way goes with it.
        running.shutdown().await;
        if ending == Ending::Killed {
            self.recorder.log.killed(runtime.now());
        }
        self.recorder.moment(look.moment(runtime.now().as_nanos()));
        look.note(&self.recorder);
        ending
    }

    /// Returns when a run is to be killed.
    async fn writes(&self, crashes: u64) {
        let wanted = match &self.model.crash {
            Some(crash) if crash.every_write => 1,
            Some(crash) if crashes == 0 => crash.at_write.unwrap_or(u64::MAX),
            _ => u64::MAX,
        };
        if wanted == u64::MAX {
            std::future::pending::<()>().await;
        }
        for _ in 0..wanted {
            self.recorder.next_write().await;
        }
    }

    /// Looks at what is held now and then.
    async fn look(&self, look: &Look) {
        let runtime = self.database.runtime();
        loop {
            let moment = look.moment(runtime.now().as_nanos());
            self.watch
                .processed
                .store(moment.committed, Ordering::Relaxed);
            self.watch
                .total
                .store(self.items.count(), Ordering::Relaxed);
            self.recorder.moment(moment);
            runtime.sleep(LOOK_EVERY).await;
        }
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
    auditor: Auditor,
}

impl Observer for Listener {
    fn observe(&self, usage: &Usage) {
        self.recorder.log.observe(usage);
        if usage.user == STORE_WRITER && usage.rows_changed > 0 {
            self.auditor.look(usage.released_at);
        }
    }

    fn busy(&self, user: &'static str, at: Instant) {
        if user != READER {
            self.recorder.event(at, format_args!("busy {user}"));
        }
    }
}
