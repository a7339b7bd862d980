//! What goes wrong with the database of a world: writes that fail, and somebody else's lock.

use std::sync::Arc;
use std::time::Duration;

use backfill::{Instant, Runtime as _};
use rusqlite::Connection;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::machine::{Machine, SimRuntime};
use crate::outcome::Window;
use crate::processing::scenario::{Lock, Outage};
use crate::scenario;
use crate::world::databases;

/// Until whoever wants the lock tries again.
const AGAIN: Duration = Duration::from_millis(1);

/// What goes wrong, where, and who hears of it when it is over.
pub(crate) struct Disturbances<'a, N> {
    pub(crate) outages: &'a [Outage],
    pub(crate) locks: &'a [Lock],
    pub(crate) database: &'a scenario::Database,
    pub(crate) file: &'a str,
    pub(crate) machine: &'a Arc<Machine>,
    /// Is told what it was, and when.
    pub(crate) note: N,
}

impl<N: Fn(&str, Window) + Clone + Send + 'static> Disturbances<'_, N> {
    /// Whoever disturbs, from `start` on; they end when the set is dropped.
    pub(crate) fn begin(
        &self,
        runtime: &SimRuntime,
        start: Instant,
    ) -> rusqlite::Result<JoinSet<()>> {
        let after = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let mut running = JoinSet::new();
        for outage in self.outages {
            let (from, until) = (after(outage.after_s), after(outage.after_s + outage.for_s));
            let (machine, note) = (Arc::clone(self.machine), self.note.clone());
            running.spawn(fail_writes(machine, runtime.clone(), from, until, note));
        }
        for lock in self.locks {
            let connection = databases::connection(self.machine, self.file, self.database)?;
            let for_long = Duration::from_secs_f64(lock.for_s);
            let (from, note) = (after(lock.after_s), self.note.clone());
            running.spawn(take_lock(connection, runtime.clone(), from, for_long, note));
        }
        Ok(running)
    }
}

async fn fail_writes(
    machine: Arc<Machine>,
    runtime: SimRuntime,
    from: Instant,
    until: Instant,
    note: impl Fn(&str, Window),
) {
    runtime.sleep_until(from).await;
    machine.volume().fail_writes(true);
    runtime.sleep_until(until).await;
    machine.volume().fail_writes(false);
    let window = Window {
        start_ns: from.as_nanos(),
        end_ns: until.as_nanos(),
    };
    note("outage", window);
}

/// Holds the write lock for a while, once it is free.
async fn take_lock(
    mut connection: Connection,
    runtime: SimRuntime,
    from: Instant,
    for_long: Duration,
    note: impl Fn(&str, Window),
) {
    runtime.sleep_until(from).await;
    loop {
        let begin = |db: &mut Connection| db.execute_batch("BEGIN IMMEDIATE");
        let (back, taken) = runtime
            .run_sql(connection, CancellationToken::new(), begin)
            .await;
        connection = back;
        if taken.is_ok() {
            break;
        }
        runtime.sleep(AGAIN).await;
    }
    let start_ns = runtime.now().as_nanos();
    runtime.sleep(for_long).await;
    let end = |db: &mut Connection| db.execute_batch("ROLLBACK");
    let (_, ended) = runtime
        .run_sql(connection, CancellationToken::new(), end)
        .await;
    if let Err(error) = ended {
        tracing::warn!(%error, "whoever held the lock could not give it back");
    }
    let end_ns = runtime.now().as_nanos();
    note("lock", Window { start_ns, end_ns });
}
