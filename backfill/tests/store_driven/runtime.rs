//! A runtime whose commits of writes do what a test says: they fail before or after they have
//! happened, take their time, wait to be let go, or never come back. All SQL runs on the test's own
//! thread and the clock is tokio's paused one, so that nothing depends on the machine.

use std::borrow::BorrowMut;
use std::collections::VecDeque;
use std::ffi::c_int;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use backfill::{Instant, Runtime, TokioRuntime};
use rusqlite::{Connection, TransactionState, ffi};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What happens to a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing is stored, and this is answered.
    Before(c_int),
    /// Everything is stored, and this is answered all the same.
    After(c_int),
}

#[derive(Clone)]
pub(crate) struct Driven {
    clock: TokioRuntime,
    script: Arc<Mutex<Script>>,
    /// How many commits may go on; `None` lets all of them.
    gate: Arc<watch::Sender<Option<usize>>>,
    /// Commits that have come as far as the gate.
    arrived: Arc<watch::Sender<usize>>,
    hung: CancellationToken,
}

#[derive(Default)]
struct Script {
    /// Of the commits to come, the next first.
    faults: VecDeque<Fault>,
    /// How long a commit takes.
    commit_takes: Duration,
    /// The same, of every object that a write's body has changed.
    row_takes: Duration,
    rows: u32,
    steps: usize,
    hangs_at: Option<usize>,
    /// Whether the next step of the transaction that is open rolls it back.
    failed: bool,
}

impl Driven {
    pub(crate) fn new() -> Self {
        Self {
            clock: TokioRuntime::new(),
            script: Arc::default(),
            gate: Arc::new(watch::Sender::new(None)),
            arrived: Arc::new(watch::Sender::new(0)),
            hung: CancellationToken::new(),
        }
    }

    /// The same, its step `step` never coming back; counted from 0.
    pub(crate) fn hanging_at(step: usize) -> Self {
        let runtime = Self::new();
        runtime.script().hangs_at = Some(step);
        runtime
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    /// The next `times` commits that are not spoken for have this `fault`.
    pub(crate) fn fail(&self, fault: Fault, times: usize) {
        let faults = std::iter::repeat_n(fault, times);
        self.script().faults.extend(faults);
    }

    /// No more faults; how many there would have been.
    pub(crate) fn heal(&self) -> usize {
        self.script().faults.drain(..).count()
    }

    /// From now on commits take so long.
    pub(crate) fn commits_take(&self, time: Duration) {
        self.script().commit_takes = time;
    }

    /// From now on commits take so long for every row, beside what they take for themselves.
    pub(crate) fn rows_take(&self, time: Duration) {
        self.script().row_takes = time;
    }

    /// From now on commits wait.
    pub(crate) fn hold(&self) {
        self.gate.send_replace(Some(0));
    }

    /// One of those that wait may go on.
    pub(crate) fn let_one_go(&self) {
        self.gate.send_replace(Some(1));
    }

    /// Commits wait no longer.
    pub(crate) fn let_go(&self) {
        self.gate.send_replace(None);
    }

    /// Waits until a commit is at the gate that was not there when `before` had come.
    pub(crate) async fn arrived_after(&self, before: usize) {
        let mut arrived = self.arrived.subscribe();
        arrived.wait_for(|&count| count > before).await.unwrap();
    }

    /// Commits so far.
    pub(crate) fn commits(&self) -> usize {
        *self.arrived.borrow()
    }

    /// Waits until the step that hangs is reached.
    pub(crate) async fn hung(&self) {
        self.hung.cancelled().await;
    }

    /// A commit.
    async fn commit<T>(
        &self,
        connection: &mut Connection,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.arrived.send_modify(|count| *count += 1);
        let mut gate = self.gate.subscribe();
        gate.wait_for(|left| *left != Some(0)).await.unwrap();
        self.gate
            .send_modify(|left| *left = left.map(|left| left - 1));
        let takes = {
            let script = self.script();
            script.commit_takes + script.row_takes * script.rows
        };
        if !takes.is_zero() {
            self.sleep(takes).await;
        }
        let fault = self.script().faults.pop_front();
        match fault {
            None => work(connection),
            Some(Fault::Before(code)) => {
                self.script().failed = true;
                Err(failure(code))
            }
            Some(Fault::After(code)) => {
                work(connection)?;
                Err(failure(code))
            }
        }
    }
}

fn failure(code: c_int) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
}

impl Runtime for Driven {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    async fn sleep_until(&self, at: Instant) {
        self.clock.sleep_until(at).await;
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
        let hangs = {
            let mut script = self.script();
            script.steps += 1;
            script.hangs_at == Some(script.steps - 1)
        };
        if hangs {
            self.hung.cancel();
            std::future::pending::<()>().await;
        }
        let open = connection.borrow_mut();
        let writes = !open.is_autocommit()
            && open.transaction_state(Some(rusqlite::MAIN_DB)).unwrap() == TransactionState::Write;
        let failed = std::mem::take(&mut self.script().failed);
        let result = if writes && !failed {
            self.commit(open, work).await
        } else {
            let before = open.total_changes();
            let result = work(open);
            let mut script = self.script();
            script.rows = u32::try_from(open.total_changes() - before).unwrap();
            // A body that failed is rolled back next.
            script.failed = result.is_err() && !open.is_autocommit();
            result
        };
        (connection, result)
    }
}
