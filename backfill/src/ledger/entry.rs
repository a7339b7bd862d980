//! What a later run has to know of earlier ones.

use rusqlite::{Connection, OptionalExtension as _};
use serde::de::DeserializeOwned;

use super::cursor::Cursor;
use super::status::Status;

/// One backfill's entry, as the next run of it needs it. Where it goes on is a `C`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<C = Cursor> {
    /// Where it stands.
    pub status: Status,
    /// Rows written so far, over all runs.
    pub rows_processed: u64,
    /// Rows there are to write, as far as is known.
    pub rows_total: u64,
    /// Where to go on; `None` if the table was empty, or nothing was begun.
    pub cursor: Option<C>,
    /// Why it failed.
    pub error: Option<String>,
    /// What it does, in SQL; `None` where nobody said.
    pub job: Option<String>,
}

/// The entry of `name`, if there is one.
///
/// # Errors
/// What SQLite says, or a cursor that is not one.
pub fn entry(connection: &Connection, name: &str) -> rusqlite::Result<Option<Entry>> {
    entry_at(connection, name)
}

/// The entry of `name`, if there is one, of a backfill that goes on from a `C`.
///
/// # Errors
/// As [`entry`].
pub fn entry_at<C: DeserializeOwned>(
    connection: &Connection,
    name: &str,
) -> rusqlite::Result<Option<Entry<C>>> {
    connection
        .prepare_cached(
            "SELECT status, rows_processed, rows_total, cursor, error, job
             FROM _async_migrations WHERE name = ?1",
        )?
        .query_row([name], |row| {
            let cursor: Option<String> = row.get(3)?;
            Ok(Entry {
                status: Status::parse(&row.get::<_, String>(0)?),
                rows_processed: row.get::<_, i64>(1)?.unsigned_abs(),
                rows_total: row.get::<_, i64>(2)?.unsigned_abs(),
                cursor: cursor.map(|text| parse_cursor(&text)).transpose()?,
                error: row.get(4)?,
                job: row.get(5)?,
            })
        })
        .optional()
}

fn parse_cursor<C: DeserializeOwned>(text: &str) -> rusqlite::Result<C> {
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Text, error.into())
    })
}
