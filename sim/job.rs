//! The backfill under test: `last_seen` of every transmission, from its observations.

use backfill::chunked::Rollup;

/// The job's name in the ledger.
pub const NAME: &str = "last_seen_backfill";

/// `last_seen := max(last_seen, MAX(observations.timestamp))` for every transmission that has
/// observations.
#[must_use]
pub fn last_seen() -> Rollup {
    Rollup {
        name: NAME.to_owned(),
        table: "transmissions".to_owned(),
        key: "id".to_owned(),
        column: "last_seen".to_owned(),
        source: "observations".to_owned(),
        source_key: "id".to_owned(),
        refers: "transmission_id".to_owned(),
        value: "timestamp".to_owned(),
    }
}
