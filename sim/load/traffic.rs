//! Sends the planned requests and notes what became of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backfill::database::{Access, Database};
use backfill::{Instant, Runtime};
use rusqlite::Connection;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::cache::Cache;
use super::effect::Effect;
use super::plan::{Plan, Planned};
use crate::machine::SimRuntime;
use crate::outcome::{READER, Request, Service, WRITER};
use crate::recorder::Recorder;
use crate::spent::metered;

/// What requests do. Clones share what is large.
pub trait Performs: Clone + Send + Sync + 'static {
    /// Does what `request` asks for at modelled time `now`, inside the caller's transaction; what
    /// it stored.
    ///
    /// # Errors
    /// What SQLite says.
    fn perform(
        &self,
        connection: &Connection,
        request: &Planned,
        now: Instant,
    ) -> rusqlite::Result<Effect>;
}

/// The open-loop traffic of a cell.
#[derive(Clone)]
pub struct Traffic<W> {
    database: Database<SimRuntime>,
    plan: Arc<Plan>,
    workload: W,
    /// The store in memory, where the server has one.
    cache: Option<Cache>,
    recorder: Recorder,
    /// Requests planned for this moment, ns, or later are not sent any more.
    until_ns: Arc<AtomicU64>,
    /// How long after a write that failed it is sent again; `None` for never.
    again: Option<Duration>,
}

impl<W: Performs> Traffic<W> {
    /// The traffic of `plan` on `database`, without an end as yet.
    #[must_use]
    pub fn new(
        database: Database<SimRuntime>,
        plan: Arc<Plan>,
        workload: W,
        cache: Option<Cache>,
        recorder: Recorder,
    ) -> Self {
        Self {
            database,
            plan,
            workload,
            cache,
            recorder,
            until_ns: Arc::new(AtomicU64::new(u64::MAX)),
            again: None,
        }
    }

    /// The same, where a write that fails is sent again `wait` later, until it is stored. What it
    /// does must do no harm when it is done twice: a commit that is answered by an error may have
    /// been one.
    #[must_use]
    pub fn sending_again(self, wait: Duration) -> Self {
        Self {
            again: Some(wait),
            ..self
        }
    }

    /// Sends nothing from `at` on. To be said before that moment.
    pub fn end_at(&self, at: Instant) {
        self.until_ns.store(at.as_nanos(), Ordering::Relaxed);
    }

    /// Sends every request when it is due; returns when all that were sent have been answered.
    pub async fn run(self) {
        let mut under_way = JoinSet::new();
        let _recomputers = self.cache.as_ref().map(Cache::recomputers);
        for (index, &request) in self.plan.requests().iter().enumerate() {
            self.database
                .runtime()
                .sleep_until(Instant::from_nanos(request.at_ns))
                .await;
            if request.at_ns >= self.until_ns.load(Ordering::Relaxed) {
                break;
            }
            let this = self.clone();
            under_way.spawn(async move { this.send(index, request).await });
            // What has ended is taken out, or it would be kept until the end.
            while under_way.try_join_next().is_some() {}
        }
        while let Some(ended) = under_way.join_next().await {
            if let Err(error) = ended {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }

    async fn send(&self, index: usize, request: Planned) {
        let (user, access) = if request.kind.is_read() {
            (READER, Access::Read)
        } else {
            (WRITER, Access::Write)
        };
        if let Some(cache) = &self.cache {
            cache.before_sql(request.kind).await;
        }
        let ((result, usage), spent) = loop {
            let (workload, clock) = (self.workload.clone(), self.database.runtime().clock());
            let database = self.database.named(user);
            let sent = database.transact(access, CancellationToken::new(), move |connection| {
                workload.perform(connection, &request, clock.now())
            });
            let sent = metered(sent).await;
            let failed = access == Access::Write && sent.0.0.is_err();
            let Some(wait) = self.again.filter(|_| failed) else {
                break sent;
            };
            drop(sent);
            self.database.runtime().sleep(wait).await;
        };
        if let Some(cache) = self.cache.as_ref().filter(|_| result.is_ok()) {
            cache.after_sql(request.kind).await;
        }
        let answered = Request {
            kind: request.kind,
            intended_ns: request.at_ns,
            acquired_ns: usage.acquired_at.as_nanos(),
            finished_ns: self.database.runtime().now().as_nanos(),
            failed: result.is_err(),
            service: Service {
                queued_ns: usage.queued_at.as_nanos(),
                released_ns: usage.released_at.as_nanos(),
                cpu_ns: spent.cpu_ns,
                device_ns: spent.device_ns,
            },
        };
        if let Ok(effect) = result {
            self.recorder.stored(effect);
        }
        self.recorder
            .request(index, answered, result.err().as_ref());
    }
}
