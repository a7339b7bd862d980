//! The database's host: its readers, and the backfill that asks the API over the network.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backfill::chunked::ReaderSignal;
use backfill::database::{Connections, Database, Observer, Usage};
use backfill::listing::Pages;
use backfill::{Instant, Runtime as _};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::client::Client;
use super::crash::Crashes;
use super::watching::Watching;
use crate::clock::Clock;
use crate::listing::oracle::Auditor;
use crate::listing::readers::Readers;
use crate::listing::recorder::Recorder;
use crate::listing::scenario::{Model, Strategy};
use crate::listing::strategy::{self, Stage};
use crate::listing::stream::Stream;
use crate::load::{Plan, Traffic};
use crate::machine::{Machine, SimRuntime};
use crate::outcome::{BACKFILL, Ending, READER, Window};
use crate::scenario::Stop;
use crate::world::Watch;

/// How the backfill of a cell went.
#[derive(Clone, Debug)]
pub(super) struct Backfilled {
    pub(super) ending: Ending,
    pub(super) window: Option<Window>,
    pub(super) end_ns: u64,
    pub(super) crashes: u64,
}

/// What runs on the database's host.
pub(super) struct Host {
    pub(super) model: Model,
    /// `None` for the run without a backfill.
    pub(super) strategy: Option<Strategy>,
    /// When reads end in a run without a backfill.
    pub(super) until_ns: u64,
    pub(super) connections: Connections,
    pub(super) machine: Arc<Machine>,
    pub(super) streams: Arc<[Stream]>,
    pub(super) readers: Option<(Readers, Arc<Plan>)>,
    pub(super) seed: u64,
    pub(super) recorder: Recorder,
    pub(super) auditor: Auditor,
    pub(super) watch: Arc<Watch>,
    pub(super) backfilled: Arc<Mutex<Option<Backfilled>>>,
}

impl Host {
    pub(super) async fn run(self) -> turmoil::Result {
        let runtime = SimRuntime::new(Clock::start(), Arc::clone(&self.machine));
        // Opening connections and setting them up is nobody's time.
        drop(self.machine.volume().step(0, || ()));
        let signal = ReaderSignal::default();
        let observer = Listener {
            recorder: self.recorder.clone(),
            auditor: self.auditor.clone(),
            signal: signal.clone(),
        };
        let busy_timeout = Duration::from_millis(self.model.database.busy_timeout_ms);
        let database = Database::new(runtime.clone(), self.connections, busy_timeout, observer);
        let traffic = self.readers.map(|(readers, plan)| {
            let recorder = self.recorder.log.clone();
            Traffic::new(database.clone(), plan, readers, None, recorder)
        });
        let requests = traffic.clone().map(|traffic| tokio::spawn(traffic.run()));
        let recovery = Duration::from_secs_f64(self.model.phases.recovery_s);
        let (ending, window, crashes) = match self.strategy {
            Some(strategy) => {
                let scheduled = Scheduled {
                    model: self.model,
                    strategy,
                    database: database.named(BACKFILL),
                    streams: self.streams,
                    seed: self.seed,
                    signal,
                    recorder: self.recorder,
                    watch: self.watch,
                };
                let (ending, window, crashes) = scheduled.run().await;
                if let Some(traffic) = &traffic {
                    traffic.end_at(runtime.now() + recovery);
                }
                (ending, Some(window), crashes)
            }
            None => {
                if let Some(traffic) = &traffic {
                    traffic.end_at(Instant::from_nanos(self.until_ns));
                }
                (Ending::NoBackfill, None, 0)
            }
        };
        if let Some(requests) = requests {
            requests.await?;
        }
        let backfilled = Backfilled {
            ending,
            window,
            end_ns: runtime.now().as_nanos(),
            crashes,
        };
        *lock(&self.backfilled) = Some(backfilled);
        Ok(())
    }
}

/// A backfill, started when the baseline phase is over.
struct Scheduled {
    model: Model,
    strategy: Strategy,
    database: Database<SimRuntime>,
    streams: Arc<[Stream]>,
    seed: u64,
    signal: ReaderSignal,
    recorder: Recorder,
    watch: Arc<Watch>,
}

