//! The tables and indexes of the packet log.
//!
//! Column for column the log of a mesh-network analyser in production; which of its two
//! disputed indexes exist is a setting, because they change every answer.

use crate::scenario::{Dataset, LastSeenIndex};

const TABLES: &str = "\
CREATE TABLE transmissions(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  raw_hex TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  first_seen TEXT NOT NULL,
  route_type INT,
  payload_type INT,
  payload_version INT,
  decoded_json TEXT,
  from_pubkey TEXT,
  last_seen INTEGER NOT NULL DEFAULT 0,
  channel_hash TEXT,
  scope_name TEXT,
  created_at TEXT
);
CREATE TABLE observations(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  transmission_id INTEGER NOT NULL REFERENCES transmissions,
  observer_idx INT,
  direction TEXT,
  snr REAL,
  rssi REAL,
  score INT,
  path_json TEXT,
  timestamp INTEGER NOT NULL,
  raw_hex TEXT,
  resolved_path TEXT
);
";

/// What the production log has, whatever the settings say. The order matters: where two indexes
/// serve a query equally well, SQLite takes the one created last, and the lookup of a
/// transmission's observations is to use the narrow index, not the unique one that begins with the
/// same column.
const GROWN_INDEXES: &str = "\
CREATE INDEX transmissions_first_seen ON transmissions(first_seen);
CREATE INDEX transmissions_payload_type ON transmissions(payload_type);
CREATE INDEX transmissions_from_pubkey ON transmissions(from_pubkey);
CREATE UNIQUE INDEX observations_once
  ON observations(transmission_id, observer_idx, COALESCE(path_json, ''));
CREATE INDEX observations_transmission ON observations(transmission_id);
CREATE INDEX observations_observer ON observations(observer_idx);
CREATE INDEX observations_timestamp ON observations(timestamp);
";

const FULL_LAST_SEEN: &str = "\
CREATE INDEX transmissions_last_seen ON transmissions(last_seen);
";

const PARTIAL_LAST_SEEN: &str = "\
CREATE INDEX transmissions_last_seen ON transmissions(id) WHERE last_seen = 0;
";

const COVERING: &str = "\
CREATE INDEX observations_transmission_timestamp ON observations(transmission_id, timestamp);
";

/// The statements that make the two tables, and with them the UNIQUE on `hash`.
pub(super) const fn tables() -> &'static str {
    TABLES
}

/// The statements that make the indexes the log has had from its first day.
pub(super) const fn grown_indexes() -> &'static str {
    GROWN_INDEXES
}

/// The statements that make the indexes a migration has added, one each.
pub(super) fn added_indexes(spec: &Dataset) -> Vec<&'static str> {
    let last_seen = match spec.last_seen_index {
        LastSeenIndex::None => None,
        LastSeenIndex::Full => Some(FULL_LAST_SEEN),
        LastSeenIndex::Partial => Some(PARTIAL_LAST_SEEN),
    };
    let covering = spec.covering_index.then_some(COVERING);
    last_seen.into_iter().chain(covering).collect()
}

/// The whole schema as SQL text, for a database with the same tables and no data.
#[must_use]
pub fn ddl(spec: &Dataset) -> String {
    let added = added_indexes(spec).concat();
    [tables(), grown_indexes(), &added].concat()
}
