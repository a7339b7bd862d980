//! The tables `[job]` and `[apply]`: what is to be done in a database of one's own, and how for
//! real.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The backfill of the database that `database.file` names: `set` in every row for which `eligible`
/// holds; or `column`, the largest `value` of the rows of `source` that refer to the row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Its name in the ledger.
    pub name: String,
    /// The table that is filled.
    pub table: String,
    /// Its key: the INTEGER PRIMARY KEY, or a NOT NULL column with a UNIQUE index of its own.
    pub key: String,
    /// Which rows, as SQL behind `WHERE`; all of them unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eligible: Option<String>,
    /// What to put there, as SQL behind `SET`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// The column that is filled with a largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The table the values come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its key; for `shape = "storage-order"` its INTEGER PRIMARY KEY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_key: Option<String>,
    /// What of it refers to `key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refers: Option<String>,
    /// Of what the largest is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Job {
    /// The keys of a rollup with what they say, in the order of the file.
    #[must_use]
    pub fn rollup(&self) -> [(&'static str, Option<&String>); 5] {
        [
            ("column", self.column.as_ref()),
            ("source", self.source.as_ref()),
            ("source_key", self.source_key.as_ref()),
            ("refers", self.refers.as_ref()),
            ("value", self.value.as_ref()),
        ]
    }

    /// Whether it is a largest value over another table.
    #[must_use]
    pub fn is_rollup(&self) -> bool {
        self.rollup().iter().any(|(_, said)| said.is_some())
    }
}

/// How the job is to be done for real.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Apply {
    /// A strategy of the scenario with `kind = "chunked"`.
    pub strategy: String,
}
