//! What goes wrong in a world while items are processed.

use std::sync::Arc;
use std::time::Duration;

use backfill::{Instant, Runtime as _};
use rusqlite::Connection;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::machine::{Machine, SimRuntime};
use crate::outcome::Window;
use crate::processing::recorder::Recorder;
use crate::processing::scenario::Model;
use crate::world::databases;

/// Until whoever wants the lock tries again.
const AGAIN: Duration = Duration::from_millis(1);

/// Whoever disturbs, from `start` on; they end when the set is dropped.
pub(super) fn begin(
    model: &Model,
    file: &str,
    runtime: &SimRuntime,
    (machine, recorder): (&Arc<Machine>, &Recorder),
    start: Instant,
) -> rusqlite::Result<JoinSet<()>> {
    let after = |seconds: f64| start + Duration::from_secs_f64(seconds);
    let mut running = JoinSet::new();
    for outage in &model.outage {
        let (from, until) = (after(outage.after_s), after(outage.after_s + outage.for_s));
        let fails = fail_writes(
            Arc::clone(machine),
            runtime.clone(),
            from,
            until,
            recorder.clone(),
        );
        running.spawn(fails);
    }
    for lock in &model.lock {
        let connection = databases::connection(machine, file, &model.database)?;
        let for_long = Duration::from_secs_f64(lock.for_s);
        let locks = take_lock(
            connection,
            runtime.clone(),
            after(lock.after_s),
            for_long,
            recorder.clone(),
        );
        running.spawn(locks);
    }
    Ok(running)
}

async fn fail_writes(
    machine: Arc<Machine>,
    runtime: SimRuntime,
    from: Instant,
    until: Instant,
    recorder: Recorder,
) {
    runtime.sleep_until(from).await;
    machine.volume().fail_writes(true);
    runtime.sleep_until(until).await;
    machine.volume().fail_writes(false);
    let window = Window {
        start_ns: from.as_nanos(),
        end_ns: until.as_nanos(),
    };
    recorder.disturbed("outage", window);
}

/// Holds the write lock for a while, once it is free.
async fn take_lock(
    mut connection: Connection,
    runtime: SimRuntime,
    from: Instant,
    for_long: Duration,
    recorder: Recorder,
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
    recorder.disturbed("lock", Window { start_ns, end_ns });
}
