//! The tables `[readers]` and `[writers]`: who uses a database of one's own meanwhile.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who reads the database that `database.file` names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Readers {
    /// What they ask, each on its own.
    pub query: Vec<Query>,
}

/// Who writes to the database that `database.file` names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Writers {
    /// What they write, each in a transaction of its own.
    pub statement: Vec<Query>,
}

/// A statement that arrives again and again, at random moments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// What it is called in the report.
    pub name: String,
    /// The statement, with parameters `?1`, `?2`, …
    pub sql: String,
    /// Its parameters, in order.
    #[serde(default)]
    pub params: Vec<Param>,
    /// Mean arrivals per second.
    pub rate_per_s: f64,
}

/// A parameter of a statement: a value that some row has in `column`, or a whole number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Param {
    /// `table.column`: the value of a row, each row as likely.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The least of the whole numbers, each as likely.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// The largest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
}

impl Readers {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.query.is_empty()
    }
}

impl Writers {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.statement.is_empty()
    }
}

impl Param {
    /// The table and the column, where it is a value of one.
    #[must_use]
    pub fn place(&self) -> Option<(&str, &str)> {
        self.column.as_deref()?.split_once('.')
    }

    /// The whole numbers, both ends included, where it is one.
    #[must_use]
    pub fn range(&self) -> Option<(i64, i64)> {
        self.from.zip(self.to)
    }
}
