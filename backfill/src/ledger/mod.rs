//! What a backfill has done so far, kept in the database it works on.
//!
//! The ledger is the table `_async_migrations`. A chunk's rows and the ledger's note of them are
//! written in one transaction, so that after a crash the two agree: at most the chunk under way is
//! done again, and nothing is counted twice. "Done" is what the ledger says, never what the data
//! looks like: a value that happens to equal a default proves nothing.
//!
//! * [`Turn`]: the right to write an entry, which one run has at a time, and the notes it makes.
//! * [`entry`]: what the next run has to know. [`holder`]: whether somebody else runs.
//! * [`migrations`]: what readers are shown.

mod cursor;
mod entry;
mod key;
mod migration;
mod status;
mod turn;

use std::time::Duration;

use rusqlite::Connection;

pub use cursor::{Cursor, Order};
pub use entry::{Entry, entry, entry_at};
pub use key::Key;
pub use migration::{Migration, migrations};
pub use status::Status;
pub use turn::{Holder, Reading, Start, Turn, give_up, holder, is_turn_over, register};

/// How long a run may be silent before it is taken for dead, unless said. Ten of the notes that a
/// live one makes, one a second.
pub const STALE_AFTER: Duration = Duration::from_secs(10);

/// Columns that came later than the first ledgers, in the order they came.
const ADDED: [(&str, &str); 10] = [
    ("rows_processed", "INTEGER NOT NULL DEFAULT 0"),
    ("rows_total", "INTEGER NOT NULL DEFAULT 0"),
    ("last_update_at", "TEXT"),
    ("cursor", "TEXT"),
    ("job", "TEXT"),
    ("runs", "INTEGER NOT NULL DEFAULT 0"),
    ("active_ms", "INTEGER"),
    ("rows_read", "INTEGER"),
    ("rows_to_read", "INTEGER"),
    ("turn", "TEXT"),
];

/// Creates the ledger where there is none, and adds what an older one lacks. To be called when the
/// application starts, so that who reads the ledger finds one.
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
           error TEXT)",
    )?;
    for (column, kind) in ADDED {
        if connection.column_exists(None, "_async_migrations", column)? {
            continue;
        }
        let add = format!("ALTER TABLE _async_migrations ADD COLUMN {column} {kind}");
        match connection.execute_batch(&add) {
            // Somebody else has added it in the meantime.
            Err(error) if error.to_string().contains("duplicate column name") => {}
            added => added?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
