//! Rows as they are held in memory, and what tells them apart.

use std::sync::Arc;

use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};

/// What a table's rows are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// A number.
    Integer(i64),
    /// A text.
    Text(Arc<str>),
}

impl Id {
    /// Bytes beside those of the type itself.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Integer(_) => 0,
            Self::Text(text) => text.len() as u64,
        }
    }
}

impl From<i64> for Id {
    fn from(id: i64) -> Self {
        Self::Integer(id)
    }
}

impl From<&str> for Id {
    fn from(id: &str) -> Self {
        Self::Text(id.into())
    }
}

impl ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Integer(id) => ValueRef::Integer(*id),
            Self::Text(id) => ValueRef::Text(id.as_bytes()),
        }))
    }
}

/// The values of a row but for its id, in the order of its table's columns. Clones share them.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(Arc<[Value]>);

impl Row {
    /// A row of these values.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = Value>) -> Self {
        Self(values.into_iter().collect())
    }

    /// Its values.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.0
    }

    /// Bytes it takes.
    pub(super) fn bytes(&self) -> u64 {
        let of = |value: &Value| match value {
            Value::Text(text) => text.len(),
            Value::Blob(blob) => blob.len(),
            Value::Null | Value::Integer(_) | Value::Real(_) => 0,
        };
        let beside: usize = self.0.iter().map(of).sum();
        (beside + size_of_val::<[Value]>(&self.0)) as u64
    }

    /// The row without what a table may refuse in a text: NUL characters. `None` if it has none.
    pub(super) fn without_nul(&self) -> Option<Self> {
        let has_nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
        if !self.0.iter().any(has_nul) {
            return None;
        }
        let clean = |value: &Value| match value {
            Value::Text(text) => Value::Text(text.replace('\0', "")),
            other => other.clone(),
        };
        Some(Self::new(self.0.iter().map(clean)))
    }
}
