//! The database's host: its pool, its traffic, and the backfill, started when the baseline phase is
//! over.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backfill::chunked::Progress;
use backfill::database::Database;
use backfill::{Instant, Runtime as _};
use tokio_util::sync::CancellationToken;

use super::Watch;
use super::budget::Budget;
use super::databases::Pools;
use super::fault;
use crate::clock::Clock;
use crate::disk::Work;
use crate::load::{Cache, Plan, Traffic};
use crate::machine::{Machine, SimRuntime};
use crate::operator;
use crate::outcome::{Ending, Window};
use crate::recorder::Recorder;
use crate::scenario::{
    Cancel, LedgerOutage, Model, Phases, Role, ShapeKind, Stop, Strategy, StrategyKind,
};
use crate::strategy;
use crate::workload::Workload;

/// How the backfill of a cell went.
#[derive(Clone, Debug)]
pub(super) struct Backfilled {
    pub(super) ending: Ending,
    pub(super) window: Option<Window>,
    pub(super) end_ns: u64,
    /// All work counted by then.
    pub(super) work: Work,
}

/// What runs on the database's host.
pub(super) struct Host {
    pub(super) model: Model,
    pub(super) strategy: Option<Strategy>,
    /// When the traffic of a counterfactual ends.
    pub(super) until_ns: u64,
    pub(super) pools: Pools,
    pub(super) machine: Arc<Machine>,
    pub(super) plan: Arc<Plan>,
    pub(super) workload: Workload,
    pub(super) recorder: Recorder,
    pub(super) watch: Arc<Watch>,
    pub(super) backfilled: Arc<Mutex<Option<Backfilled>>>,
}

impl Host {
    pub(super) async fn run(self) -> turmoil::Result {
        let runtime = SimRuntime::new(Clock::start(), Arc::clone(&self.machine));
        // Opening connections and setting them up is nobody's time.
        drop(self.machine.volume().step(0, || ()));
        let busy_timeout = Duration::from_millis(self.model.database.busy_timeout_ms);
        let databases = self.pools.open(&runtime, busy_timeout, &self.recorder);
        let blind = self
            .strategy
            .as_ref()
            .is_some_and(|one| one.kind == StrategyKind::BlindStatus);
        let asked = databases.shared.named(operator::OPERATOR);
        let server = tokio::spawn(operator::serve(asked, blind));
        let cache = self.model.cache.clone();
        let traffic = Traffic::new(
            databases.shared.clone(),
            self.plan,
            self.workload.clone(),
            cache.map(|cache| Cache::new(cache, runtime.clone(), self.recorder.clone())),
            self.recorder.clone(),
        );
        let requests = tokio::spawn(traffic.clone().run());
        let backfill = Scheduled {
            phases: self.model.phases.clone(),
            cancel: cancel(&self.model, self.strategy.as_ref()),
            outage: self.model.ledger_outage.clone(),
            ledger: databases.shared.named(fault::FAULT),
            rows: self.workload.rows(),
            source_rows: self.workload.source_rows(),
            budget: databases.budget,
            stage: strategy::Stage {
                task: Arc::clone(self.workload.task()),
                database: databases.backfill,
                apart: databases.apart,
                signal: databases.signal,
                recorder: self.recorder,
            },
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
            work: self.machine.volume().work(),
        });
        Ok(())
    }
}

/// When `strategy` is stopped. A control is there to be caught at what it does, and not to be
/// stopped before; unless that is what it does badly.
fn cancel(model: &Model, strategy: Option<&Strategy>) -> Option<Cancel> {
    let spared =
        strategy.is_some_and(|one| one.role == Role::Control && !one.kind.must_be_stopped());
    model.cancel.clone().filter(|_| !spared)
}

/// A backfill, started when the baseline phase is over.
struct Scheduled {
    phases: Phases,
    cancel: Option<Cancel>,
    outage: Option<LedgerOutage>,
    /// For whoever loses the ledger.
    ledger: Database<SimRuntime>,
    /// Rows of the table that is filled, at the start.
    rows: u64,
    /// Rows of the table the values come from, at the start.
    source_rows: u64,
    budget: Budget,
    stage: strategy::Stage,
    watch: Arc<Watch>,
}

