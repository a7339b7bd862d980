//! How far processing is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The place of an item in the order in which items are processed. It grows from item to item;
/// several items may share one, and then they are written together or not at all.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Checkpoint(u64);

impl Checkpoint {
    /// Before the first item: nothing is processed.
    pub const START: Self = Self(0);

    /// The last there can be: SQLite's numbers end there.
    pub const LAST: Self = Self(i64::MAX.unsigned_abs());

    /// The `number`-th place; 0 is [`Checkpoint::START`].
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The one after it.
    pub(super) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// As SQLite stores it.
    pub(super) fn stored(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
