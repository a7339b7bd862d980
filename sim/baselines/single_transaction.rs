//! One correlated UPDATE over the whole table, in one transaction: what a migration does when
//! nobody thinks about readers.

use std::time::Duration;

use backfill::chunked::Progress;
use backfill::database::{Access, Database, DatabaseError};
use backfill::ledger::Status;
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::begin;
use crate::job::Task;
use crate::machine::SimRuntime;

/// Runs `sql`, one of the UPDATEs of `task`; how many rows it changed.
///
/// # Errors
/// What SQLite says; [`DatabaseError::is_interrupt`] if `cancel` was cancelled meanwhile.
pub async fn single_transaction(
    database: &Database<SimRuntime>,
    task: &Task,
    sql: &str,
    cancel: CancellationToken,
) -> Result<u64, DatabaseError> {
    let (name, sql) = (task.name.clone(), sql.to_owned());
    let work = move |connection: &Connection| update(connection, &name, &sql);
    let (updated, _) = database.transact(Access::Write, cancel, work).await;
    updated
}

fn update(connection: &Connection, name: &str, sql: &str) -> rusqlite::Result<u64> {
    let changed = connection.prepare_cached(sql)?.execute([])? as u64;
    // Nobody sees it running: all of this is one transaction.
    let turn = begin(connection, name, None, (changed, changed))?;
    turn.finish(connection, Status::Done, changed, None, Duration::ZERO)?;
    Ok(changed)
}

/// Runs the guarded UPDATE of `task` and then announces chunks of `rows` rows that never were.
///
/// # Errors
/// As [`single_transaction`].
pub async fn dressed_single_transaction(
    database: &Database<SimRuntime>,
    task: &Task,
    rows: u64,
    cancel: CancellationToken,
    mut announce: impl FnMut(Progress),
) -> Result<u64, DatabaseError> {
    let total = single_transaction(database, task, &task.guarded_update, cancel).await?;
    let mut processed = 0;
    while processed < total {
        processed = total.min(processed + rows);
        announce(Progress { processed, total });
    }
    Ok(total)
}
