//! A run's turn at a backfill: the right to write its entry, and the notes it makes there.
//!
//! Every run of a name draws a token, and writes its notes under that token only. So two runs of
//! one name cannot both store anything: when a second one has taken over, because the first was
//! thought dead, the first one's next chunk finds no entry with its token and is rolled back.
//! Whoever is alive says so by writing: a turn that has not been heard of for a while is free
//! ([`holder`]).

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;

use super::cursor::Cursor;
use super::status::Status;

/// The moment a note is made, as text that says its own time zone.
const NOW: &str = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";

/// What a run starts from. Where it goes on is a `C`.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a, C = Cursor> {
    /// Where it goes on; `None` if there is nothing to go through.
    pub cursor: Option<&'a C>,
    /// Rows written by earlier runs.
    pub rows_processed: u64,
    /// Rows there are to write, as far as is known.
    pub rows_total: u64,
    /// What it does, in SQL, so that another job of the same name is told apart.
    pub job: Option<&'a str>,
}

impl<C> Default for Start<'_, C> {
    fn default() -> Self {
        Self {
            cursor: None,
            rows_processed: 0,
            rows_total: 0,
            job: None,
        }
    }
}

/// The right to write the entry of a name; clones share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    name: Arc<str>,
    /// Drawn anew for each: runs may be counted from 1 again when an entry was deleted.
    token: Arc<str>,
    /// How long earlier runs worked.
    worked_before: Duration,
}

/// Who runs a backfill, as far as the ledger knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Holder {
    /// The how manieth run of its name it is.
    pub run: u64,
    /// How long nothing has been heard of it.
    pub silent_for: Duration,
}

/// How far a run has read, where that is not what it writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Rows read.
    pub rows_read: u64,
    /// Rows there are to read, as far as is known.
    pub rows_to_read: u64,
}

/// Notes that `name` waits for its turn, unless it has an entry already.
///
/// # Errors
/// What SQLite says.
pub fn register(connection: &Connection, name: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(&format!(
            "INSERT INTO _async_migrations(name, status, started_at, last_update_at)
             VALUES (?1, 'pending', {NOW}, {NOW}) ON CONFLICT(name) DO NOTHING"
        ))?
        .execute([name])
        .map(drop)
}

/// Notes that `name` will not run after all, where it waits for its turn.
///
/// # Errors
/// What SQLite says.
pub fn give_up(connection: &Connection, name: &str, error: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(&format!(
            "UPDATE _async_migrations
             SET status = 'failed', error = ?2, ended_at = {NOW}, last_update_at = {NOW}
             WHERE name = ?1 AND status = 'pending'"
        ))?
        .execute([name, error])
        .map(drop)
}

/// Who runs `name`, if it was heard of less than `stale_after` ago. An entry whose time cannot be
/// read is nobody's.
///
/// # Errors
/// What SQLite says.
pub fn holder(
    connection: &Connection,
    name: &str,
    stale_after: Duration,
) -> rusqlite::Result<Option<Holder>> {
    let found = connection
        .prepare_cached(
            "SELECT runs, unixepoch('now', 'subsec')
                        - unixepoch(coalesce(last_update_at, started_at), 'subsec')
             FROM _async_migrations WHERE name = ?1 AND status = 'running'",
        )?
        .query_row([name], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Option<f64>>(1)?))
        })
        .optional()?;
    Ok(found.and_then(|(run, silent_s)| {
        // A clock that was set back makes it negative: as good as never heard of.
        let silent_for = Duration::try_from_secs_f64(silent_s?).ok()?;
        (silent_for < stale_after).then_some(Holder {
            run: run.unsigned_abs(),
            silent_for,
        })
    }))
}

