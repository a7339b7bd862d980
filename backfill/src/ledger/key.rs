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
    /// A key of several columns, none of which has several itself; an array in JSON.
    Columns(Vec<Key>),
}

impl Key {
    /// The key with these values, one for each of its columns; `None` if one of them can be no key:
    /// only integers and text can.
    #[must_use]
    pub fn of(values: Vec<Value>) -> Option<Self> {
        let one = |value| match value {
            Value::Integer(key) => Some(Self::Integer(key)),
            Value::Text(key) => Some(Self::Text(key)),
            Value::Null | Value::Real(_) | Value::Blob(_) => None,
        };
        let mut keys = values.into_iter().map(one).collect::<Option<Vec<Self>>>()?;
        match keys.len() {
            0 => None,
            1 => keys.pop(),
            _ => Some(Self::Columns(keys)),
        }
    }

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
