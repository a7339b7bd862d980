//! A database that many share: connections handed over, transactions of two steps.
//!
//! A transaction is two steps, each run by the [`Runtime`]: the body (`BEGIN` and the caller's
//! work), then `COMMIT`. Between them the transaction is really open, so whatever else uses the
//! database meanwhile gets the old snapshot, waits, or is told "busy" because SQLite says so.
//!
//! "Busy" is tried again on the runtime's clock, never inside SQLite: set the connections' own
//! `busy_timeout` to 0. Every use of a connection is reported to an [`Observer`].

mod busy;
mod error;
mod pool;
mod usage;
mod wal;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ffi};
use tokio_util::sync::CancellationToken;

pub use error::DatabaseError;
pub use pool::HandOff;
pub use usage::{Observer, Usage};
pub use wal::Wal;

use crate::runtime::Runtime;
use busy::{BusyDelays, is_busy};
use pool::{Lease, Pool};

/// The connections of a [`Database`].
#[derive(Debug)]
pub enum Connections {
    /// Everybody shares these.
    Shared(Vec<Connection>),
    /// Reads have their own connections.
    Split {
        /// For [`Database::read`].
        readers: Vec<Connection>,
        /// For [`Database::write`].
        writers: Vec<Connection>,
    },
}

/// Read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `BEGIN` and a shared lock: a snapshot that lasts as long as the transaction.
    Read,
    /// `BEGIN IMMEDIATE`: the write lock first, so that the body never has to upgrade.
    Write,
}

/// A database shared by many; clones share its connections.
pub struct Database<R> {
    runtime: R,
    shared: Arc<Shared>,
    user: &'static str,
}

impl<R: Clone> Clone for Database<R> {
    fn clone(&self) -> Self {
        Self {
            runtime: self.runtime.clone(),
            shared: Arc::clone(&self.shared),
            user: self.user,
        }
    }
}

/// What all clones of a [`Database`] have in common.
struct Shared {
    readers: Arc<Pool>,
    /// The same pool as `readers` where connections are shared.
    writers: Arc<Pool>,
    busy_timeout: Duration,
    observer: Box<dyn Observer>,
}

/// What became of the first step of a transaction.
enum Body<W, T> {
    /// The lock was taken; the work is given back for another try.
    Busy(W, rusqlite::Error),
    /// The work has run and changed so many rows, and the transaction is open.
    Ran(T, u64),
    /// The work panicked.
    Panicked(Box<dyn Any + Send>),
}

impl<R: Runtime> Database<R> {
    /// A database over `connections`. A statement that finds the database locked is tried again
    /// for `busy_timeout`.
    pub fn new(
        runtime: R,
        connections: Connections,
        busy_timeout: Duration,
        observer: impl Observer,
    ) -> Self {
        let (readers, writers) = match connections {
            Connections::Shared(all) => {
                let pool = Pool::new(all);
                (Arc::clone(&pool), pool)
            }
            Connections::Split { readers, writers } => (Pool::new(readers), Pool::new(writers)),
        };
        Self {
            runtime,
            shared: Arc::new(Shared {
                readers,
                writers,
                busy_timeout,
                observer: Box::new(observer),
            }),
            user: "unnamed",
        }
    }

    /// The same database, its connections handed over in another order, for all clones.
    #[must_use]
    pub fn handing_over(self, hand_off: HandOff) -> Self {
        self.shared.readers.set_hand_off(hand_off);
        self.shared.writers.set_hand_off(hand_off);
        self
    }

    /// The same database, its use reported under the name `user`.
    #[must_use]
    pub fn named(&self, user: &'static str) -> Self {
        Self {
            user,
            ..self.clone()
        }
    }

    /// Whether those who wait for a connection are served in the order they came.
    #[must_use]
    pub fn in_order(&self, access: Access) -> bool {
        self.pool(access).in_order()
    }

    /// Returns when nobody waits for a connection for `access`, and after `at_most` in any case.
    pub async fn until_idle(&self, access: Access, at_most: Duration) {
        tokio::select! {
            biased;
            () = self.pool(access).until_nobody_waits() => {}
            () = self.runtime.sleep(at_most) => {}
        }
    }

    fn pool(&self, access: Access) -> &Arc<Pool> {
        match access {
            Access::Read => &self.shared.readers,
            Access::Write => &self.shared.writers,
        }
    }

    /// The runtime it runs on.
    pub const fn runtime(&self) -> &R {
        &self.runtime
    }

