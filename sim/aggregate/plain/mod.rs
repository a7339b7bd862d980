//! What others would do, and cheats: counts in tables of their own, kept by a trigger of their own.
//!
//! * `at_once.rs`: everything in one transaction.
//! * `chain.rs`: chunk after chunk, with what each is handed by the one before.

mod at_once;
mod chain;

pub(super) use at_once::{collect_all, single_transaction};
pub(super) use chain::{Chain, Cursor, Uniques};

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::kept::{BY_PATH, SEEN};

/// The table with all counts and how far they are: one row.
pub(super) const TOTALS: &str = "plain_totals";
/// What fits: rows whose session is a text.
const FITS: &str = "typeof(session_id) = 'text'";

/// What a row weighs, as the crate under test measures it: key and time as 8 bytes each.
const NUMBERS_BYTES: u64 = 16;

/// A row as it is read.
struct Row {
    id: i64,
    path: String,
    session: String,
    bytes: u64,
}

/// The tables of counts with one row of totals, `done` or to be filled from the first row on.
fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS {BY_PATH}(value TEXT PRIMARY KEY, rows INTEGER NOT NULL)
           WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS {SEEN}(
           value TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY(value, id)) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS {TOTALS}(
           views INTEGER NOT NULL, sessions INTEGER NOT NULL, cursor INTEGER NOT NULL,
           last INTEGER NOT NULL, passed INTEGER NOT NULL, carried TEXT NOT NULL,
           done INTEGER NOT NULL);
         INSERT INTO {TOTALS}
         SELECT 0, 0, 0, coalesce((SELECT max(id) FROM page_views), 0), 0, '[]', 0
         WHERE NOT EXISTS (SELECT 1 FROM {TOTALS});"
    ))
}

/// From now on whatever is added behind the cursor, or behind all, is counted as it is added.
fn count_live(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "CREATE TRIGGER IF NOT EXISTS plain_live AFTER INSERT ON page_views
         WHEN typeof(NEW.session_id) = 'text' AND EXISTS (
           SELECT 1 FROM {TOTALS} WHERE NEW.id <= cursor OR NEW.id > last)
         BEGIN
           UPDATE {TOTALS} SET views = views + 1, sessions = sessions + NOT EXISTS (
             SELECT 1 FROM {SEEN} WHERE value = NEW.session_id);
           INSERT INTO {BY_PATH} VALUES (NEW.path, 1) ON CONFLICT(value) DO UPDATE
             SET rows = rows + 1;
           INSERT INTO {SEEN} SELECT NEW.session_id, NEW.id WHERE NOT EXISTS (
             SELECT 1 FROM {SEEN} WHERE value = NEW.session_id);
         END;"
    ))
}

/// Whether counts are whole.
fn is_done(connection: &Connection) -> rusqlite::Result<bool> {
    let there = "SELECT count(*) FROM sqlite_schema WHERE name = ?1";
    if connection.query_row(there, [TOTALS], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(false);
    }
    let sql = format!("SELECT done FROM {TOTALS}");
    connection.query_row(&sql, [], |row| row.get(0))
}

/// The next rows behind `cursor` up to `last`, at most so many, whether they fit or not; with those
/// that do.
fn rows_after(
    connection: &Connection,
    (cursor, last): (i64, i64),
    most: u64,
) -> rusqlite::Result<(Vec<Row>, u64, i64)> {
    let sql = format!(
        "SELECT id, path, session_id, octet_length(path) + octet_length(page_type)
           + octet_length(session_id), {FITS}
         FROM page_views NOT INDEXED WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3"
    );
    let mut select = connection.prepare_cached(&sql)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut found = select.query(params![cursor, last, most])?;
    let (mut rows, mut read, mut upto) = (Vec::new(), 0, cursor);
    while let Some(row) = found.next()? {
        (read, upto) = (read + 1, row.get(0)?);
        if row.get(4)? {
            rows.push(Row {
                id: upto,
                path: row.get(1)?,
                session: row.get(2)?,
                bytes: row.get::<_, i64>(3)?.unsigned_abs() + NUMBERS_BYTES,
            });
        }
    }
    Ok((rows, read, upto))
}

/// Adds the views of `rows` by page; what that writes, bytes.
fn add_by_path(connection: &Connection, rows: &[Row]) -> rusqlite::Result<u64> {
    let mut by_path: BTreeMap<&str, i64> = BTreeMap::new();
    for row in rows {
        *by_path.entry(&row.path).or_default() += 1;
    }
    let mut add = connection.prepare_cached(&format!(
        "INSERT INTO {BY_PATH} VALUES (?1, ?2) ON CONFLICT(value) DO UPDATE
         SET rows = rows + excluded.rows"
    ))?;
    let mut written = 0;
    for (path, views) in by_path {
        add.execute(params![path, views])?;
        written += path.len() as u64 + 8;
    }
    Ok(written)
}
