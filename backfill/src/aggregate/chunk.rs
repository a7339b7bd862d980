//! One chunk: a stretch of rows is measured, counted, and noted, in one transaction.

use std::num::NonZeroU64;

use rusqlite::{Connection, params};

use super::aggregate::Aggregate;
use super::plan::{Plan, weighing};
use crate::dead_letter::{self, is_refusal};
use crate::ledger::{Cursor, Key};
use crate::time::Instant;

/// What one chunk did, told once it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// When it was stored.
    pub at: Instant,
    /// Rows read.
    pub rows: u64,
    /// Of those, rows that were set aside.
    pub refused: u64,
    /// Values seen for the first time, over all figures.
    pub new_values: u64,
    /// What the rows weigh: a text or a blob its bytes, anything else 8.
    pub bytes_read: u64,
    /// What was written into the figures' tables, by the same measure: values that are new or whose
    /// rows became more. The notes of how far it is, as large in every chunk, are not in it.
    pub bytes_written: u64,
    /// What the next chunk is handed, in bytes: the cursor, as the ledger has it.
    pub carried_bytes: u64,
    /// The key up to which everything is done.
    pub upto: i64,
}

/// The rows of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Their keys.
    pub(super) ids: Vec<i64>,
    pub(super) bytes: u64,
    /// Whether nothing comes after them.
    pub(super) is_last: bool,
}

/// What became of the rows of a stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) counted: u64,
    pub(super) refused: u64,
    /// New values of each figure.
    pub(super) found: Vec<u64>,
    pub(super) bytes_written: u64,
}

impl Stretch {
    /// The next rows from `first` to `last`: at most `rows`, and at most `bytes` unless the first
    /// one alone is heavier. That one is a chunk of its own.
    pub(super) fn next(
        connection: &Connection,
        aggregate: &Aggregate,
        (first, last): (i64, i64),
        (rows, bytes): (u64, NonZeroU64),
    ) -> rusqlite::Result<Self> {
        let mut select = connection.prepare_cached(&weighing(connection, aggregate)?)?;
        // One more tells whether it is the last, or a chunk of nothing would have to.
        let limit = i64::try_from(rows).unwrap_or(i64::MAX).saturating_add(1);
        let mut found = select.query([first, last, limit])?;
        let mut stretch = Self::default();
        while let Some(row) = found.next()? {
            let (id, weight) = (row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs());
            let full = stretch.ids.len() as u64 == rows;
            let heavy = !stretch.ids.is_empty() && stretch.bytes + weight > bytes.get();
            if full || heavy {
                return Ok(stretch);
            }
            stretch.ids.push(id);
            stretch.bytes += weight;
        }
        stretch.is_last = true;
        Ok(stretch)
    }
}

impl Tally {
    fn none(figures: usize) -> Self {
        Self {
            counted: 0,
            refused: 0,
            found: vec![0; figures],
            bytes_written: 0,
        }
    }

    fn add(&mut self, other: &Self) {
        self.counted += other.counted;
        self.refused += other.refused;
        self.bytes_written += other.bytes_written;
        for (found, more) in self.found.iter_mut().zip(&other.found) {
            *found += more;
        }
    }
}

impl Plan {
    /// Counts the rows of `stretch`. Where a figure's table refuses some of them, they are tried
    /// one by one, and those that it refuses alone are set aside.
    pub(super) fn count(
        &self,
        connection: &Connection,
        aggregate: &Aggregate,
        stretch: &Stretch,
    ) -> rusqlite::Result<Tally> {
        let mut tally = Tally::none(self.figures.len());
        let (Some(&first), Some(&last)) = (stretch.ids.first(), stretch.ids.last()) else {
            return Ok(tally);
        };
        if let Ok(all) = self.tried(connection, aggregate, (first, last))? {
            return Ok(all);
        }
        for &id in &stretch.ids {
            match self.tried(connection, aggregate, (id, id))? {
                Ok(one) => tally.add(&one),
                Err(reason) => {
                    set_aside(connection, aggregate, id, &reason)?;
                    tally.refused += 1;
                }
            }
        }
        Ok(tally)
    }

    /// Counts the rows from key `first` to `last`, all or none; or why a table refuses them.
    fn tried(
        &self,
        connection: &Connection,
        aggregate: &Aggregate,
        keys: (i64, i64),
    ) -> rusqlite::Result<Result<Tally, String>> {
        let says = |sql| connection.prepare_cached(sql)?.execute([]).map(drop);
        says("SAVEPOINT counted")?;
        let tried = match self.counted(connection, aggregate, keys) {
            Ok(tally) => Ok(tally),
            Err(error) if is_refusal(connection, &error) => {
                says("ROLLBACK TO counted")?;
                Err(error.to_string())
            }
            // All of the chunk is undone.
            Err(error) => return Err(error),
        };
        says("RELEASE counted")?;
        Ok(tried)
    }

    fn counted(
        &self,
        connection: &Connection,
        aggregate: &Aggregate,
        (first, last): (i64, i64),
    ) -> rusqlite::Result<Tally> {
        let mut tally = Tally::none(self.figures.len());
        let refused = connection.prepare_cached(&self.refuse)?.execute(params![
            first,
            last,
            aggregate.name,
            aggregate.table
        ])?;
        tally.refused = refused as u64;
        let keys = [first, last];
        tally.counted = number(connection, &self.fitting, keys)?;
        for (figure, found) in self.figures.iter().zip(&mut tally.found) {
            if let Some(sql) = &figure.found {
                *found = number(connection, sql, keys)?;
            }
            let mut store = connection.prepare_cached(&figure.store)?;
            let mut written = store.query(keys)?;
            while let Some(row) = written.next()? {
                tally.bytes_written += row.get::<_, i64>(0)?.unsigned_abs();
                *found += u64::from(figure.found.is_none());
            }
        }
        Ok(tally)
    }
}

fn number(connection: &Connection, sql: &str, keys: [i64; 2]) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(sql)?
        .query_row(keys, |row| row.get::<_, i64>(0))
        .map(i64::unsigned_abs)
}

fn set_aside(
    connection: &Connection,
    aggregate: &Aggregate,
    id: i64,
    reason: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(&dead_letter::insert("VALUES (?1, ?2, ?3, 0, ?4)"))?
        .execute(params![aggregate.name, aggregate.table, id, reason])
        .map(drop)
}

/// The key a cursor is behind, and that of its end.
pub(super) fn ends(cursor: &Cursor) -> rusqlite::Result<(Option<i64>, i64)> {
    match (&cursor.after, &cursor.last) {
        (None, Key::Integer(last)) => Ok((None, *last)),
        (Some(Key::Integer(after)), Key::Integer(last)) => Ok((Some(*after), *last)),
        _ => Err(rusqlite::Error::ToSqlConversionFailure(
            "the cursor in the ledger is not one of integer keys".into(),
        )),
    }
}
