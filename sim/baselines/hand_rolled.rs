//! Chunks by key, as one writes them in an afternoon: right but for one thing.
//!
//! Rows, ledger and cursor go together, as they should. [`Mistake::PauseSkipped`] has a pacer and
//! does not do what it says: where connections are handed over at random, whoever asks again at
//! once is as likely to get it as those who wait. [`Mistake::NoSnapshot`] goes on until there is no
//! further row, and where rows are added as fast, there always is one. The others keep their ledger
//! badly: one says it is done when it was stopped, one writes a note for every row, and one does
//! not read what an earlier run has noted.

use std::time::Duration;

use backfill::chunked::{Fixed, Pacer as _, PacerError, Progress, Work};
use backfill::database::{Access, Database, DatabaseError};
use backfill::ledger::{self, Cursor, Key, Order, Turn};
use backfill::{Runtime as _, runtime::interrupted};
use rusqlite::{Connection, OptionalExtension as _, params};
use tokio_util::sync::CancellationToken;

use super::{NEWEST, OBSERVED, begin, finish, rest};
use crate::job::NAME;
use crate::machine::SimRuntime;
use crate::recorder::Recorder;

/// What is wrong with a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// It asks for pauses and does not make them.
    PauseSkipped,
    /// It ends where the table ends by then.
    NoSnapshot,
    /// It notes that it is done, however it ended.
    DoneAfterCancel,
    /// It notes how far it is once for every row.
    ProgressPerRow,
    /// It starts over when it is started again.
    ResumeFromZero,
}

/// A loop over the keys of the table.
#[derive(Clone, Copy, Debug)]
pub struct HandRolled {
    rows: u64,
    pacer: Fixed,
    mistake: Option<Mistake>,
}

/// Where the loop stands.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// The last key that is done.
    after: i64,
    /// The last key that is to be done.
    last: i64,
    /// Keys passed.
    scanned: u64,
    /// Rows written.
    processed: u64,
}

impl HandRolled {
    /// Chunks of `rows` rows with `pause` between them, and a mistake, or none.
    ///
    /// # Errors
    /// If a chunk would have no row.
    pub fn new(rows: u64, pause: Duration, mistake: Option<Mistake>) -> Result<Self, PacerError> {
        Ok(Self {
            rows,
            pacer: Fixed::new(rows, pause)?,
            mistake,
        })
    }

    /// Runs until no row is left; how many it wrote. Chunks are noted as they are asked for.
    ///
    /// # Errors
    /// What SQLite says; [`DatabaseError::is_interrupt`] if `cancel` was cancelled meanwhile.
    pub async fn run(
        mut self,
        database: &Database<SimRuntime>,
        recorder: &Recorder,
        cancel: CancellationToken,
        mut announce: impl FnMut(Progress),
    ) -> Result<u64, DatabaseError> {
        let mistake = self.mistake;
        let begin = move |connection: &Connection| start(connection, mistake);
        let (turn, mut place) = database.write(begin).await?;
        let walked = self.walk(
            database,
            recorder,
            &cancel,
            (&turn, &mut place),
            &mut announce,
        );
        match walked.await {
            Err(error) if error.is_interrupt() && mistake == Some(Mistake::DoneAfterCancel) => {
                finish(database, turn, place.processed, |_| ()).await?;
                return Err(error);
            }
            walked => walked?,
        }
        let processed = place.processed;
        finish(database, turn, processed, announce).await
    }

