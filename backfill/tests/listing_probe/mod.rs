//! An API that writes down when it was asked, and a runtime that wakes people when it likes.
#![allow(dead_code, reason = "every test file uses its own part of it")]

use std::borrow::BorrowMut;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backfill::listing::{ListApi, ListError, ListParams, Page, Range};
use backfill::{Instant, Runtime, TokioRuntime};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

/// What the probe answers to its n-th request, counted from 0.
pub(crate) type Answers = dyn Fn(usize) -> Result<Page, ListError> + Send + Sync;

/// When it was asked, and for which resource.
type Asked = (Instant, Arc<str>);

/// An API that writes down when it was asked for which resource, and answers after `latency`.
#[derive(Clone)]
pub(crate) struct Probe {
    runtime: TokioRuntime,
    latency: Duration,
    answers: Arc<Answers>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Probe {
    pub(crate) fn new(
        runtime: TokioRuntime,
        latency: Duration,
        answers: impl Fn(usize) -> Result<Page, ListError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            runtime,
            latency,
            answers: Arc::new(answers),
            asked: Arc::default(),
        }
    }

    /// When it was asked.
    pub(crate) fn moments(&self) -> Vec<Instant> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|(at, _)| *at).collect()
    }

    /// What it was asked for, and at which millisecond.
    pub(crate) fn asked_ms(&self) -> Vec<(String, u64)> {
        let asked = self.asked.lock().unwrap();
        let one = |(at, resource): &Asked| (resource.to_string(), ms(*at));
        asked.iter().map(one).collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl ListApi for Probe {
    async fn list(&self, params: ListParams) -> Result<Page, ListError> {
        let number = {
            let mut asked = self.asked.lock().unwrap();
            asked.push((self.runtime.now(), params.resource));
            asked.len() - 1
        };
        self.runtime.sleep(self.latency).await;
        (self.answers)(number)
    }
}

/// What is asked for.
pub(crate) fn params(resource: &str) -> ListParams {
    ListParams {
        resource: resource.into(),
        created: Range::new(0, 1_000),
        limit: 100,
        starting_after: None,
    }
}

pub(crate) fn refused(retry_after_ms: Option<u64>) -> ListError {
    ListError::RateLimited {
        retry_after: retry_after_ms.map(Duration::from_millis),
    }
}

pub(crate) fn failed(retry_after_ms: Option<u64>) -> ListError {
    ListError::Server {
        status: 503,
        retry_after: retry_after_ms.map(Duration::from_millis),
    }
}

pub(crate) fn ms(at: Instant) -> u64 {
    at.as_nanos() / 1_000_000
}

type Sleep = dyn Fn(Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// The real runtime, but for its sleeps.
#[derive(Clone)]
pub(crate) struct Sleeper {
    inner: TokioRuntime,
    sleep: Arc<Sleep>,
}

impl Sleeper {
    /// Wakes people late: after its n-th sleep by the n-th of these, over and over.
    pub(crate) fn late(inner: TokioRuntime, by: impl IntoIterator<Item = Duration>) -> Self {
        let by: Vec<Duration> = by.into_iter().collect();
        let sleeps = AtomicUsize::new(0);
        let sleep = move |at| -> Pin<Box<dyn Future<Output = ()> + Send>> {
            let late = by[sleeps.fetch_add(1, Ordering::Relaxed) % by.len()];
            Box::pin(async move { inner.sleep_until(at + late).await })
        };
        Self {
            inner,
            sleep: Arc::new(sleep),
        }
    }

    /// Wakes everybody on cue, whenever they wanted to be woken.
    pub(crate) fn until(cue: CancellationToken) -> Self {
        Self {
            inner: TokioRuntime::new(),
            sleep: Arc::new(move |_| Box::pin(cue.clone().cancelled_owned())),
        }
    }
}

impl Runtime for Sleeper {
    fn now(&self) -> Instant {
        self.inner.now()
    }

    async fn sleep_until(&self, at: Instant) {
        (self.sleep)(at).await;
    }

    async fn run_sql<C, T>(
        &self,
        connection: C,
        interrupt: CancellationToken,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> (C, rusqlite::Result<T>)
    where
        C: BorrowMut<Connection> + Send + 'static,
        T: Send + 'static,
    {
        self.inner.run_sql(connection, interrupt, work).await
    }
}
