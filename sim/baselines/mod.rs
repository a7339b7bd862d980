//! What users would do instead, to be compared with; and cheats, to be caught.
//!
//! * [`single_transaction`]: one UPDATE over everything, as it is usually written.
//! * [`dressed_single_transaction`]: the same, announced as if it had been done in chunks.
//! * [`ProportionalPause`], [`ElapsedTime`]: how others pace their chunks.
//! * [`Rescan`]: chunks that look for what is not done from the start, the proposal among them.
//! * [`HandRolled`]: chunks by key with a mistake in them.
//! * [`sentinel_job`]: the right loop with the wrong idea of what is done.
//! * [`LateWrite`]: chunks that compute in one transaction and write in another.

mod elapsed_time;
mod hand_rolled;
mod late_write;
mod proportional_pause;
mod rescan;
mod sentinel_job;
mod single_transaction;

pub use elapsed_time::ElapsedTime;
pub use hand_rolled::{HandRolled, Mistake};
pub use late_write::LateWrite;
pub use proportional_pause::ProportionalPause;
pub use rescan::Rescan;
pub use sentinel_job::sentinel_job;
pub use single_transaction::{dressed_single_transaction, single_transaction};

use std::time::Duration;

use backfill::Runtime as _;
use backfill::chunked::Progress;
use backfill::database::{Database, DatabaseError};
use backfill::ledger::{Cursor, Start, Status, Turn};
use backfill::runtime::interrupted;
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use crate::machine::SimRuntime;

/// The job's value: the newest of a row's observations, in SQL.
const NEWEST: &str = "(SELECT max(o.timestamp) FROM observations AS o \
                      WHERE o.transmission_id = transmissions.id)";
/// Whether a row has any, in SQL.
const OBSERVED: &str = "EXISTS (SELECT 1 FROM observations AS o \
                        WHERE o.transmission_id = transmissions.id)";

/// Sleeps for `pause`, unless told to stop.
async fn rest(
    database: &Database<SimRuntime>,
    pause: Duration,
    cancel: &CancellationToken,
) -> Result<(), DatabaseError> {
    let runtime = database.runtime();
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(DatabaseError::Sqlite(interrupted())),
        () = runtime.sleep(pause) => Ok(()),
    }
}

/// Notes that the job `name` runs, with `processed` of `total` rows written.
fn begin(
    connection: &Connection,
    name: &str,
    cursor: Option<&Cursor>,
    (processed, total): (u64, u64),
) -> rusqlite::Result<Turn> {
    let start = Start {
        cursor,
        rows_processed: processed,
        rows_total: total,
        job: None,
    };
    Turn::take(connection, name, &start)
}

/// Notes that the job is done with `processed` rows, and says so; that number.
async fn finish(
    database: &Database<SimRuntime>,
    turn: Turn,
    processed: u64,
    mut announce: impl FnMut(Progress),
) -> Result<u64, DatabaseError> {
    let end = move |connection: &Connection| {
        turn.finish(connection, Status::Done, processed, None, Duration::ZERO)
    };
    database.write(end).await?;
    announce(Progress {
        processed,
        total: processed,
    });
    Ok(processed)
}
