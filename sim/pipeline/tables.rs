//! The tables of a pipeline, and how they are told to the store and to the job.

use backfill::persistence::Table;
use rusqlite::Connection;

/// Where the listing puts objects.
pub(super) const INBOX: &str = "inbox";

/// A live insert may come before the observations that were listed, so every column of a
/// transmission has a default. The indexes are those a packet log has before anybody thinks of
/// `last_seen`: none has both columns that it is made from.
const TABLES: &str = "
    CREATE TABLE inbox(id TEXT PRIMARY KEY NOT NULL, created INTEGER, body TEXT NOT NULL);
    CREATE TABLE transmissions(
      id INTEGER PRIMARY KEY, hash TEXT NOT NULL DEFAULT '',
      observations INTEGER NOT NULL DEFAULT 0, first_seen INTEGER,
      last_seen INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE observations(
      id INTEGER PRIMARY KEY, transmission_id INTEGER NOT NULL, timestamp INTEGER NOT NULL);
    CREATE INDEX observations_of ON observations(transmission_id);
    CREATE INDEX observations_at ON observations(timestamp);";

/// Creates them, empty.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)
}

/// What processing owns of the transmissions: not `last_seen`.
pub(super) fn transmissions() -> Table {
    Table::new(
        "transmissions",
        "id",
        &["hash", "observations", "first_seen"],
    )
}

/// All of the observations.
pub(super) fn observations() -> Table {
    Table::new("observations", "id", &["transmission_id", "timestamp"])
}
