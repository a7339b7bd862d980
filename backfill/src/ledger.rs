//! What a backfill has done so far, kept in the database it works on.
//!
//! The ledger is the table `_async_migrations`. A chunk's rows and the ledger's note of them are
//! written in one transaction, so that after a crash the two agree: at most the chunk under way is
//! done again, and nothing is counted twice. "Done" is what the ledger says, never what the data
//! looks like: a value that happens to equal a default proves nothing.

use std::fmt;

use rusqlite::{Connection, OptionalExtension as _, params, types::Value};
use serde::{Deserialize, Serialize};

/// Where a backfill stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Somebody works on it, or died doing so.
    Running,
    /// Everything up to its snapshot is done.
    Done,
    /// It stopped with an error; it can be resumed.
    Failed,
    /// It was stopped on purpose; it can be resumed.
    Cancelled,
    /// A word this version does not know.
    Unknown,
}

impl Status {
    const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    fn parse(word: &str) -> Self {
        [Self::Running, Self::Done, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|status| status.word() == word)
            .unwrap_or(Self::Unknown)
    }
}

/// A key of the table being backfilled, in a form that keeps its type in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// An integer key.
    Integer(i64),
    /// A text key.
    Text(String),
    /// A key of several columns, none of which has several itself; an array in JSON.
    Columns(Vec<Key>),
}

impl Key {
    /// One value for each of its columns.
    #[must_use]
    pub fn values(&self) -> Vec<Value> {
        match self {
            Self::Integer(key) => vec![Value::Integer(*key)],
            Self::Text(key) => vec![Value::Text(key.clone())],
            Self::Columns(keys) => keys.iter().flat_map(Self::values).collect(),
        }
    }
}

/// The order in which a backfill goes through what it reads: what the keys of a cursor are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// By the key of the table that is filled.
    #[default]
    Key,
    /// By the rowid of the table that is read, as its rows are stored.
    Storage,
}

impl Order {
    const fn is_key(&self) -> bool {
        matches!(self, Self::Key)
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "the order of the key",
            Self::Storage => "storage order",
        })
    }
}

/// The durable cursor of a backfill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The smallest key when the backfill first started.
    pub first: Key,
    /// The largest key when the backfill first started: later rows belong to the live path.
    pub last: Key,
    /// The last key that is done; `None` before the first chunk.
    pub after: Option<Key>,
    /// Keys passed so far, with or without a change.
    pub scanned: u64,
    /// Keys there are, where they had to be counted because their span says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<u64>,
    /// What its keys are of.
    #[serde(default, skip_serializing_if = "Order::is_key")]
    pub order: Order,
    /// The last key whose value was taken over from the scratch table, in storage order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_over: Option<i64>,
}

impl Cursor {
    /// The cursor before the first step from `first` to `last`.
    #[must_use]
    pub const fn before(first: Key, last: Key, order: Order) -> Self {
        Self {
            first,
            last,
            after: None,
            scanned: 0,
            keys: None,
            order,
            taken_over: None,
        }
    }

    /// The cursor behind `upto`, which is `keys` keys further.
    #[must_use]
    pub fn past(self, upto: Key, keys: u64) -> Self {
        Self {
            after: Some(upto),
            scanned: self.scanned + keys,
            ..self
        }
    }
}

/// One backfill's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub status: Status,
    /// Rows written so far, over all runs.
    pub rows_processed: u64,
    /// Rows there are to write, as far as is known.
    pub rows_total: u64,
    /// Where to go on; `None` if the table was empty.
    pub cursor: Option<Cursor>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Creates the ledger where there is none, and adds what an older one lacks.
///
/// # Errors
/// What SQLite says; a column that is there already is no error.
pub fn ensure(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS _async_migrations(
           name TEXT PRIMARY KEY,
           status TEXT NOT NULL,
           started_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
           ended_at TEXT,
           error TEXT,
           rows_processed INTEGER NOT NULL DEFAULT 0,
           rows_total INTEGER NOT NULL DEFAULT 0,
           last_update_at TEXT,
           cursor TEXT)",
    )?;
    for (column, kind) in [
        ("rows_processed", "INTEGER NOT NULL DEFAULT 0"),
        ("rows_total", "INTEGER NOT NULL DEFAULT 0"),
        ("last_update_at", "TEXT"),
        ("cursor", "TEXT"),
    ] {
        let known = connection.column_exists(None, "_async_migrations", column)?;
        if !known {
            connection.execute_batch(&format!(
                "ALTER TABLE _async_migrations ADD COLUMN {column} {kind}"
            ))?;
        }
    }
    Ok(())
}

/// The entry of `name`, if there is one.
///
/// # Errors
/// What SQLite says, or a cursor that is not one.
pub fn entry(connection: &Connection, name: &str) -> rusqlite::Result<Option<Entry>> {
    connection
        .prepare_cached(
            "SELECT status, rows_processed, rows_total, cursor, error
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
            })
        })
        .optional()
}

fn parse_cursor(text: &str) -> rusqlite::Result<Cursor> {
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Text, error.into())
    })
}

