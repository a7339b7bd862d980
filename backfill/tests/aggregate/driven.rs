//! A runtime whose time is only counted and whose SQL runs in place, and that lets a test act
//! before every step of SQL, or die there.

use std::borrow::BorrowMut;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backfill::runtime::interrupted;
use backfill::{Instant, Runtime};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

/// Whether the step is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    GoOn,
    /// It never begins: dropping whoever waits for it is a crash between two steps.
    Die,
}

#[derive(Clone)]
pub(crate) struct Driven {
    now_ns: Arc<AtomicU64>,
    /// A transaction has two: its body, its commit.
    steps: Arc<AtomicUsize>,
    act: Arc<Mutex<dyn FnMut(usize) -> Then + Send>>,
    dead: CancellationToken,
}

impl Driven {
    /// `act` is told the number of each step, from 0, before it is made.
    pub(crate) fn new(act: impl FnMut(usize) -> Then + Send + 'static) -> Self {
        Self {
            now_ns: Arc::default(),
            steps: Arc::default(),
            act: Arc::new(Mutex::new(act)),
            dead: CancellationToken::new(),
        }
    }

    /// Nothing happens.
    pub(crate) fn calm() -> Self {
        Self::new(|_| Then::GoOn)
    }

    /// Dies before step `at`.
    pub(crate) fn dying(at: usize) -> Self {
        Self::new(move |step| if step == at { Then::Die } else { Then::GoOn })
    }

    pub(crate) fn steps(&self) -> usize {
        self.steps.load(Ordering::SeqCst)
    }

    /// How long was slept.
    pub(crate) fn slept(&self) -> Duration {
        Duration::from_nanos(self.now_ns.load(Ordering::SeqCst))
    }

    /// Runs `future` until it ends; or takes a `look` at the world where it dies, and drops it.
    pub(crate) async fn run<F: Future>(&self, future: F, look: impl FnOnce()) -> Option<F::Output> {
        let mut future = Box::pin(future);
        tokio::select! {
            biased;
            ended = &mut future => Some(ended),
            () = self.dead.cancelled() => {
                look();
                None
            }
        }
    }
}

impl Runtime for Driven {
    fn now(&self) -> Instant {
        Instant::from_nanos(self.now_ns.load(Ordering::SeqCst))
    }

    async fn sleep_until(&self, at: Instant) {
        self.now_ns.fetch_max(at.as_nanos(), Ordering::SeqCst);
        tokio::task::yield_now().await;
    }

    async fn run_sql<C, T>(
        &self,
        mut connection: C,
        interrupt: CancellationToken,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> (C, rusqlite::Result<T>)
    where
        C: BorrowMut<Connection> + Send + 'static,
        T: Send + 'static,
    {
        let step = self.steps.fetch_add(1, Ordering::SeqCst);
        let then = (self.act.lock().unwrap())(step);
        if then == Then::Die {
            self.dead.cancel();
            std::future::pending::<()>().await;
        }
        if interrupt.is_cancelled() {
            return (connection, Err(interrupted()));
        }
        let result = work(connection.borrow_mut());
        (connection, result)
    }
}
