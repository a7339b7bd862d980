//! One correlated UPDATE over the whole table, in one transaction: what a migration does when
//! nobody thinks about readers.

use std::time::Duration;

use backfill::chunked::Progress;
use backfill::database::{Access, Database, DatabaseError};
use backfill::ledger::Status;
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::begin;
use crate::machine::SimRuntime;

/// As it ran in production: rows that have a value are left alone, and COALESCE keeps those
/// without observations.
pub const UPDATE: &str = "UPDATE transmissions SET last_seen = COALESCE(
    (SELECT max(o.timestamp) FROM observations AS o WHERE o.transmission_id = transmissions.id),
    last_seen) WHERE last_seen = 0";

/// The same without a row that means "not done": it raises rows, never lowers one, and does not
/// ask what a row carries.
pub const GUARDED_UPDATE: &str = "UPDATE transmissions SET last_seen = max(last_seen,
    (SELECT max(o.timestamp) FROM observations AS o WHERE o.transmission_id = transmissions.id))
    WHERE EXISTS (SELECT 1 FROM observations AS o WHERE o.transmission_id = transmissions.id)";

/// Runs `sql`, one of the UPDATEs; how many rows it changed.
///
/// # Errors
/// What SQLite says; [`DatabaseError::is_interrupt`] if `cancel` was cancelled meanwhile.
pub async fn single_transaction(
    database: &Database<SimRuntime>,
    sql: &'static str,
    cancel: CancellationToken,
) -> Result<u64, DatabaseError> {
    let work = move |connection: &Connection| update(connection, sql);
    let (updated, _) = database.transact(Access::Write, cancel, work).await;
    updated
}

fn update(connection: &Connection, sql: &str) -> rusqlite::Result<u64> {
    let changed = connection.prepare_cached(sql)?.execute([])? as u64;
    // Nobody sees it running: all of this is one transaction.
    let turn = begin(connection, None, (changed, changed))?;
    turn.finish(connection, Status::Done, changed, None, Duration::ZERO)?;
    Ok(changed)
}

/// Runs the guarded UPDATE and then announces chunks of `rows` rows that never were.
///
/// # Errors
/// As [`single_transaction`].
pub async fn dressed_single_transaction(
    database: &Database<SimRuntime>,
    rows: u64,
    cancel: CancellationToken,
    mut announce: impl FnMut(Progress),
) -> Result<u64, DatabaseError> {
    let total = single_transaction(database, GUARDED_UPDATE, cancel).await?;
    let mut processed = 0;
    while processed < total {
        processed = total.min(processed + rows);
        announce(Progress { processed, total });
    }
    Ok(total)
}
