//! After every transaction, whether the ledger claims what is not stored.
//!
//! It looks on a connection of its own, at no modelled time, whenever somebody has written: what a
//! crash at that moment would leave. Where there are many objects, only what the state claims anew
//! is looked at, at its edges: the object each cursor names, and the first and the last object of
//! each completed range. A state that is ahead by a page is ahead there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backfill::listing::{Range, State};
use backfill::time::Instant;
use rusqlite::{Connection, OptionalExtension as _};

use super::{STATE, verdict};
use crate::listing::stream::Stream;
use crate::machine::Machine;
use crate::outcome::Oracle;

/// Up to so many objects each of them is looked up when it is first claimed.
const FEW_OBJECTS: u32 = 20_000;
/// A state larger than this, bytes, is not read after every transaction: only a plan that keeps
/// hundreds of segments has one, and reading it would take longer than all else.
const LARGE_STATE: usize = 16_384;
/// But after one in so many.
const LARGE_EVERY: u32 = 50;

/// Looks after every transaction; clones share what was found.
#[derive(Clone)]
pub(in crate::listing) struct Auditor(Arc<Mutex<Audit>>);

struct Audit {
    connection: Connection,
    machine: Arc<Machine>,
    streams: Arc<[Stream]>,
    /// What each stream's state was when it was last looked at: its text, and what it claimed.
    seen: Vec<(String, Option<State>)>,
    /// Objects known to be stored, by stream and position.
    stored: Vec<Vec<bool>>,
    looked: u64,
    /// Transactions to go until a large state is read again, by stream.
    skip: Vec<u32>,
    /// Transactions after which a large state was not read.
    skipped: u64,
    objects: u64,
    /// Whether an object of a stream has gone.
    gone: Box<dyn Fn(usize, u32) -> bool + Send>,
    violation: Option<String>,
}

impl Auditor {
    /// Looks at the tables and entries of `streams` over `connection`. What is `gone` from the API
    /// need not be stored.
    pub(in crate::listing) fn new(
        connection: Connection,
        machine: Arc<Machine>,
        streams: Arc<[Stream]>,
        gone: impl Fn(usize, u32) -> bool + Send + 'static,
    ) -> Self {
        let seen = streams.iter().map(|_| (String::new(), None)).collect();
        let number_of_streams = streams.len();
        let of_stream = |stream: &Stream| vec![false; stream.objects.len() as usize];
        let stored = streams.iter().map(of_stream).collect();
        Self(Arc::new(Mutex::new(Audit {
            connection,
            machine,
            streams,
            seen,
            stored,
            looked: 0,
            skip: vec![0; number_of_streams],
            skipped: 0,
            objects: 0,
            gone: Box::new(gone),
            violation: None,
        })))
    }

    /// Looks now.
    pub(in crate::listing) fn look(&self, at: Instant) {
        let mut audit = self.lock();
        let machine = Arc::clone(&audit.machine);
        let unix_ms = machine.unix_ms(at);
        // Nobody is charged for it.
        let (looked, _) = machine.volume().step(unix_ms, || audit.look(at));
        if let Err(error) = looked {
            let said = format!("the ledger could not be looked at: {error}");
            audit.violation.get_or_insert(said);
        }
    }

    /// What was found.
    pub(super) fn verdict(&self) -> Oracle {
        let audit = self.lock();
        let detail = audit.violation.clone().unwrap_or_else(|| {
            let (looked, objects) = (audit.looked, audit.objects);
            let left_out = audit.left_out();
            format!(
                "{looked} states were looked at, and {objects} objects they claim are \
                 stored{left_out}"
            )
        });
        verdict(STATE, audit.violation.is_none(), detail)
    }

