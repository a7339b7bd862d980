//! The requests of a workload on the real clock, and how long they took.
//!
//! Arrivals are planned, as in the simulation: a request that comes late because the one before it
//! was slow counts from when it was due. Latencies are kept as a histogram of three digits, because
//! a run for real may last for days.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backfill::database::{Access, Database};
use backfill::{Instant, Runtime as _, TokioRuntime};
use hdrhistogram::Histogram;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::load::{Performs as _, Plan, Planned};
use crate::outcome::{READER, WRITER};
use crate::workload::Workload;

/// Digits of a latency that are kept.
const DIGITS: u8 = 3;

/// Latencies of reads; clones share them.
#[derive(Clone, Debug)]
pub struct Observed(Arc<Mutex<Reads>>);

#[derive(Debug)]
struct Reads {
    /// Completion minus intended arrival, ns.
    latency_ns: Histogram<u64>,
    failed: u64,
}

impl Default for Observed {
    fn default() -> Self {
        let latency_ns = Histogram::new(DIGITS).expect("three digits are no more than five");
        Self(Arc::new(Mutex::new(Reads {
            latency_ns,
            failed: 0,
        })))
    }
}

impl Observed {
    /// Reads that were answered.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.lock().latency_ns.len()
    }

    /// Reads that failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.lock().failed
    }

    /// The 95th percentile, ns, to three digits; `None` without a read.
    #[must_use]
    pub fn p95_ns(&self) -> Option<u64> {
        let reads = self.lock();
        (!reads.latency_ns.is_empty()).then(|| reads.latency_ns.value_at_quantile(0.95))
    }

    fn note(&self, latency_ns: Option<u64>) {
        let mut reads = self.lock();
        match latency_ns {
            // It grows with what it is given, so that nothing is out of its range.
            Some(ns) => reads.latency_ns += ns,
            None => reads.failed += 1,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Reads> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The requests of a workload.
#[derive(Clone)]
pub struct Traffic {
    /// What they use.
    pub database: Database<TokioRuntime>,
    /// What they ask for.
    pub workload: Workload,
    /// Whether they write, too.
    pub writes: bool,
    /// How long reads took.
    pub observed: Observed,
}

impl Traffic {
    /// Sends the requests of one plan after the other when they are due, from now on, until `stop`
    /// is cancelled; `plans` makes the next, from number 0 on.
    pub async fn run(self, plans: impl Fn(u64) -> Plan + Send, stop: CancellationToken) {
        for nth in 0.. {
            let plan = plans(nth);
            self.send_all(&plan, &stop).await;
            if stop.is_cancelled() || plan.requests().is_empty() {
                return;
            }
        }
    }

    async fn send_all(&self, plan: &Plan, stop: &CancellationToken) {
        let runtime = *self.database.runtime();
        let start = runtime.now();
        let mut under_way = JoinSet::new();
        for &request in plan.requests() {
            if !request.kind.is_read() && !self.writes {
                continue;
            }
            let due = start + Instant::from_nanos(request.at_ns).since(Instant::default());
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = runtime.sleep_until(due) => {}
            }
            let this = self.clone();
            under_way.spawn(async move { this.send(request, due).await });
            while under_way.try_join_next().is_some() {}
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn send(&self, request: Planned, due: Instant) {
        let read = request.kind.is_read();
        let (user, access) = if read {
            (READER, Access::Read)
        } else {
            (WRITER, Access::Write)
        };
        let workload = self.workload.clone();
        let (result, usage) = self
            .database
            .named(user)
            .transact(access, CancellationToken::new(), move |connection| {
                workload.perform(connection, &request, due)
            })
            .await;
        if read {
            let latency = (usage.released_at - due).as_nanos();
            let latency_ns = u64::try_from(latency).unwrap_or(u64::MAX);
            self.observed.note(result.is_ok().then_some(latency_ns));
        }
        if let Err(error) = result {
            tracing::debug!(%error, kind = request.kind.name(), "a request failed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p95_is_that_of_the_reads_that_were_answered() {
        let observed = Observed::default();
        assert_eq!(observed.p95_ns(), None);
        (1..=100).for_each(|ms| observed.note(Some(ms * 1_000_000)));
        observed.note(None);
        assert_eq!((observed.count(), observed.failed()), (100, 1));
        let p95_ms = observed.p95_ns().unwrap() as f64 / 1e6;
        assert!((p95_ms / 95.0 - 1.0).abs() < 0.001, "{p95_ms}");
        observed.note(Some(u64::MAX / 2));
        assert_eq!(observed.count(), 101);
    }
}