impl Scheduled {
    async fn run(&self, strategy: &Strategy) -> (Ending, Window) {
        let runtime = self.stage.database.runtime();
        let before = Duration::from_secs_f64(self.phases.warm_up_s + self.phases.baseline_s);
        let start = Instant::default() + before;
        runtime.sleep_until(start).await;
        let horizon = start + Duration::from_secs_f64(self.phases.horizon_s);
        let mut ending = match (&self.cancel, &self.outage) {
            (Some(cancel), _) => self.run_stopped(strategy, cancel, (start, horizon)).await,
            (None, Some(outage)) => self.run_lost(strategy, outage, (start, horizon)).await,
            (None, None) => self.run_until(strategy, horizon, Stop::Asked).await,
        };
        let end = runtime.now();
        if ending == Ending::Cancelled && end >= horizon {
            ending = Ending::OutOfTime;
        }
        self.stage
            .recorder
            .event(end, format_args!("backfill ended {ending:?}"));
        let window = Window {
            start_ns: start.as_nanos(),
            end_ns: end.as_nanos(),
        };
        (ending, window)
    }

    /// Runs the strategy, stops it, and starts it again, as `cancel` says.
    async fn run_stopped(
        &self,
        strategy: &Strategy,
        cancel: &Cancel,
        (start, horizon): (Instant, Instant),
    ) -> Ending {
        let at = start + Duration::from_secs_f64(cancel.after_s);
        let first = self.run_until(strategy, at, cancel.how).await;
        match cancel.resume_after_s {
            Some(wait_s) if matches!(first, Ending::Cancelled | Ending::Killed) => {
                let runtime = self.stage.database.runtime();
                runtime.sleep(Duration::from_secs_f64(wait_s)).await;
                self.run_until(strategy, horizon, Stop::Asked).await
            }
            _ => first,
        }
    }

    /// Runs the strategy while the ledger is lost for a while, and starts it again afterwards if
    /// it has failed of that.
    async fn run_lost(
        &self,
        strategy: &Strategy,
        outage: &LedgerOutage,
        (start, horizon): (Instant, Instant),
    ) -> Ending {
        let lost = tokio::spawn(fault::lose_ledger(
            self.ledger.clone(),
            start + Duration::from_secs_f64(outage.after_s),
            Duration::from_secs_f64(outage.for_s),
            self.stage.recorder.clone(),
        ));
        let first = self.run_until(strategy, horizon, Stop::Asked).await;
        if let Err(error) = lost.await {
            std::panic::resume_unwind(error.into_panic());
        }
        match first {
            Ending::Failed(_) => self.run_until(strategy, horizon, Stop::Asked).await,
            first => first,
        }
    }

    /// Runs the strategy, and stops it at `at` if it is not done by then, `how` it is said.
    async fn run_until(&self, strategy: &Strategy, at: Instant, how: Stop) -> Ending {
        let runtime = self.stage.database.runtime().clone();
        let cancel = CancellationToken::new();
        // In storage order a chunk passes what rows of the source say.
        let source = match strategy.shape {
            Some(ShapeKind::StorageOrder) => self.source_rows,
            _ => 0,
        };
        let rows = self.stage.recorder.rows(self.rows);
        self.budget.starts(rows + source, cancel.clone());
        self.stage.recorder.started(runtime.now());
        let (recorder, watch) = (self.stage.recorder.clone(), Arc::clone(&self.watch));
        let clock = runtime.clone();
        let announce = move |progress: Progress| {
            recorder.progress(clock.now(), progress);
            watch.processed.store(progress.processed, Ordering::Relaxed);
            watch.total.store(progress.total, Ordering::Relaxed);
        };
        let mut running = pin!(strategy::run(
            strategy,
            &self.stage,
            cancel.clone(),
            announce
        ));
        let ended = tokio::select! {
            biased;
            ending = &mut running => Some(ending),
            () = runtime.sleep_until(at) => None,
        };
        let ending = match (ended, how) {
            (Some(ending), _) => ending,
            (None, Stop::Asked) => {
                self.stage.recorder.cancelled(runtime.now());
                cancel.cancel();
                running.await
            }
            // What it had under way goes with it: it is not asked anything any more.
            (None, Stop::Killed) => {
                self.stage.recorder.killed(runtime.now());
                Ending::Killed
            }
        };
        self.budget.verdict().unwrap_or(ending)
    }
}
