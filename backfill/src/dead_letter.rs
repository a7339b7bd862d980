//! Rows that nothing will take: how they are told from failures, and where they are set aside.
//!
//! A row that its table refuses must not hold up those behind it, and must not vanish either. It
//! goes to `_dead_letters` with the reason, in the transaction in which the others are stored.

use rusqlite::{Connection, ErrorCode};

/// Creates the table of dead letters where there is none. All backfills of a database share it:
/// `store` says whose a letter is.
pub(crate) fn ensure(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS _dead_letters(
           store TEXT NOT NULL, tbl TEXT NOT NULL, id NOT NULL, checkpoint INTEGER NOT NULL,
           reason TEXT NOT NULL, content TEXT,
           PRIMARY KEY(store, tbl, id, checkpoint)) WITHOUT ROWID",
    )
}

/// A statement that sets `rows` aside: SELECT or VALUES, of a store, a table, an id, a checkpoint
/// and a reason each. As an upsert, because triggers can have nothing else.
pub(crate) fn insert(rows: &str) -> String {
    format!(
        "INSERT INTO _dead_letters(store, tbl, id, checkpoint, reason) {rows}
         ON CONFLICT(store, tbl, id, checkpoint) DO UPDATE SET reason = excluded.reason"
    )
}

/// Whether a table refuses a row. It does not if it is not the row's fault, or if nothing after it
/// would be part of the transaction any more.
pub(crate) fn is_refusal(connection: &Connection, error: &rusqlite::Error) -> bool {
    let rows_fault = matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
    );
    rows_fault && !connection.is_autocommit()
}