    fn lock(&self) -> MutexGuard<'_, Audit> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Audit {
    /// What was not looked at, and why: nobody is to believe that everything was.
    fn left_out(&self) -> String {
        let mut left_out = String::new();
        if self.streams.iter().any(is_large) {
            left_out += &format!(
                "; where there are more than {FEW_OBJECTS} objects, only the first and the last of \
                 each range and the one at each cursor were looked up"
            );
        }
        if self.skipped > 0 {
            left_out += &format!(
                "; a state above {LARGE_STATE} bytes is looked at after one in {LARGE_EVERY} \
                 transactions only: {} were passed over",
                self.skipped
            );
        }
        left_out
    }

    fn look(&mut self, at: Instant) -> rusqlite::Result<()> {
        if self.violation.is_some() || !self.connection.table_exists(None, "_async_migrations")? {
            return Ok(());
        }
        for number in 0..self.streams.len() {
            if self.skip[number] > 0 {
                self.skip[number] -= 1;
                self.skipped += 1;
                continue;
            }
            let stream = self.streams[number].clone();
            let text: Option<String> = self
                .connection
                .prepare_cached("SELECT cursor FROM _async_migrations WHERE name = ?1")?
                .query_row([stream.migration()], |row| row.get(0))
                .optional()?
                .flatten();
            let Some(text) = text.filter(|text| *text != self.seen[number].0) else {
                continue;
            };
            let Ok(state) = serde_json::from_str::<State>(&text) else {
                let said = format!("{}: the state cannot be read: {text}", stream.name);
                self.violation = Some(said);
                return Ok(());
            };
            self.looked += 1;
            if text.len() > LARGE_STATE {
                self.skip[number] = LARGE_EVERY - 1;
            }
            self.check(at, number, &stream, &state)?;
            self.seen[number] = (text, Some(state));
        }
        Ok(())
    }

    fn check(
        &mut self,
        at: Instant,
        number: usize,
        stream: &Stream,
        state: &State,
    ) -> rusqlite::Result<()> {
        let before = self.seen[number].1.as_ref();
        let claimed = if is_large(stream) {
            edges(stream, state, before)
        } else {
            all(stream, state)
        };
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM {} WHERE id = ?1)",
            stream.name
        );
        for position in claimed {
            // Nobody deletes rows: what was stored once is.
            if std::mem::replace(&mut self.stored[number][position as usize], true) {
                continue;
            }
            let id = stream.objects.id(position);
            let stored: bool = self
                .connection
                .prepare_cached(&sql)?
                .query_row([&id], |row| row.get(0))?;
            self.objects += 1;
            if !stored && !(self.gone)(number, position) {
                let ms = at.as_nanos() / 1_000_000;
                let name = &stream.name;
                self.violation = Some(format!(
                    "{name}: at {ms} ms the state claims that {id} is stored, and it is not"
                ));
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Whether only the edges of what is claimed of it are looked at.
fn is_large(stream: &Stream) -> bool {
    stream.objects.len() > FEW_OBJECTS
}

/// Every object `state` claims.
fn all(stream: &Stream, state: &State) -> Vec<u32> {
    let objects = &stream.objects;
    let mut claimed: Vec<u32> = state
        .completed
        .iter()
        .flat_map(|range| objects.within(*range))
        .collect();
    for one in &state.in_flight {
        let span = objects.within(Range::new(one.gte, one.lt));
        // Newer objects have higher positions; the cursor itself is stored. One from elsewhere
        // claims nothing in here.
        if let Some(cursor) = objects.position_of(&one.cursor) {
            claimed.extend(cursor.max(span.start)..span.end);
        }
    }
    claimed
}

/// The objects at the edges of what `state` claims and `before` did not.
fn edges(stream: &Stream, state: &State, before: Option<&State>) -> Vec<u32> {
    let objects = &stream.objects;
    let mut claimed = Vec::new();
    for range in &state.completed {
        if before.is_none_or(|before| !before.completed.contains(range)) {
            let span = objects.within(*range);
            claimed.extend(span.clone().next());
            claimed.extend(span.clone().next_back());
        }
    }
    for one in &state.in_flight {
        if before.is_none_or(|before| !before.in_flight.contains(one)) {
            claimed.extend(objects.position_of(&one.cursor));
        }
    }
    claimed
}
