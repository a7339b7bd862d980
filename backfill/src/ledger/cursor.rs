//! Where a backfill goes on after a crash.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::key::Key;

/// The order in which a backfill goes through what it reads: what the keys of a cursor are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// By the key of the table that is filled.
    #[default]
    Key,
    /// By the rowid of the table that is read, as its rows are stored.
    Storage,
}

impl Order {
    const fn is_key(&self) -> bool {
        matches!(self, Self::Key)
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "the order of the key",
            Self::Storage => "storage order",
        })
    }
}

/// The durable cursor of a backfill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The smallest key when the backfill first started.
    pub first: Key,
    /// The largest key when the backfill first started: later rows belong to the live path.
    pub last: Key,
    /// The last key that is done; `None` before the first chunk.
    pub after: Option<Key>,
    /// Keys passed so far, with or without a change.
    pub scanned: u64,
    /// Keys there are, where they had to be counted because their span says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<u64>,
    /// What its keys are of.
    #[serde(default, skip_serializing_if = "Order::is_key")]
    pub order: Order,
    /// The last key whose value was taken over from the scratch table, in storage order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_over: Option<i64>,
}

impl Cursor {
    /// The cursor before the first step from `first` to `last`.
    #[must_use]
    pub const fn before(first: Key, last: Key, order: Order) -> Self {
        Self {
            first,
            last,
            after: None,
            scanned: 0,
            keys: None,
            order,
            taken_over: None,
        }
    }

    /// The cursor behind `upto`, which is `keys` keys further.
    #[must_use]
    pub fn past(self, upto: Key, keys: u64) -> Self {
        Self {
            after: Some(upto),
            scanned: self.scanned + keys,
            ..self
        }
    }
}
