//! Pages that are fetched, and the transactions that store them.
//!
//! A transaction has as many rows as the pacer says, which may be less than a page or more. The
//! state moves past a page in the transaction that has its last row, so it never claims a row that
//! is not stored.

use std::collections::VecDeque;

use rusqlite::Connection;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::api::Item;
use super::plan::Segment;
use super::sink::Sink;
use super::state::State;
use crate::chunked::{ChunkCost, Pace, Pacer, Work};
use crate::database::{Access, Database, DatabaseError};
use crate::ledger::Turn;
use crate::runtime::Runtime;
use crate::time::Instant;

/// A page, or what is left of one.
#[derive(Debug)]
pub(super) struct Batch {
    /// What was asked for.
    pub(super) asked: Segment,
    /// What is left of that behind the page.
    pub(super) left: Option<Segment>,
    /// Objects not stored yet.
    pub(super) items: Vec<Item>,
    /// Into how many segments the range is cut, as the plan said then.
    pub(super) segments: Option<u32>,
    /// Given back when the page is stored.
    pub(super) _permit: OwnedSemaphorePermit,
}

/// Pages that wait to be stored, in the order they came.
#[derive(Debug, Default)]
pub(super) struct Held {
    queue: VecDeque<Batch>,
    /// Objects in them.
    pub(super) items: u64,
    /// Bytes of these.
    pub(super) bytes: u64,
}

impl Held {
    pub(super) fn push(&mut self, batch: Batch) {
        self.items += batch.items.len() as u64;
        self.bytes += bytes(&batch.items);
        self.queue.push_back(batch);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn pages(&self) -> u32 {
        u32::try_from(self.queue.len()).unwrap_or(u32::MAX)
    }

    /// What comes first, `rows` rows of it at the most: whole pages, and the beginning of one.
    pub(super) fn take(&mut self, rows: u64) -> Taken {
        let mut taken = Taken::default();
        let mut room = usize::try_from(rows.max(1)).unwrap_or(usize::MAX);
        while let Some(front) = self.queue.front_mut() {
            if front.items.len() > room {
                if room > 0 {
                    taken.begun = front.items.drain(..room).collect();
                }
                break;
            }
            room -= front.items.len();
            taken.whole.extend(self.queue.pop_front());
        }
        let whole = taken.whole.iter().map(|batch| &*batch.items);
        for items in whole.chain([&*taken.begun]) {
            self.items -= items.len() as u64;
            self.bytes -= bytes(items);
        }
        taken
    }
}

fn bytes(items: &[Item]) -> u64 {
    items.iter().map(|item| item.body.len() as u64).sum()
}

/// What goes into one transaction.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Pages of which all, or all the rest, goes into it.
    whole: Vec<Batch>,
    /// The beginning of the next page.
    begun: Vec<Item>,
}

/// What a transaction did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    pub(super) pages: u32,
    pub(super) items: u32,
    pub(super) changed: u64,
    pub(super) processed: u64,
    pub(super) state_bytes: u64,
}

/// Stores pages, one transaction after the other.
pub(super) struct Store<R> {
    pub(super) database: Database<R>,
    pub(super) sink: Sink,
    pub(super) pacer: Box<dyn Pacer>,
    pub(super) turn: Turn,
    /// As it is stored.
    pub(super) state: State,
    /// Rows stored, over all runs.
    pub(super) processed: u64,
    pub(super) cancel: CancellationToken,
    pub(super) began_at: Instant,
    /// What the last transaction cost.
    pub(super) last: Option<ChunkCost>,
}

impl<R: Runtime> Store<R> {
    /// Waits as long as the pacer wants before the next transaction, cut short when the run is to
    /// stop; how many rows it may have.
    pub(super) async fn rest(&mut self) -> u64 {
        let pace = self.pacer.pace(Work::Write, self.last.as_ref());
        if self.last.is_some() {
            let (database, cancel) = (self.database.clone(), self.cancel.clone());
            tokio::select! {
                biased;
                () = cancel.cancelled() => {}
                () = gap(database, pace) => {}
            }
        }
        pace.rows.get()
    }

    /// Stores `taken`.
    pub(super) async fn write(&mut self, taken: Taken) -> Result<Written, DatabaseError> {
        let mut state = self.state.clone();
        for batch in &taken.whole {
            state.segments = batch.segments.or(state.segments);
            state.record(&batch.asked, batch.left.as_ref());
        }
        let text = serde_json::to_string(&state)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let state_bytes = text.len() as u64;
        let (sink, turn, before) = (self.sink.clone(), self.turn.clone(), self.processed);
        let worked = self.database.runtime().now() - self.began_at;
        let work = move |connection: &Connection| {
            let mut changed = 0;
            for items in taken.whole.iter().map(|batch| &batch.items) {
                changed += sink.store(connection, items)?;
            }
            changed += sink.store(connection, &taken.begun)?;
            let processed = before + changed;
            turn.advance_to(connection, &text, (processed, processed), worked)?;
            Ok((taken, changed))
        };
        // What was fetched is stored even by a run that is told to stop: it is one transaction.
        let (stored, usage) = self
            .database
            .transact(Access::Write, CancellationToken::new(), work)
            .await;
        let (taken, changed) = stored?;
        self.state = state;
        self.processed += changed;
        let items: usize = taken.whole.iter().map(|batch| batch.items.len()).sum();
        let items = items + taken.begun.len();
        self.last = Some(ChunkCost {
            ended_at: usage.released_at,
            rows: items as u64,
            wait: usage.wait(),
            hold: usage.hold(),
            waiting: usage.waiting,
            in_order: self.database.in_order(Access::Write),
            busy_retries: usage.busy_retries,
        });
        Ok(Written {
            pages: u32::try_from(taken.whole.len()).unwrap_or(u32::MAX),
            items: u32::try_from(items).unwrap_or(u32::MAX),
            changed,
            processed: self.processed,
            state_bytes,
        })
    }
}

async fn gap<R: Runtime>(database: Database<R>, pace: Pace) {
    if !pace.pause.is_zero() {
        database.runtime().sleep(pace.pause).await;
    }
    if !pace.until_idle.is_zero() {
        database.until_idle(Access::Write, pace.until_idle).await;
    }
}
