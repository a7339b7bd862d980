//! Chunks in two transactions: one computes what rows are to be, a later one writes it.
//!
//! That keeps the write short. But between the two the live path may raise a row, and what is
//! written then is what was true a moment ago. The write would have to be `max(last_seen, …)`.

use std::time::Duration;

use backfill::chunked::Progress;
use backfill::database::{Access, Database, DatabaseError};
use backfill::ledger::{Cursor, Key, Order, Turn};
use rusqlite::{Connection, params};
use tokio_util::sync::CancellationToken;

use super::{NEWEST, OBSERVED, begin, finish, rest};
use crate::job::NAME;
use crate::machine::SimRuntime;

/// A loop that writes what it computed earlier, whatever has happened since.
#[derive(Clone, Copy, Debug)]
pub struct LateWrite {
    /// Rows of a chunk.
    pub rows: u64,
    /// Time between computing and writing, and between chunks.
    pub pause: Duration,
}

/// Rows with what they are to be.
type Values = Vec<(i64, i64)>;

impl LateWrite {
    /// Runs until there is no further row; how many it wrote.
    ///
    /// # Errors
    /// What SQLite says; [`DatabaseError::is_interrupt`] if `cancel` was cancelled meanwhile.
    pub async fn run(
        self,
        database: &Database<SimRuntime>,
        cancel: CancellationToken,
        mut announce: impl FnMut(Progress),
    ) -> Result<u64, DatabaseError> {
        let (turn, last, total) = database.write(start).await?;
        let (mut after, mut scanned, mut processed) = (0, 0, 0);
        loop {
            let rows = self.rows.cast_signed();
            let work = move |connection: &Connection| compute(connection, (after, last), rows);
            let (values, _) = database.transact(Access::Read, cancel.clone(), work).await;
            let values = values?;
            let upto = values.last().map_or(last, |&(id, _)| id);
            scanned += values.len() as u64;
            rest(database, self.pause, &cancel).await?;
            let empty = values.is_empty();
            let cursor = Cursor {
                after: Some(Key::Integer(upto)),
                scanned,
                ..Cursor::before(Key::Integer(0), Key::Integer(last), Order::Key)
            };
            let (note, rows) = ((turn.clone(), cursor), (processed, total));
            let work = move |connection: &Connection| store(connection, &values, &note, rows);
            let (stored, _) = database.transact(Access::Write, cancel.clone(), work).await;
            let changed = stored?;
            after = upto;
            if empty {
                break;
            }
            processed += changed;
            announce(Progress { processed, total });
            rest(database, self.pause, &cancel).await?;
        }
        finish(database, turn, processed, announce).await
    }
}

/// The turn, the largest key, and how many rows there are.
fn start(connection: &Connection) -> rusqlite::Result<(Turn, i64, u64)> {
    let sql = "SELECT coalesce(max(id), 0), count(*) FROM transmissions";
    let (last, rows): (i64, i64) =
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows = rows.unsigned_abs();
    let turn = begin(connection, NAME, None, (0, rows))?;
    Ok((turn, last, rows))
}

/// What the next rows with observations are to be.
fn compute(
    connection: &Connection,
    (after, last): (i64, i64),
    rows: i64,
) -> rusqlite::Result<Values> {
    let sql = format!(
        "SELECT id, max(last_seen, {NEWEST}) FROM transmissions
         WHERE id > ?1 AND id <= ?2 AND {OBSERVED} ORDER BY id LIMIT ?3"
    );
    let mut next = connection.prepare_cached(&sql)?;
    let found = next.query_map(params![after, last, rows], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    found.collect()
}

/// Writes it, and the note of it; how many rows were still there.
fn store(
    connection: &Connection,
    values: &Values,
    (turn, cursor): &(Turn, Cursor),
    (processed, total): (u64, u64),
) -> rusqlite::Result<u64> {
    let sql = "UPDATE transmissions SET last_seen = ?2 WHERE id = ?1";
    let mut update = connection.prepare_cached(sql)?;
    let mut changed = 0;
    for row in values {
        changed += update.execute(*row)? as u64;
    }
    let rows = (processed + changed, total);
    turn.advance(connection, cursor, rows, Duration::ZERO)?;
    Ok(changed)
}
