//! Chunk after chunk, each of which is handed something by the one before: the original, and
//! cheats that differ from it in one thing each.

use std::time::Duration;

use backfill::Runtime as _;
use backfill::database::{Database, DatabaseError};
use rusqlite::{Connection, params};

use super::{Row, TOTALS, add_by_path, count_live, create, is_done, rows_after};
use crate::aggregate::kept::SEEN;
use crate::aggregate::outcome::Chunk;
use crate::aggregate::recorder::Recorder;
use crate::machine::SimRuntime;

/// A chain of chunks.
#[derive(Clone, Copy, Debug)]
pub(in crate::aggregate) struct Chain {
    pub(in crate::aggregate) rows: u64,
    pub(in crate::aggregate) pause: Duration,
    pub(in crate::aggregate) uniques: Uniques,
    pub(in crate::aggregate) cursor: Cursor,
    /// Whether what is added meanwhile is counted.
    pub(in crate::aggregate) counts_live: bool,
}

/// How it knows whether a session was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::aggregate) enum Uniques {
    /// From so many sessions that it is handed, in the order they came first.
    Carried(u64),
    /// From the table of those that were seen.
    Stored,
}

/// Where it is noted how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::aggregate) enum Cursor {
    /// With the rows that were counted.
    Within,
    /// In a transaction of its own, after it.
    Apart,
    /// Nowhere: each process knows it of itself.
    InMemory,
}

/// How far it is.
struct Place {
    cursor: i64,
    last: i64,
    passed: u64,
    carried: Vec<String>,
    done: bool,
}

/// What came of a chunk.
struct Counted {
    chunk: Chunk,
    place: Place,
    is_last: bool,
}

impl Chain {
    /// Counts until nothing is left.
    pub(in crate::aggregate) async fn run(
        self,
        database: Database<SimRuntime>,
        recorder: Recorder,
        total: u64,
    ) -> Result<(), DatabaseError> {
        let runtime = database.runtime().clone();
        let begin = move |connection: &Connection| {
            if self.cursor != Cursor::InMemory && is_done(connection)? {
                return Ok(false);
            }
            create(connection)?;
            if self.counts_live {
                count_live(connection)?;
            }
            Ok(true)
        };
        if !database.write(begin).await? {
            return Ok(());
        }
        let mut own = (self.cursor == Cursor::InMemory).then_some(0);
        let mut passed_before = 0;
        loop {
            let from = own;
            let counted = database.write(move |db| self.chunk(db, from)).await?;
            let Counted {
                chunk,
                place,
                is_last,
            } = counted;
            let now = runtime.now();
            recorder.chunk(Chunk {
                at_ns: now.as_nanos(),
                ..chunk
            });
            let passed = place.passed.max(passed_before + chunk.rows);
            recorder.progress(now, passed, total.max(passed));
            passed_before = passed;
            own = own.map(|_| place.cursor);
            match self.cursor {
                Cursor::Within => {}
                Cursor::Apart => {
                    // Somebody else may come between.
                    runtime.sleep(self.pause / 2).await;
                    database.write(move |db| place.store(db)).await?;
                }
                Cursor::InMemory if is_last => {
                    database.write(move |db| place.store(db)).await?;
                }
                Cursor::InMemory => {}
            }
            if is_last {
                return Ok(());
            }
            runtime.sleep(self.pause).await;
        }
    }

    /// One chunk: counted, and noted with it unless it is not.
    fn chunk(self, connection: &Connection, from: Option<i64>) -> rusqlite::Result<Counted> {
        let mut place = Place::stored(connection)?;
        if let Some(from) = from {
            place.cursor = from;
        }
        let (rows, read, upto) = rows_after(connection, (place.cursor, place.last), self.rows)?;
        let mut written = add_by_path(connection, &rows)?;
        let found = match self.uniques {
            Uniques::Carried(most) => unseen_of(&rows, &mut place.carried, most),
            Uniques::Stored => unstored(connection, &rows)?,
        };
        let mut insert = connection.prepare_cached(&format!(
            "INSERT INTO {SEEN} VALUES (?1, ?2) ON CONFLICT DO NOTHING"
        ))?;
        let mut sessions = 0;
        for row in &found {
            sessions += insert.execute(params![row.session, row.id])?;
            written += row.session.len() as u64;
        }
        let sql = format!("UPDATE {TOTALS} SET views = views + ?1, sessions = sessions + ?2");
        let mut add = connection.prepare_cached(&sql)?;
        add.execute(params![rows.len() as i64, sessions as i64])?;
        place.cursor = upto;
        place.passed += read;
        place.done = read < self.rows;
        let carried_bytes = match self.cursor {
            Cursor::Within => place.store(connection)?,
            Cursor::Apart | Cursor::InMemory => 0,
        };
        Ok(Counted {
            chunk: Chunk {
                at_ns: 0,
                rows: read,
                refused: read - rows.len() as u64,
                row_bytes: Some(rows.iter().map(|row| row.bytes).sum()),
                written_bytes: written,
                carried_bytes,
            },
            is_last: place.done,
            place,
        })
    }
}

impl Place {
    fn stored(connection: &Connection) -> rusqlite::Result<Self> {
        let sql = format!("SELECT cursor, last, passed, carried FROM {TOTALS}");
        let (cursor, last, passed, carried): (_, _, i64, String) =
            connection.prepare_cached(&sql)?.query_row([], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
        let carried = serde_json::from_str(&carried)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(Self {
            cursor,
            last,
            passed: passed.unsigned_abs(),
            carried,
            done: false,
        })
    }

    /// Stores it; how many bytes the next chunk is handed.
    fn store(&self, connection: &Connection) -> rusqlite::Result<u64> {
        let carried = serde_json::to_string(&self.carried)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        // When it is done, everything up to the last is, whether or not there is such a row.
        let sql = format!(
            "UPDATE {TOTALS} SET cursor = iif(?4, last, ?1), passed = ?2, carried = ?3, done = ?4"
        );
        let mut update = connection.prepare_cached(&sql)?;
        update.execute(params![self.cursor, self.passed as i64, carried, self.done])?;
        let numbers = [self.cursor.unsigned_abs(), self.passed];
        let digits: usize = numbers.map(|number| number.to_string().len()).iter().sum();
        Ok((carried.len() + digits) as u64)
    }
}

/// Rows whose session is not among those carried, which become the last `most` that came first.
fn unseen_of<'a>(rows: &'a [Row], carried: &mut Vec<String>, most: u64) -> Vec<&'a Row> {
    let mut known: std::collections::BTreeSet<String> = carried.iter().cloned().collect();
    let mut unseen = Vec::new();
    for row in rows {
        if known.insert(row.session.clone()) {
            carried.push(row.session.clone());
            unseen.push(row);
        }
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    carried.drain(..carried.len().saturating_sub(most));
    unseen
}

/// Rows with the first view of a session that is not stored yet.
fn unstored<'a>(connection: &Connection, rows: &'a [Row]) -> rusqlite::Result<Vec<&'a Row>> {
    let sql = format!("SELECT NOT EXISTS (SELECT 1 FROM {SEEN} WHERE value = ?1)");
    let mut select = connection.prepare_cached(&sql)?;
    let mut met = std::collections::BTreeSet::new();
    let mut unstored = Vec::new();
    for row in rows {
        if met.insert(&row.session) && select.query_row([&row.session], |row| row.get(0))? {
            unstored.push(row);
        }
    }
    Ok(unstored)
}