/// Notes that `name` runs, from `cursor` on, with `rows_processed` rows written by earlier runs.
///
/// # Errors
/// What SQLite says.
pub fn start(
    connection: &Connection,
    name: &str,
    cursor: Option<&Cursor>,
    rows_processed: u64,
    rows_total: u64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO _async_migrations(
               name, status, started_at, rows_processed, rows_total, cursor)
             VALUES (?1, 'running', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?2, ?3, ?4)
             ON CONFLICT(name) DO UPDATE SET
               status = 'running', ended_at = NULL, error = NULL,
               started_at = excluded.started_at, rows_processed = excluded.rows_processed,
               rows_total = excluded.rows_total, cursor = excluded.cursor",
        )?
        .execute(params![
            name,
            stored(rows_processed),
            stored(rows_total),
            cursor.map(cursor_text).transpose()?,
        ])
        .map(drop)
}

/// Notes what a chunk did; to be called in the chunk's own transaction.
///
/// # Errors
/// What SQLite says, or that `name` has no entry any more.
pub fn advance(
    connection: &Connection,
    name: &str,
    cursor: &Cursor,
    rows_processed: u64,
    rows_total: u64,
) -> rusqlite::Result<()> {
    let changed = connection
        .prepare_cached(
            "UPDATE _async_migrations
             SET cursor = ?2, rows_processed = ?3, rows_total = ?4,
                 last_update_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
             WHERE name = ?1",
        )?
        .execute(params![
            name,
            cursor_text(cursor)?,
            stored(rows_processed),
            stored(rows_total),
        ])?;
    exactly_one(changed)
}

/// Notes how a run ended.
///
/// # Errors
/// What SQLite says, or that `name` has no entry any more.
pub fn finish(
    connection: &Connection,
    name: &str,
    status: Status,
    rows_total: u64,
    error: Option<&str>,
) -> rusqlite::Result<()> {
    let changed = connection
        .prepare_cached(
            "UPDATE _async_migrations
             SET status = ?2, error = ?3, rows_total = ?4,
                 ended_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
             WHERE name = ?1",
        )?
        .execute(params![name, status.word(), error, stored(rows_total)])?;
    exactly_one(changed)
}

/// A progress note that lands nowhere must not pass for one that was stored.
fn exactly_one(changed: usize) -> rusqlite::Result<()> {
    if changed == 1 {
        Ok(())
    } else {
        Err(rusqlite::Error::StatementChangedRows(changed))
    }
}

fn cursor_text(cursor: &Cursor) -> rusqlite::Result<String> {
    serde_json::to_string(cursor)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// Counts of rows fit SQLite's signed integers: a table cannot hold more.
fn stored(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(after: i64) -> Cursor {
        Cursor {
            after: Some(Key::Integer(after)),
            scanned: 4,
            ..Cursor::before(Key::Integer(1), Key::Integer(9), Order::Key)
        }
    }

    #[test]
    fn an_entry_is_what_was_noted_last() {
        let db = Connection::open_in_memory().unwrap();
        ensure(&db).unwrap();
        assert_eq!(entry(&db, "job").unwrap(), None);
        start(&db, "job", Some(&cursor(0)), 0, 9).unwrap();
        advance(&db, "job", &cursor(4), 3, 8).unwrap();
        let running = entry(&db, "job").unwrap().unwrap();
        assert_eq!(running.status, Status::Running);
        assert_eq!(running.cursor, Some(cursor(4)));
        assert_eq!((running.rows_processed, running.rows_total), (3, 8));
        finish(&db, "job", Status::Failed, 8, Some("disk full")).unwrap();
        let failed = entry(&db, "job").unwrap().unwrap();
        assert_eq!(failed.status, Status::Failed);
        assert_eq!(failed.error.as_deref(), Some("disk full"));
    }

    #[test]
    fn an_older_ledger_gets_the_columns_it_lacks() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(
            "CREATE TABLE _async_migrations(name TEXT PRIMARY KEY, status TEXT NOT NULL,
               started_at TEXT NOT NULL DEFAULT '', ended_at TEXT, error TEXT);
             INSERT INTO _async_migrations(name, status) VALUES ('old', 'pending_async')",
        )
        .unwrap();
        ensure(&db).unwrap();
        ensure(&db).unwrap();
        let old = entry(&db, "old").unwrap().unwrap();
        assert_eq!(old.status, Status::Unknown);
        assert_eq!(old.cursor, None);
    }

    #[test]
    fn a_note_that_lands_nowhere_is_an_error() {
        let db = Connection::open_in_memory().unwrap();
        ensure(&db).unwrap();
        assert!(advance(&db, "nobody", &cursor(1), 0, 0).is_err());
        assert!(finish(&db, "nobody", Status::Done, 0, None).is_err());
    }

    #[test]
    fn keys_keep_their_type() {
        let text = serde_json::to_string(&Key::Text("7".to_owned())).unwrap();
        assert_eq!(
            serde_json::from_str::<Key>(&text).unwrap(),
            Key::Text("7".to_owned())
        );
        assert_eq!(serde_json::from_str::<Key>("7").unwrap(), Key::Integer(7));
        let columns = Key::Columns(vec![Key::Text("7".to_owned()), Key::Integer(7)]);
        let text = serde_json::to_string(&columns).unwrap();
        assert_eq!(text, r#"["7",7]"#);
        assert_eq!(serde_json::from_str::<Key>(&text).unwrap(), columns);
    }
}
