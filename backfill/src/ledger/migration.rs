//! What readers are shown of a backfill.
//!
//! Rates and times count the time in which somebody worked, over all runs, so that neither a
//! restart nor the hours before it make them lie.

use std::collections::BTreeSet;
use std::time::Duration;

use rusqlite::{Connection, Row};
use serde::Serialize;

use super::STALE_AFTER;
use super::status::Status;

/// One backfill, as readers see it. In JSON its names are in camel case.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Migration {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: Status,
    /// When it first started, or was registered; UTC, ISO 8601.
    pub started_at: Option<String>,
    /// When its last run ended.
    pub ended_at: Option<String>,
    /// When it was last heard of.
    pub updated_at: Option<String>,
    /// How long it was worked on, over all runs, s.
    pub elapsed_sec: f64,
    /// Rows written, over all runs.
    pub rows_processed: u64,
    /// Rows there are to write, as far as is known.
    pub rows_total: u64,
    /// Rows written per second of work; 0 before there was any.
    pub rate_per_sec: f64,
    /// How much longer it will be worked on, s; `None` unless it runs and its rate is known.
    pub eta_sec: Option<f64>,
    /// Why it failed, or what of its entry cannot be read.
    pub error: Option<String>,
    /// How often it was started.
    pub runs: u64,
    /// Whether it says it runs and has not been heard of for [`STALE_AFTER`]: whoever ran it is
    /// probably dead. The next start resumes it.
    pub stale: bool,
    /// Rows read so far, while it reads before it writes.
    pub rows_read: Option<u64>,
    /// Rows there are to read, as far as is known.
    pub rows_to_read: Option<u64>,
}

/// All backfills the ledger knows, in the order of their names. A ledger made by an older version
/// may lack columns; they count as empty.
///
/// # Errors
/// What SQLite says: where there is no ledger, that is an error, and not the news that nothing
/// runs. Call [`super::ensure`] when the application starts.
pub fn migrations(connection: &Connection) -> rusqlite::Result<Vec<Migration>> {
    let mut columns = connection.prepare_cached("SELECT name FROM pragma_table_info(?1)")?;
    let there = columns
        .query_map(["_async_migrations"], |row| row.get(0))?
        .collect::<rusqlite::Result<BTreeSet<String>>>()?;
    let column = |name: &'static str| {
        if there.contains(name) { name } else { "NULL" }
    };
    let heard = format!("coalesce({}, started_at)", column("last_update_at"));
    let sql = format!(
        "SELECT name, status, started_at, ended_at, error, {}, {}, {}, {}, {}, {}, {},
           unixepoch('now', 'subsec') - unixepoch({heard}, 'subsec'),
           unixepoch(coalesce(ended_at, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), 'subsec')
             - unixepoch(started_at, 'subsec')
         FROM _async_migrations ORDER BY name",
        column("rows_processed"),
        column("rows_total"),
        column("last_update_at"),
        column("runs"),
        column("active_ms"),
        column("rows_read"),
        column("rows_to_read"),
    );
    let mut all = connection.prepare_cached(&sql)?;
    all.query_map([], migration)?.collect()
}

fn migration(row: &Row<'_>) -> rusqlite::Result<Migration> {
    let count = |index| -> rusqlite::Result<Option<u64>> {
        Ok(row.get::<_, Option<i64>>(index)?.map(i64::unsigned_abs))
    };
    let status = Status::parse(&row.get::<_, String>(1)?);
    let (silent_s, span_s): (Option<f64>, Option<f64>) = (row.get(12)?, row.get(13)?);
    let active_s = count(9)?.map(|ms| Duration::from_millis(ms).as_secs_f64());
    let running = status == Status::Running;
    let alive = running && silent_s.is_some_and(|s| s.abs() < STALE_AFTER.as_secs_f64());
    let since_s = if alive { silent_s.unwrap_or(0.0) } else { 0.0 };
    let elapsed_sec = match active_s {
        Some(active_s) => active_s + since_s.max(0.0),
        None => span_s.unwrap_or(0.0).max(0.0),
    };
    let (processed, total) = (count(5)?.unwrap_or(0), count(6)?.unwrap_or(0));
    let (rows_read, rows_to_read) = (count(10)?, count(11)?);
    let rate_per_sec = if elapsed_sec > 0.0 {
        processed as f64 / elapsed_sec
    } else {
        0.0
    };
    let error: Option<String> = row.get(4)?;
    let unreadable = span_s.is_none() && status != Status::Pending;
    Ok(Migration {
        name: row.get(0)?,
        status,
        started_at: row.get(2)?,
        ended_at: row.get(3)?,
        updated_at: row.get(7)?,
        elapsed_sec,
        rows_processed: processed,
        rows_total: total,
        rate_per_sec,
        eta_sec: match (rows_read, rows_to_read) {
            _ if !running => None,
            (Some(read), Some(all)) if read < all => eta(read, all, elapsed_sec),
            _ => eta(processed, total, elapsed_sec),
        },
        error: error.or_else(|| unreadable.then(|| UNREADABLE_TIME.to_owned())),
        runs: count(8)?.unwrap_or(0),
        stale: running && !alive,
        rows_read,
        rows_to_read,
    })
}

const UNREADABLE_TIME: &str = "the ledger's times of this backfill cannot be read";

/// How long the rest takes at the rate so far, s; `None` before there is one.
fn eta(done: u64, all: u64, elapsed_sec: f64) -> Option<f64> {
    (done > 0).then(|| all.saturating_sub(done) as f64 * elapsed_sec / done as f64)
}