    /// Runs `work` on one snapshot of the database.
    ///
    /// # Errors
    /// What SQLite says, or that the database stayed locked for longer than the busy timeout.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        self.transact(Access::Read, CancellationToken::new(), work)
            .await
            .0
    }

    /// Runs `work` in one write transaction: all of it is stored, or nothing.
    ///
    /// # Errors
    /// What SQLite says, or that the database stayed locked for longer than the busy timeout.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        self.transact(Access::Write, CancellationToken::new(), work)
            .await
            .0
    }

    /// Runs `work` in one transaction, and says what that use of a connection cost.
    ///
    /// Cancelling `interrupt` ends the body early, with [`DatabaseError::is_interrupt`] and
    /// nothing stored; a commit that has begun is not interrupted. A panic in `work` rolls back,
    /// gives the connection back and goes on in the caller.
    pub async fn transact<T: Send + 'static>(
        &self,
        access: Access,
        interrupt: CancellationToken,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> (Result<T, DatabaseError>, Usage) {
        let pool = self.pool(access);
        let queued_at = self.runtime.now();
        let lease = pool.acquire().await;
        let mut usage = Usage::acquired(self.user, access, queued_at, self.runtime.now());
        let (lease, body) = self.body(lease, access, interrupt, work, &mut usage).await;
        let (lease, ended) = match body {
            Ok(Ok(value)) => {
                let (lease, committed) = self.commit(lease, &mut usage).await;
                if committed.is_err() {
                    usage.rows_changed = 0;
                }
                (lease, Ok(committed.map(|()| value)))
            }
            Ok(Err(error)) => (self.rollback(lease).await, Ok(Err(error))),
            Err(panic) => (self.rollback(lease).await, Err(panic)),
        };
        self.ended(&mut usage, pool);
        drop(lease);
        match ended {
            Ok(result) => (result, usage),
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Counts an answer of "busy", and tells the observer.
    fn busy(&self, usage: &mut Usage) {
        usage.busy_retries += 1;
        self.shared.observer.busy(self.user, self.runtime.now());
    }

    /// Tells the observer of a use, right before the connection is given back.
    fn ended(&self, usage: &mut Usage, pool: &Pool) {
        usage.released_at = self.runtime.now();
        usage.waiting = pool.waiting();
        self.shared.observer.observe(usage);
    }

    /// The first step: `BEGIN` and the work, tried again while the database is locked.
    async fn body<T: Send + 'static, W>(
        &self,
        mut lease: Lease,
        access: Access,
        interrupt: CancellationToken,
        mut work: W,
        usage: &mut Usage,
    ) -> (Lease, Result<Result<T, DatabaseError>, Box<dyn Any + Send>>)
    where
        W: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let mut delays = BusyDelays::new(self.shared.busy_timeout);
        loop {
            usage.locked_at = self.runtime.now();
            let step = move |connection: &mut Connection| attempt(connection, access, work);
            let (back, result) = self.runtime.run_sql(lease, interrupt.clone(), step).await;
            lease = back;
            let busy = match result {
                Ok(Body::Ran(value, rows)) => {
                    usage.rows_changed = rows;
                    return (lease, Ok(Ok(value)));
                }
                Ok(Body::Panicked(panic)) => return (lease, Err(panic)),
                Err(error) => return (lease, Ok(Err(DatabaseError::Sqlite(error)))),
                Ok(Body::Busy(again, busy)) => {
                    work = again;
                    busy
                }
            };
            self.busy(usage);
            match delays.next() {
                Some(wait) => self.runtime.sleep(wait).await,
                None => return (lease, Ok(Err(self.still_busy(busy)))),
            }
        }
    }

    /// The second step: `COMMIT`, tried again while readers are in its way.
    async fn commit(
        &self,
        mut lease: Lease,
        usage: &mut Usage,
    ) -> (Lease, Result<(), DatabaseError>) {
        let mut delays = BusyDelays::new(self.shared.busy_timeout);
        loop {
            let (back, result) = self
                .runtime
                .run_sql(lease, CancellationToken::new(), |connection| {
                    connection.prepare_cached("COMMIT")?.execute([]).map(drop)
                })
                .await;
            lease = back;
            let error = match result {
                Ok(()) => return (lease, Ok(())),
                Err(error) => error,
            };
            if !is_busy(&error) {
                return (
                    self.rollback(lease).await,
                    Err(DatabaseError::Sqlite(error)),
                );
            }
            self.busy(usage);
            match delays.next() {
                Some(wait) => self.runtime.sleep(wait).await,
                None => return (self.rollback(lease).await, Err(self.still_busy(error))),
            }
        }
    }

    /// Ends an open transaction without storing anything; SQLite may have done so already.
    async fn rollback(&self, lease: Lease) -> Lease {
        self.runtime
            .run_sql(lease, CancellationToken::new(), |connection| {
                if connection.is_autocommit() {
                    return Ok(());
                }
                connection.execute_batch("ROLLBACK")
            })
            .await
            .0
    }

    fn still_busy(&self, source: rusqlite::Error) -> DatabaseError {
        DatabaseError::Busy {
            waited: self.shared.busy_timeout,
            source,
        }
    }
}

/// Takes the lock and, if it was free, runs `work`.
fn attempt<T, W>(
    connection: &mut Connection,
    access: Access,
    work: W,
) -> rusqlite::Result<Body<W, T>>
where
    W: FnOnce(&Connection) -> rusqlite::Result<T>,
{
    if let Err(error) = begin(connection, access) {
        if !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        return if is_busy(&error) {
            Ok(Body::Busy(work, error))
        } else {
            Err(error)
        };
    }
    let before = connection.total_changes();
    match catch_unwind(AssertUnwindSafe(|| work(connection))) {
        // SQLite ends a transaction by itself when it is interrupted, or out of space. Work that
        // goes on regardless has stored what came after, and nothing of what came before.
        Ok(Ok(_)) if connection.is_autocommit() => Err(rusqlite::Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_ABORT_ROLLBACK),
            Some("the transaction ended before its work did".to_owned()),
        )),
        Ok(result) => {
            let changed = connection.total_changes() - before;
            result.map(|value| Body::Ran(value, changed))
        }
        Err(panic) => Ok(Body::Panicked(panic)),
    }
}

fn begin(connection: &Connection, access: Access) -> rusqlite::Result<()> {
    match access {
        Access::Write => connection
            .prepare_cached("BEGIN IMMEDIATE")?
            .execute([])
            .map(drop),
        Access::Read => {
            connection.prepare_cached("BEGIN")?.execute([])?;
            // BEGIN alone takes no lock. Reading the schema's version does, so "busy" shows here,
            // before the caller's work has begun.
            connection
                .prepare_cached("PRAGMA schema_version")?
                .query_row([], |row| row.get::<_, i64>(0))
                .map(drop)
        }
    }
}
