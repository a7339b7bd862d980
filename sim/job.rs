//! The backfill under test, as a workload describes it; and that of the packet log: `last_seen` of
//! every transmission, from its observations.

use backfill::chunked::{Job, Rollup};

use crate::identifier::quoted;

/// The packet log's job in the ledger.
pub const NAME: &str = "last_seen_backfill";

/// As the packet log's ran in production: rows that have a value are left alone, and COALESCE keeps
/// those without observations.
const UPDATE: &str = "UPDATE transmissions SET last_seen = COALESCE(
    (SELECT max(o.timestamp) FROM observations AS o WHERE o.transmission_id = transmissions.id),
    last_seen) WHERE last_seen = 0";

/// The same without a row that means "not done": it raises rows, never lowers one, and does not
/// ask what a row carries.
const GUARDED_UPDATE: &str = "UPDATE transmissions SET last_seen = max(last_seen,
    (SELECT max(o.timestamp) FROM observations AS o WHERE o.transmission_id = transmissions.id))
    WHERE EXISTS (SELECT 1 FROM observations AS o WHERE o.transmission_id = transmissions.id)";

/// A backfill, in every form in which a strategy may do it.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its name in the ledger.
    pub name: String,
    /// The table whose rows it covers, and their key.
    pub rows: Keyed,
    /// The table it reads in storage order, and its key, where it is a rollup.
    pub source: Option<Keyed>,
    /// As chunks.
    pub chunks: Chunks,
    /// As one statement, the way one writes it who thinks of nothing else.
    pub update: String,
    /// As one statement that is right whatever else happens.
    pub guarded_update: String,
}

/// A table and the columns that say which row is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// The table.
    pub table: String,
    /// The columns, at least one.
    pub columns: Vec<String>,
}

/// A backfill as the crate under test takes it.
#[derive(Clone, Debug)]
pub enum Chunks {
    /// SQL for each row, in place.
    Columns(Job),
    /// A largest value over another table, in any shape.
    Rollup(Rollup),
}

impl Task {
    /// The packet log's.
    #[must_use]
    pub fn last_seen() -> Self {
        let rollup = last_seen();
        Self {
            name: rollup.name.clone(),
            rows: Keyed::new(&rollup.table, std::slice::from_ref(&rollup.key)),
            source: Some(Keyed::new(
                &rollup.source,
                std::slice::from_ref(&rollup.source_key),
            )),
            chunks: Chunks::Rollup(rollup),
            update: UPDATE.to_owned(),
            guarded_update: GUARDED_UPDATE.to_owned(),
        }
    }
}

impl Keyed {
    /// `columns` of `table`.
    #[must_use]
    pub fn new(table: &str, columns: &[String]) -> Self {
        Self {
            table: table.to_owned(),
            columns: columns.to_vec(),
        }
    }

    /// The key as SQL compares it: a name, or a row value of several.
    #[must_use]
    pub fn sql(&self) -> String {
        row_value(self.columns.iter().map(|column| quoted(column)))
    }

    /// All keys, in their order.
    #[must_use]
    pub fn walk(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| quoted(column)).collect();
        let (columns, table) = (columns.join(", "), quoted(&self.table));
        format!("SELECT {columns} FROM {table} ORDER BY {columns}")
    }

    /// Parameters for the values of a key, the first of which is number `first`.
    #[must_use]
    pub fn params(&self, first: usize) -> String {
        row_value((first..).take(self.columns.len()).map(|n| format!("?{n}")))
    }

    /// Its columns as SQL lists them, and orders by them, the smallest first.
    #[must_use]
    pub fn listed(&self) -> String {
        let columns = self.columns.iter().map(|column| quoted(column));
        columns.collect::<Vec<_>>().join(", ")
    }

    /// The key as SQL orders by it, the largest first.
    #[must_use]
    pub fn descending(&self) -> String {
        let columns = self.columns.iter().map(|column| quoted(column) + " DESC");
        columns.collect::<Vec<_>>().join(", ")
    }
}

fn row_value(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    match &*parts {
        [one] => one.clone(),
        several => format!("({})", several.join(", ")),
    }
}

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
