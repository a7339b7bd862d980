//! How far a backfill is.

use crate::ledger::{Cursor, Key, Order};

/// How far a backfill is, over all its runs.
///
/// `processed` never goes down, never exceeds `total`, and ends equal to it. `total` is an
/// estimate while the backfill runs: it assumes that every key not yet passed will need a change,
/// and that keys ahead lie as close together as those passed. It shrinks where keys turn out to
/// need nothing, grows where they lie closer, and is exact at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows written.
    pub processed: u64,
    /// Rows there are to write, estimated until the end.
    pub total: u64,
}

impl Progress {
    /// Progress at `cursor` with `processed` rows written.
    pub(super) fn at(cursor: &Cursor, processed: u64) -> Self {
        let total = match cursor.order {
            Order::Key => processed.saturating_add(keys_left(cursor)),
            // How far the rows are that are read says nothing about those that are written.
            Order::Storage => processed.max(cursor.keys.unwrap_or(0)),
        };
        Self { processed, total }
    }
}

/// Keys not yet passed: counted ones minus those passed, or the rest of the span at the density
/// seen so far (1 before anything was seen), rounded up.
fn keys_left(cursor: &Cursor) -> u64 {
    match cursor.keys {
        Some(keys) => keys.saturating_sub(cursor.scanned),
        None => span_left(cursor),
    }
}

/// Rows there are to read in storage order, those read so far among them: an estimate until the
/// end.
pub(super) fn rows_to_read(cursor: &Cursor) -> u64 {
    cursor.scanned.saturating_add(span_left(cursor))
}

/// The rest of the span at the density seen so far.
fn span_left(cursor: &Cursor) -> u64 {
    let (Key::Integer(first), Key::Integer(last)) = (&cursor.first, &cursor.last) else {
        return 0;
    };
    let span = |from: i64, to: i64| u128::try_from(i128::from(to) - i128::from(from)).unwrap_or(0);
    let left = match &cursor.after {
        Some(Key::Integer(after)) => {
            let passed = span(*first, *after) + 1;
            (span(*after, *last) * u128::from(cursor.scanned)).div_ceil(passed)
        }
        _ => span(*first, *last) + 1,
    };
    u64::try_from(left).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(first: i64, last: i64, after: Option<i64>, scanned: u64) -> Cursor {
        Cursor {
            after: after.map(Key::Integer),
            scanned,
            ..Cursor::before(Key::Integer(first), Key::Integer(last), Order::Key)
        }
    }

    #[test]
    fn dense_keys_are_estimated_exactly() {
        assert_eq!(Progress::at(&cursor(1, 12_000, None, 0), 0).total, 12_000);
        let half = cursor(1, 12_000, Some(5_000), 5_000);
        assert_eq!(Progress::at(&half, 5_000).total, 12_000);
    }

    #[test]
    fn sparse_keys_are_estimated_at_the_density_seen() {
        let tenth = cursor(1, 1_000_000, Some(100_000), 1_000);
        assert_eq!(Progress::at(&tenth, 1_000).total, 10_000);
    }

    #[test]
    fn extreme_keys_do_not_overflow() {
        let all = cursor(i64::MIN, i64::MAX, Some(i64::MAX - 1), u64::MAX);
        assert_eq!(Progress::at(&all, u64::MAX).total, u64::MAX);
    }

    #[test]
    fn rows_without_a_change_shrink_the_total() {
        let end = cursor(1, 6, Some(6), 6);
        assert_eq!(
            Progress::at(&end, 5),
            Progress {
                processed: 5,
                total: 5
            }
        );
    }
}
