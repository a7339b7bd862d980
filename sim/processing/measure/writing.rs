//! How many writes there were, of how much, and how long they took.
//!
//! What of a write is a cost of its own and what is a cost of each row in it cannot be told from
//! outside. What can be told is how many items went into a write, and how long one took.

use serde::Serialize;

use crate::measure::mean::quotient;
use crate::processing::Write;

/// The writes of one cell, or of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Writing {
    /// Writes with at least one batch.
    pub writes: u64,
    /// Writes of metadata alone.
    pub of_metadata: u64,
    /// Items in all of them.
    pub items: u64,
    /// The most in one.
    pub items_most: u64,
    /// What the tries that wrote batches took, all together, ns.
    pub tries_ns: u64,
    /// The longest of these, ns.
    pub try_most_ns: u64,
    /// Tries that failed before.
    pub retries: u64,
}

impl Writing {
    /// The figures of `writes`.
    #[must_use]
    pub fn of(writes: &[Write]) -> Self {
        let with_batches = || writes.iter().filter(|write| write.batches > 0);
        let count = with_batches().count() as u64;
        Self {
            writes: count,
            of_metadata: writes.len() as u64 - count,
            items: with_batches().map(|write| write.items).sum(),
            items_most: with_batches().map(|write| write.items).max().unwrap_or(0),
            tries_ns: with_batches().map(|write| write.last_try_ns).sum(),
            try_most_ns: with_batches()
                .map(|write| write.last_try_ns)
                .max()
                .unwrap_or(0),
            retries: writes.iter().map(|write| u64::from(write.retries)).sum(),
        }
    }

    /// Items per write with a batch; `None` without any.
    #[must_use]
    pub fn items_mean(&self) -> Option<f64> {
        quotient(self.items, self.writes)
    }

    /// How long a try that wrote batches took on average, ns; `None` without any.
    #[must_use]
    pub fn try_mean_ns(&self) -> Option<u64> {
        self.tries_ns.checked_div(self.writes)
    }

    /// The writes of both.
    #[must_use]
    pub fn pooled(self, other: Self) -> Self {
        Self {
            writes: self.writes + other.writes,
            of_metadata: self.of_metadata + other.of_metadata,
            items: self.items + other.items,
            items_most: self.items_most.max(other.items_most),
            tries_ns: self.tries_ns + other.tries_ns,
            try_most_ns: self.try_most_ns.max(other.try_most_ns),
            retries: self.retries + other.retries,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processing::measure::synthetic::{MS, write};

    #[test]
    fn metadata_alone_is_no_write_of_items_and_waiting_is_no_writing() {
        let mut late = write(900 * MS, 400 * MS, 30 * MS, 3);
        late.retries = 2;
        let metadata = Write {
            batches: 0,
            items: 0,
            ..write(950 * MS, 5 * MS, 5 * MS, 1)
        };
        let writing = Writing::of(&[write(100 * MS, 10 * MS, 10 * MS, 1), late, metadata]);
        assert_eq!((writing.writes, writing.of_metadata), (2, 1));
        assert_eq!((writing.items, writing.items_most), (400, 300));
        assert_eq!(writing.items_mean(), Some(200.0));
        assert_eq!(writing.try_mean_ns(), Some(20 * MS));
        assert_eq!((writing.try_most_ns, writing.retries), (30 * MS, 2));
        let both = writing.pooled(Writing::of(&[write(0, 40 * MS, 40 * MS, 1)]));
        assert_eq!((both.writes, both.items_most), (3, 300));
        assert_eq!(both.try_most_ns, 40 * MS);
        assert_eq!(Writing::of(&[]).items_mean(), None);
        assert_eq!(Writing::of(&[metadata]).try_mean_ns(), None);
    }
}
