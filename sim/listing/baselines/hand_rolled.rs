//! A listing backfill as somebody writes it in an afternoon, with a mistake in it.
//!
//! Four segments of the same length, one page after the other. Each mistake is one that was made:
//! state that is written before the rows it speaks of, a page that goes on by time and leaves out
//! the second it ended in, an empty page that is believed, a limit that marks everything complete.

use std::sync::Arc;

use backfill::database::{Database, DatabaseError};
use backfill::ledger::{self, Start, Status, Turn};
use backfill::listing::plan::{Answer, Segment};
use backfill::listing::{Item, ListApi, ListError, ListParams, Page, Range, State};
use rusqlite::{Connection, params};
use std::time::Duration;

/// Segments.
const SEGMENTS: u64 = 4;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// The state is written before the rows.
    StateFirst,
    /// The next page begins before the last second of the one before.
    BoundaryDropped,
    /// An empty page is the end, whatever became of the object it was to go on after.
    CursorTrusted,
    /// When the limit is reached, everything counts as complete.
    LimitCompletes,
}

/// Why it stopped.
#[derive(Debug, thiserror::Error)]
pub enum HandRolledError {
    /// No page.
    #[error(transparent)]
    Page(#[from] ListError),
    /// Nothing stored.
    #[error(transparent)]
    Store(#[from] DatabaseError),
}

/// The loop.
pub struct HandRolled<R, A> {
    /// Where it stores.
    pub database: Database<R>,
    /// What it asks.
    pub api: A,
    /// The resource, and the table.
    pub name: Arc<str>,
    /// Its name in the ledger.
    pub migration: String,
    /// What it is to fetch.
    pub range: Range,
    /// Objects on a page.
    pub page: u32,
    /// Objects it stores at the most, give or take a page.
    pub limit: Option<u64>,
    /// What is wrong with it.
    pub mistake: Mistake,
}

impl<R: backfill::Runtime, A: ListApi> HandRolled<R, A> {
    /// Runs to its end.
    ///
    /// # Errors
    /// What the API and SQLite say.
    pub async fn run(self) -> Result<(), HandRolledError> {
        let (turn, mut state) = self.claim().await?;
        let mut stored = 0;
        let pieces: Vec<Range> = state.left().iter().map(|left| left.range).collect();
        for piece in pieces.into_iter().flat_map(|range| range.cut(SEGMENTS)) {
            let mut next = Some(Segment::fresh(piece));
            while let Some(asked) = next.take() {
                if self.limit.is_some_and(|limit| stored >= limit) {
                    return self.stop_at_limit(turn, state, stored).await;
                }
                let page = self.list(&asked).await?;
                let answer = answer(&page);
                let left = match self.mistake {
                    Mistake::BoundaryDropped => by_time(&answer, &asked),
                    _ => answer.left(&asked),
                };
                state.record(&asked, left.as_ref());
                stored += u64::from(answer.items);
                self.store(&turn, &state, page.items, stored).await?;
                next = left;
            }
        }
        self.finish(turn, stored).await
    }

    async fn list(&self, asked: &Segment) -> Result<Page, ListError> {
        let params = ListParams {
            resource: Arc::clone(&self.name),
            created: asked.range,
            limit: self.page,
            starting_after: asked.after.clone(),
        };
        self.api.list(params).await
    }

    async fn claim(&self) -> Result<(Turn, State), DatabaseError> {
        let (migration, range, table) = (self.migration.clone(), self.range, self.name.clone());
        self.database
            .write(move |connection| {
                ledger::ensure(connection)?;
                connection.execute_batch(&format!(
                    "CREATE TABLE IF NOT EXISTS {table}(
                       id TEXT PRIMARY KEY NOT NULL, created INTEGER, body TEXT NOT NULL)"
                ))?;
                let entry = ledger::entry_at::<State>(connection, &migration)?;
                let state = entry.and_then(|entry| entry.cursor);
                let state = state.unwrap_or_else(|| State::new(range));
                let start = Start {
                    cursor: Some(&state),
                    ..Start::default()
                };
                Ok((Turn::take(connection, &migration, &start)?, state))
            })
            .await
    }

    async fn store(
        &self,
        turn: &Turn,
        state: &State,
        items: Vec<Item>,
        stored: u64,
    ) -> Result<(), DatabaseError> {
        let (note, state) = (turn.clone(), state.clone());
        let advance = move |connection: &Connection| {
            note.advance(connection, &state, (stored, stored), Duration::ZERO)
        };
        let table = Arc::clone(&self.name);
        let insert = move |connection: &Connection| insert(connection, &table, &items);
        if self.mistake == Mistake::StateFirst {
            self.database.write(advance).await?;
            return self.database.write(insert).await;
        }
        let both = move |connection: &Connection| {
            insert(connection)?;
            advance(connection)
        };
        self.database.write(both).await
    }

    async fn stop_at_limit(
        &self,
        turn: Turn,
        mut state: State,
        stored: u64,
    ) -> Result<(), HandRolledError> {
        for left in state.left() {
            state.record(&left, None);
        }
        self.store(&turn, &state, Vec::new(), stored).await?;
        self.finish(turn, stored).await
    }

    async fn finish(&self, turn: Turn, stored: u64) -> Result<(), HandRolledError> {
        let end = move |connection: &Connection| {
            turn.finish(connection, Status::Done, stored, None, Duration::ZERO)
        };
        Ok(self.database.write(end).await?)
    }
}

fn insert(connection: &Connection, table: &str, items: &[Item]) -> rusqlite::Result<()> {
    let sql = format!("INSERT INTO {table} VALUES (?1, ?2, ?3) ON CONFLICT(id) DO NOTHING");
    let mut insert = connection.prepare_cached(&sql)?;
    for item in items {
        insert.execute(params![item.id, item.created, item.body])?;
    }
    Ok(())
}

fn answer(page: &Page) -> Answer {
    let last = page.items.last();
    Answer {
        items: page.items.len() as u32,
        last: last.map(|item| Arc::from(&*item.id)),
        newest: page.items.first().and_then(|item| item.created),
        oldest: last.and_then(|item| item.created),
        has_more: page.has_more,
        latency: Duration::ZERO,
    }
}

/// What is left when the next page begins before the last second of this one.
fn by_time(answer: &Answer, asked: &Segment) -> Option<Segment> {
    let oldest = answer.oldest.filter(|_| answer.has_more)?;
    let range = Range::new(asked.range.gte, oldest);
    (!range.is_empty()).then(|| Segment::fresh(range))
}
