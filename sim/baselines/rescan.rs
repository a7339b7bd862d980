//! Chunks without a cursor: each looks for rows that are not done from the start of the table.
//!
//! [`Rescan::proposal`] is the chunked backfill as it was first proposed. It takes `last_seen = 0`
//! for "not done", so a row whose true value is 0 is done again in every chunk and the loop never
//! ends; a row that a late observation has raised to a time long past is never done at all; and
//! rows before 1970 go below what they were. [`Rescan::without_cursor`] asks the right question of
//! the data, and so ends with the right rows. But what it knows of its progress is in no place that
//! outlives it.

use std::time::Duration;

use backfill::chunked::Progress;
use backfill::database::{Access, Database, DatabaseError};
use backfill::ledger::Turn;
use rusqlite::{Connection, params};
use tokio_util::sync::CancellationToken;

use super::{NEWEST, OBSERVED, begin, finish, rest};
use crate::job::NAME;
use crate::machine::SimRuntime;

/// A loop that looks for rows that are not done from the start of the table.
#[derive(Clone, Debug)]
pub struct Rescan {
    rows: u64,
    pause: Duration,
    /// Which rows are not done, in SQL.
    open: String,
    /// What they become, in SQL.
    value: String,
}

impl Rescan {
    /// The proposal: `rows` of those that are 0 and have observations, then `pause`.
    #[must_use]
    pub fn proposal(rows: u64, pause: Duration) -> Self {
        Self {
            rows,
            pause,
            open: format!("last_seen = 0 AND {OBSERVED}"),
            value: format!("COALESCE({NEWEST}, last_seen)"),
        }
    }

    /// The same with the right question: `rows` of those that are older than their newest
    /// observation, then `pause`.
    #[must_use]
    pub fn without_cursor(rows: u64, pause: Duration) -> Self {
        Self {
            rows,
            pause,
            open: format!("last_seen < {NEWEST}"),
            value: format!("max(last_seen, {NEWEST})"),
        }
    }

    /// Runs until a chunk finds no row, up to the largest id there was; how many rows it wrote.
    ///
    /// # Errors
    /// What SQLite says; [`DatabaseError::is_interrupt`] if `cancel` was cancelled meanwhile.
    pub async fn run(
        self,
        database: &Database<SimRuntime>,
        cancel: CancellationToken,
        mut announce: impl FnMut(Progress),
    ) -> Result<u64, DatabaseError> {
        let count = format!(
            "SELECT coalesce(max(id), 0), count(*) FILTER (WHERE {}) FROM transmissions",
            self.open
        );
        let counted = move |connection: &Connection| -> rusqlite::Result<(Turn, i64, u64)> {
            let mut bounds = connection.prepare_cached(&count)?;
            let found =
                |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()));
            let (last, total) = bounds.query_row([], found)?;
            let turn = begin(connection, NAME, None, (0, total))?;
            Ok((turn, last, total))
        };
        let (counted, _) = database
            .transact(Access::Write, cancel.clone(), counted)
            .await;
        let (mut turn, last, total) = counted?;
        let mut processed = 0;
        loop {
            let (changed, next) = self
                .chunk(database, &cancel, last, (processed, total))
                .await?;
            let Some(next) = next else { break };
            turn = next;
            processed += changed;
            let total = total.max(processed);
            announce(Progress { processed, total });
            rest(database, self.pause, &cancel).await?;
        }
        finish(database, turn, processed, announce).await
    }

    /// The next rows that are not done; how many there were, and the turn they were noted in.
    async fn chunk(
        &self,
        database: &Database<SimRuntime>,
        cancel: &CancellationToken,
        last: i64,
        (processed, total): (u64, u64),
    ) -> Result<(u64, Option<Turn>), DatabaseError> {
        let sql = format!(
            "UPDATE transmissions SET last_seen = {} WHERE id IN (SELECT id FROM transmissions
             WHERE id <= ?1 AND {} ORDER BY id LIMIT ?2)",
            self.value, self.open
        );
        let rows = self.rows.cast_signed();
        let work = move |connection: &Connection| -> rusqlite::Result<(u64, Option<Turn>)> {
            let changed = connection
                .prepare_cached(&sql)?
                .execute(params![last, rows])? as u64;
            // It starts anew in every chunk: all it knows is how many rows it has written.
            let again = || begin(connection, NAME, None, (processed + changed, total));
            let turn = (changed > 0).then(again).transpose()?;
            Ok((changed, turn))
        };
        let (changed, _) = database.transact(Access::Write, cancel.clone(), work).await;
        changed
    }
}
