//! The ledger lost: its table renamed, and put back after a while.
//!
//! That is what it looks like when somebody tidies up, or restores a dump without it. Whoever reads
//! it gets an error from SQLite, and so does a chunk that has to write its note.

use std::time::Duration;

use backfill::database::{Database, DatabaseError};
use backfill::{Instant, Runtime as _};

use crate::machine::SimRuntime;
use crate::outcome::Window;
use crate::recorder::Recorder;

/// The name under which it uses the database.
pub(super) const FAULT: &str = "fault";

/// Makes the ledger unreadable from `at` on, `for_long`.
pub(super) async fn lose_ledger(
    database: Database<SimRuntime>,
    at: Instant,
    for_long: Duration,
    recorder: Recorder,
) {
    let runtime = database.runtime().clone();
    runtime.sleep_until(at).await;
    rename(&database, "_async_migrations", "_async_migrations_lost").await;
    let start_ns = runtime.now().as_nanos();
    runtime.sleep(for_long).await;
    let end_ns = runtime.now().as_nanos();
    rename(&database, "_async_migrations_lost", "_async_migrations").await;
    recorder.outage(Window { start_ns, end_ns });
}

/// Renames a table, however long it takes until it may.
async fn rename(database: &Database<SimRuntime>, from: &'static str, to: &'static str) {
    loop {
        let sql = format!("ALTER TABLE {from} RENAME TO {to}");
        match database.write(move |db| db.execute_batch(&sql)).await {
            Ok(()) => return,
            Err(DatabaseError::Busy { .. }) => {}
            // A full disk, say. Nothing else is at stake, and there is always a next time.
            Err(error) => {
                tracing::debug!(%error, "the ledger could not be renamed");
                database.runtime().sleep(RETRY).await;
            }
        }
    }
}

/// Time from one try to the next.
const RETRY: Duration = Duration::from_millis(100);