impl Turn {
    /// Takes the next turn at `name`, and notes that it runs.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn take<C: Serialize>(
        connection: &Connection,
        name: &str,
        start: &Start<'_, C>,
    ) -> rusqlite::Result<Self> {
        connection
            .prepare_cached(&format!(
                "INSERT INTO _async_migrations(name, status, started_at, last_update_at,
                   rows_processed, rows_total, cursor, job, runs, active_ms, turn)
                 VALUES (?1, 'running', {NOW}, {NOW}, ?2, ?3, ?4, ?5, 1, 0, hex(randomblob(8)))
                 ON CONFLICT(name) DO UPDATE SET
                   status = 'running', ended_at = NULL, error = NULL,
                   started_at = iif(status = 'pending', excluded.started_at, started_at),
                   last_update_at = excluded.last_update_at,
                   rows_processed = excluded.rows_processed, rows_total = excluded.rows_total,
                   cursor = excluded.cursor, job = coalesce(excluded.job, job),
                   runs = runs + 1, turn = excluded.turn, active_ms = coalesce(active_ms, 0),
                   rows_read = NULL, rows_to_read = NULL
                 RETURNING turn, active_ms"
            ))?
            .query_row(
                params![
                    name,
                    stored(start.rows_processed),
                    stored(start.rows_total),
                    start.cursor.map(cursor_text).transpose()?,
                    start.job,
                ],
                |row| {
                    Ok(Self {
                        name: name.into(),
                        token: row.get::<_, String>(0)?.into(),
                        worked_before: Duration::from_millis(row.get::<_, i64>(1)?.unsigned_abs()),
                    })
                },
            )
    }

    /// Makes sure that it is not over: for a chunk that could not tell otherwise why it finds
    /// things not as it left them.
    ///
    /// # Errors
    /// As [`Turn::advance`].
    pub fn check(&self, connection: &Connection) -> rusqlite::Result<()> {
        let sql = "SELECT 1 FROM _async_migrations WHERE name = ?1 AND turn = ?2";
        let mut held = connection.prepare_cached(sql)?;
        exactly_one(usize::from(held.exists([&self.name, &self.token])?))
    }

    /// Notes what a chunk did, `worked` after the run's start; to be called in the chunk's own
    /// transaction.
    ///
    /// # Errors
    /// What SQLite says, or that the turn is over ([`is_turn_over`]).
    pub fn advance(
        &self,
        connection: &Connection,
        cursor: &impl Serialize,
        (rows_processed, rows_total): (u64, u64),
        worked: Duration,
    ) -> rusqlite::Result<()> {
        self.advance_to(
            connection,
            &cursor_text(cursor)?,
            (rows_processed, rows_total),
            worked,
        )
    }

    /// The same, with a cursor that is JSON already.
    ///
    /// # Errors
    /// As [`Turn::advance`].
    pub fn advance_to(
        &self,
        connection: &Connection,
        cursor: &str,
        (rows_processed, rows_total): (u64, u64),
        worked: Duration,
    ) -> rusqlite::Result<()> {
        let changed = connection
            .prepare_cached(&format!(
                "UPDATE _async_migrations
                 SET cursor = ?3, rows_processed = ?4, rows_total = ?5, active_ms = ?6,
                     last_update_at = {NOW}
                 WHERE name = ?1 AND turn = ?2"
            ))?
            .execute(params![
                self.name,
                self.token,
                cursor,
                stored(rows_processed),
                stored(rows_total),
                self.active_ms(worked),
            ])?;
        exactly_one(changed)
    }

    /// Notes that the run is alive, `worked` after its start, and how far it has read.
    ///
    /// # Errors
    /// As [`Turn::advance`].
    pub fn beat(
        &self,
        connection: &Connection,
        reading: Option<Reading>,
        worked: Duration,
    ) -> rusqlite::Result<()> {
        let changed = connection
            .prepare_cached(&format!(
                "UPDATE _async_migrations
                 SET active_ms = ?3, rows_read = ?4, rows_to_read = ?5, last_update_at = {NOW}
                 WHERE name = ?1 AND turn = ?2"
            ))?
            .execute(params![
                self.name,
                self.token,
                self.active_ms(worked),
                reading.map(|reading| stored(reading.rows_read)),
                reading.map(|reading| stored(reading.rows_to_read)),
            ])?;
        exactly_one(changed)
    }

    /// Notes how the run ended, `worked` after its start.
    ///
    /// # Errors
    /// As [`Turn::advance`].
    pub fn finish(
        &self,
        connection: &Connection,
        status: Status,
        rows_total: u64,
        error: Option<&str>,
        worked: Duration,
    ) -> rusqlite::Result<()> {
        let changed = connection
            .prepare_cached(&format!(
                "UPDATE _async_migrations
                 SET status = ?3, error = ?4, rows_total = ?5, active_ms = ?6,
                     ended_at = {NOW}, last_update_at = {NOW},
                     rows_read = NULL, rows_to_read = NULL
                 WHERE name = ?1 AND turn = ?2"
            ))?
            .execute(params![
                self.name,
                self.token,
                status.word(),
                error,
                stored(rows_total),
                self.active_ms(worked),
            ])?;
        exactly_one(changed)
    }

    fn active_ms(&self, worked: Duration) -> i64 {
        let all = self.worked_before + worked;
        i64::try_from(all.as_millis()).unwrap_or(i64::MAX)
    }
}

/// Whether a note failed because the turn it was made in is over: another run has taken over, or
/// the entry is gone.
#[must_use]
pub const fn is_turn_over(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::StatementChangedRows(0))
}

/// A note that lands nowhere must not pass for one that was stored.
fn exactly_one(changed: usize) -> rusqlite::Result<()> {
    if changed == 1 {
        Ok(())
    } else {
        Err(rusqlite::Error::StatementChangedRows(changed))
    }
}

fn cursor_text(cursor: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(cursor)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// Counts of rows fit SQLite's signed integers: a table cannot hold more.
fn stored(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