impl Scheduled {
    /// How it ended, when it ran, and how often it was killed.
    async fn run(&self) -> (Ending, Window, u64) {
        let runtime = self.database.runtime();
        let phases = &self.model.phases;
        let start =
            Instant::default() + Duration::from_secs_f64(phases.warm_up_s + phases.baseline_s);
        runtime.sleep_until(start).await;
        let horizon = start + Duration::from_secs_f64(phases.horizon_s);
        let mut crashes = Crashes::new(self.model.crash.as_ref());
        let ending = loop {
            let ending = self.run_once(&mut crashes, horizon).await;
            let again = match ending {
                Ending::Killed | Ending::Cancelled => crashes.resume_after(),
                _ => None,
            };
            let Some(wait) = again else { break ending };
            let from = runtime.now();
            runtime.sleep(wait).await;
            self.recorder.disturbed(
                "crash",
                Window {
                    start_ns: from.as_nanos(),
                    end_ns: runtime.now().as_nanos(),
                },
            );
        };
        let end = runtime.now();
        let ending = match ending {
            Ending::Cancelled if end >= horizon => Ending::OutOfTime,
            ending => ending,
        };
        let log = &self.recorder.log;
        log.event(end, format_args!("backfill ended {ending:?}"));
        let window = Window {
            start_ns: start.as_nanos(),
            end_ns: end.as_nanos(),
        };
        (ending, window, crashes.so_far())
    }

    /// All streams, until they are done, or stopped by a crash or at the horizon.
    async fn run_once(&self, crashes: &mut Crashes, horizon: Instant) -> Ending {
        let runtime = self.database.runtime().clone();
        self.recorder.started(runtime.now());
        let client = Client::new(&self.model, &self.strategy, self.streams.len(), self.seed);
        let api = match client.api(&runtime, &self.recorder) {
            Ok(api) => api,
            Err(error) => return Ending::Failed(error.to_string()),
        };
        let pages = Pages::new(client.capacity.slots + 1);
        let cancel = CancellationToken::new();
        let mut running = JoinSet::new();
        let stored = crashes.begin();
        for (number, stream) in self.streams.iter().enumerate() {
            let stage = Stage {
                database: self.database.clone(),
                api: api.clone(),
                stream: stream.clone(),
                capacity: client.capacity,
                order: client.order(),
                limit: self.model.client.limit,
                pages: pages.clone(),
                pacer: match crate::strategy::pacer(&self.model.sink.pacing(), &self.signal) {
                    Ok(pacer) => Some(pacer),
                    Err(error) => return Ending::Failed(error.to_string()),
                },
                cancel: cancel.clone(),
            };
            let watching = Watching {
                number,
                runtime: runtime.clone(),
                recorder: self.recorder.clone(),
                watch: Arc::clone(&self.watch),
                stored: Arc::clone(&stored),
            };
            let strategy = self.strategy.clone();
            running.spawn(strategy::run(strategy, stage, move |event| {
                watching.hear(event)
            }));
        }
        let stopped = tokio::select! {
            biased;
            ending = all(&mut running) => return self.ended(ending),
            () = stored.reached() => crashes.crash(),
            () = runtime.sleep_until(horizon) => Stop::Asked,
        };
        match stopped {
            Stop::Asked => {
                cancel.cancel();
                let ending = all(&mut running).await;
                self.ended(ending)
            }
            // What it had under way goes with it: it is not asked anything any more.
            Stop::Killed => {
                running.shutdown().await;
                self.recorder.log.killed(runtime.now());
                self.ended(Ending::Killed)
            }
        }
    }

    fn ended(&self, ending: Ending) -> Ending {
        self.recorder.abandoned(self.database.runtime().now());
        ending
    }
}

/// How all of them ended: as the one that came to no good end, if there is one.
async fn all(running: &mut JoinSet<Ending>) -> Ending {
    let mut ending = Ending::Done;
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(Ending::Done) => {}
            Ok(Ending::Cancelled) if ending != Ending::Done => {}
            Ok(other) => ending = other,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    ending
}

/// Hears of every use of a connection.
struct Listener {
    recorder: Recorder,
    auditor: Auditor,
    signal: ReaderSignal,
}

impl Observer for Listener {
    fn observe(&self, usage: &Usage) {
        self.recorder.log.observe(usage);
        if usage.user == READER {
            let latency = usage.released_at - usage.queued_at;
            self.signal.record(usage.released_at, latency);
        } else if usage.rows_changed > 0 {
            self.auditor.look(usage.released_at);
        }
    }

    fn busy(&self, user: &'static str, _at: Instant) {
        if user == READER {
            self.signal.record_poll();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
