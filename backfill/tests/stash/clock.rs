//! A clock that a test moves, and those whom only the test polls: nothing happens by itself.

use std::borrow::BorrowMut;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use backfill::{Instant, Runtime};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

/// A runtime whose time the test moves.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<Mutex<Face>>);

#[derive(Default)]
struct Face {
    now: Instant,
    next_sleeper: u64,
    sleepers: BTreeMap<(Instant, u64), Waker>,
}

pub(crate) const fn at(ms: u64) -> Instant {
    Instant::from_nanos(ms * 1_000_000)
}

impl Clock {
    /// When the next sleeper wakes.
    pub(crate) fn next(&self) -> Option<Instant> {
        let face = self.0.lock().unwrap();
        face.sleepers.first_key_value().map(|((at, _), _)| *at)
    }

    /// Makes it `now`, and wakes those who slept until then.
    pub(crate) fn set(&self, now: Instant) {
        let mut face = self.0.lock().unwrap();
        face.now = now;
        let asleep = face.sleepers.split_off(&(now, u64::MAX));
        let awake = std::mem::replace(&mut face.sleepers, asleep);
        drop(face);
        awake.into_values().for_each(Waker::wake);
    }
}

impl Runtime for Clock {
    fn now(&self) -> Instant {
        self.0.lock().unwrap().now
    }

    async fn sleep_until(&self, at: Instant) {
        Sleep {
            clock: self.clone(),
            at,
            key: None,
        }
        .await;
    }

    async fn run_sql<C, T>(
        &self,
        mut connection: C,
        _interrupt: CancellationToken,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> (C, rusqlite::Result<T>)
    where
        C: BorrowMut<Connection> + Send + 'static,
        T: Send + 'static,
    {
        let result = work(connection.borrow_mut());
        (connection, result)
    }
}

/// Somebody asleep.
struct Sleep {
    clock: Clock,
    at: Instant,
    key: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut face = clock.0.lock().unwrap();
        if face.now >= self.at {
            return Poll::Ready(());
        }
        let key = *self.key.get_or_insert_with(|| {
            face.next_sleeper += 1;
            face.next_sleeper
        });
        let waker = context.waker().clone();
        face.sleepers.insert((self.at, key), waker);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.clock
                .0
                .lock()
                .unwrap()
                .sleepers
                .remove(&(self.at, key));
        }
    }
}

/// Somebody at work, who goes on when polled. Whoever is not woken is not polled, so that a wake-up
/// that is lost is seen.
pub(crate) struct Actor<T> {
    work: Option<Pin<Box<dyn Future<Output = T>>>>,
    woken: Arc<Woken>,
    pub(crate) is_begun: bool,
    pub(crate) result: Option<T>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl<T> Actor<T> {
    pub(crate) fn new(work: impl Future<Output = T> + 'static) -> Self {
        Self {
            work: Some(Box::pin(work)),
            woken: Arc::new(Woken(AtomicBool::new(true))),
            is_begun: false,
            result: None,
        }
    }

    /// Whether it has something to do still.
    pub(crate) const fn is_at_work(&self) -> bool {
        self.work.is_some()
    }

    /// Whether it would be polled by now.
    pub(crate) fn is_ready(&self) -> bool {
        self.is_at_work() && self.woken.0.load(Ordering::SeqCst)
    }

    pub(crate) fn poll(&mut self) {
        let Some(work) = &mut self.work else {
            return;
        };
        self.is_begun = true;
        self.woken.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&self.woken));
        if let Poll::Ready(result) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
            self.result = Some(result);
            self.work = None;
        }
    }

    /// It goes away, wherever it is.
    pub(crate) fn drop_work(&mut self) {
        self.work = None;
    }
}
