//! One correlated UPDATE over the whole table, in one transaction: what a migration does when
//! nobody thinks about readers.

use backfill::chunked::Progress;
use backfill::database::{Access, Database, DatabaseError};
use backfill::ledger::{self, Status};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use crate::job::NAME;
use crate::machine::SimRuntime;

/// As it ran in production: rows that have a value are left alone, and COALESCE keeps those
/// without observations.
pub const UPDATE: &str = "UPDATE transmissions SET last_seen = COALESCE(
    (SELECT max(o.timestamp) FROM observations AS o WHERE o.transmission_id = transmissions.id),
    last_seen) WHERE last_seen = 0";

/// Runs the UPDATE; how many rows it changed.
///
/// # Errors
/// What SQLite says; [`DatabaseError::is_interrupt`] if `cancel` was cancelled meanwhile.
pub async fn single_transaction(
    database: &Database<SimRuntime>,
    cancel: CancellationToken,
) -> Result<u64, DatabaseError> {
    let (updated, _) = database.transact(Access::Write, cancel, update).await;
    updated
}

fn update(connection: &Connection) -> rusqlite::Result<u64> {
    let changed = connection.prepare_cached(UPDATE)?.execute([])? as u64;
    // Nobody sees it running: all of this is one transaction.
    ledger::start(connection, NAME, None, changed, changed)?;
    ledger::finish(connection, NAME, Status::Done, changed, None)?;
    Ok(changed)
}

/// Runs the UPDATE and then announces chunks of `rows` rows that never were.
///
/// # Errors
/// As [`single_transaction`].
pub async fn dressed_single_transaction(
    database: &Database<SimRuntime>,
    rows: u64,
    cancel: CancellationToken,
    mut announce: impl FnMut(Progress),
) -> Result<u64, DatabaseError> {
    let total = single_transaction(database, cancel).await?;
    let mut processed = 0;
    while processed < total {
        processed = total.min(processed + rows);
        announce(Progress { processed, total });
    }
    Ok(total)
}
