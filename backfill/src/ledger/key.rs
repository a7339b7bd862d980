//! The key of a row, in a form that outlives a run.

use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

/// A key of the table being backfilled, in a form that keeps its type in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// An integer key.
    Integer(i64),
    /// A text key.
    Text(String),
}

impl From<&Key> for Value {
    fn from(key: &Key) -> Self {
        match key {
            Key::Integer(key) => Self::Integer(*key),
            Key::Text(key) => Self::Text(key.clone()),
        }
    }
}