    /// Chunk after chunk, until no row is left.
    async fn walk(
        &mut self,
        database: &Database<SimRuntime>,
        recorder: &Recorder,
        cancel: &CancellationToken,
        (turn, place): (&Turn, &mut Place),
        announce: &mut impl FnMut(Progress),
    ) -> Result<(), DatabaseError> {
        let mut first = true;
        loop {
            let pace = self.pacer.pace(Work::Write, None);
            recorder.pace(database.runtime().now(), Work::Write, pace, first);
            if !first && self.mistake != Some(Mistake::PauseSkipped) {
                rest(database, pace.pause, cancel).await?;
            }
            first = false;
            if cancel.is_cancelled() {
                return Err(DatabaseError::Sqlite(interrupted()));
            }
            let (rows, notes, from) = (self.rows, turn.clone(), *place);
            let work = move |connection: &Connection| chunk(connection, &notes, from, rows);
            let (stored, _) = database.transact(Access::Write, cancel.clone(), work).await;
            let Some(next) = stored? else { return Ok(()) };
            if self.mistake == Some(Mistake::ProgressPerRow) {
                note_each_row(database, turn, (*place, next)).await?;
            }
            *place = next;
            announce(Progress {
                processed: place.processed,
                // Nobody has counted: at least what is done, and what the next chunk may add.
                total: place.processed + rows,
            });
        }
    }
}

/// A note for every row that was passed.
async fn note_each_row(
    database: &Database<SimRuntime>,
    turn: &Turn,
    (from, to): (Place, Place),
) -> Result<(), DatabaseError> {
    for _ in from.scanned..to.scanned {
        let notes = turn.clone();
        let note = move |connection: &Connection| {
            let rows = (to.processed, to.processed);
            notes.advance(connection, &cursor(to), rows, Duration::ZERO)
        };
        database.write(note).await?;
    }
    Ok(())
}

/// The turn, and the place an earlier run has come to, or the start.
fn start(connection: &Connection, mistake: Option<Mistake>) -> rusqlite::Result<(Turn, Place)> {
    let earlier = match mistake {
        Some(Mistake::ResumeFromZero) => None,
        _ => ledger::entry(connection, NAME)?,
    };
    let place = match earlier.as_ref().and_then(|entry| entry.cursor.as_ref()) {
        Some(Cursor {
            after: Some(Key::Integer(after)),
            last: Key::Integer(last),
            scanned,
            ..
        }) => Place {
            after: *after,
            last: *last,
            scanned: *scanned,
            processed: earlier.as_ref().map_or(0, |entry| entry.rows_processed),
        },
        _ => {
            let largest = "SELECT coalesce(max(id), 0) FROM transmissions";
            Place {
                last: match mistake {
                    Some(Mistake::NoSnapshot) => i64::MAX,
                    _ => connection.query_row(largest, [], |row| row.get(0))?,
                },
                ..Place::default()
            }
        }
    };
    let rows = (place.processed, place.processed);
    let turn = begin(connection, NAME, Some(&cursor(place)), rows)?;
    Ok((turn, place))
}

/// The next rows, and where the loop stands then; `None` if there is none.
fn chunk(
    connection: &Connection,
    turn: &Turn,
    from: Place,
    rows: u64,
) -> rusqlite::Result<Option<Place>> {
    let edge = "SELECT max(id), count(*) FROM (SELECT id FROM transmissions
                WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3) HAVING count(*) > 0";
    let found: Option<(i64, i64)> = connection
        .prepare_cached(edge)?
        .query_row(params![from.after, from.last, rows.cast_signed()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((upto, keys)) = found else {
        return Ok(None);
    };
    let update = format!(
        "UPDATE transmissions SET last_seen = max(last_seen, {NEWEST})
         WHERE id > ?1 AND id <= ?2 AND {OBSERVED}"
    );
    let changed = connection
        .prepare_cached(&update)?
        .execute([from.after, upto])? as u64;
    let next = Place {
        after: upto,
        scanned: from.scanned + keys.unsigned_abs(),
        processed: from.processed + changed,
        ..from
    };
    let rows = (next.processed, next.processed);
    turn.advance(connection, &cursor(next), rows, Duration::ZERO)?;
    Ok(Some(next))
}

fn cursor(place: Place) -> Cursor {
    Cursor {
        after: Some(Key::Integer(place.after)),
        scanned: place.scanned,
        ..Cursor::before(Key::Integer(0), Key::Integer(place.last), Order::Key)
    }
}
