//! Who uses the database over which connections, and who hears of it.

use std::time::Duration;

use backfill::Instant;
use backfill::chunked::ReaderSignal;
use backfill::database::{Access, Connections, Database, HandOff, Observer, Usage};
use rand::Rng as _;
use rusqlite::Connection;

use super::budget::Budget;
use crate::machine::{Machine, SimRuntime};
use crate::outcome::{BACKFILL, BACKFILL_APART, Line, READER, WRITER};
use crate::recorder::Recorder;
use crate::scenario::{self, Journal, Synchronous};
use crate::seed::{Purpose, stream};

/// A connection to `file` on the disk of `machine`, set up as `database` says.
pub(crate) fn connection(
    machine: &Machine,
    file: &str,
    database: &scenario::Database,
) -> rusqlite::Result<Connection> {
    let connection = machine.volume().open(file)?;
    let journal = match database.journal {
        Journal::Wal => "wal",
        Journal::Delete => "delete",
    };
    let synchronous = match database.synchronous {
        Synchronous::Normal => "normal",
        Synchronous::Full => "full",
    };
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = {journal}; PRAGMA synchronous = {synchronous};
         PRAGMA cache_size = -{}",
        database.cache_kib
    ))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// The connections that everybody uses, as `database` says: `first`, and `another` as often as
/// reads have some of their own.
pub(crate) fn pool(
    first: Connection,
    database: &scenario::Database,
    another: impl Fn() -> rusqlite::Result<Connection>,
) -> rusqlite::Result<Connections> {
    Ok(match database.connections {
        scenario::Connections::Shared => Connections::Shared(vec![first]),
        scenario::Connections::Split | scenario::Connections::Competing => Connections::Split {
            readers: (0..database.reader_connections)
                .map(|_| another())
                .collect::<Result<_, _>>()?,
            writers: vec![first],
        },
    })
}

/// How connections are handed over, as `database` says.
pub(crate) fn hand_off(database: &scenario::Database, seed: u64) -> HandOff {
    match database.hand_off {
        scenario::HandOff::Fifo => HandOff::Fifo,
        scenario::HandOff::Random => {
            HandOff::Random(stream(seed, Purpose::HandOff, "pool").next_u64())
        }
    }
}

/// The connections of a cell, before anybody uses them.
pub(super) struct Pools {
    /// What everybody uses.
    pub(super) shared: Connections,
    /// What the backfill uses instead, where it competes with the live writer.
    pub(super) backfill: Option<Connections>,
    /// A connection of the strategy's own for reads.
    pub(super) apart: Option<Connection>,
    /// How they are handed over.
    pub(super) hand_off: HandOff,
    /// Whose latency pacers listen to: readers' or writers', as the objective says.
    pub(super) promised: &'static str,
}

/// The same, ready for use.
pub(super) struct Databases {
    /// For traffic and operator.
    pub(super) shared: Database<SimRuntime>,
    /// For the backfill.
    pub(super) backfill: Database<SimRuntime>,
    /// For what it reads apart.
    pub(super) apart: Option<Database<SimRuntime>>,
    /// What those live through who were promised something.
    pub(super) signal: ReaderSignal,
    /// What the backfill may store.
    pub(super) budget: Budget,
}

impl Pools {
    /// Hands the connections to whom they are for; `recorder` hears of every use.
    pub(super) fn open(
        self,
        runtime: &SimRuntime,
        busy_timeout: Duration,
        recorder: &Recorder,
    ) -> Databases {
        let (signal, budget) = (ReaderSignal::default(), Budget::default());
        let open = |pool, (reads, writes)| {
            let observer = Everybody {
                recorder: recorder.clone(),
                signal: signal.clone(),
                budget: budget.clone(),
                promised: self.promised,
                reads,
                writes,
            };
            Database::new(runtime.clone(), pool, busy_timeout, observer).handing_over(self.hand_off)
        };
        let reads = match &self.shared {
            Connections::Shared(_) => Line::Main,
            Connections::Split { .. } => Line::Readers,
        };
        let shared = open(self.shared, (reads, Line::Main));
        let own = self.backfill;
        let own = own.map(|pool| open(pool, (Line::Backfill, Line::Backfill)));
        let apart = self.apart.map(|connection| {
            let pool = Connections::Shared(vec![connection]);
            open(pool, (Line::Apart, Line::Apart))
        });
        Databases {
            backfill: own.as_ref().unwrap_or(&shared).named(BACKFILL),
            apart: apart.map(|apart| apart.named(BACKFILL_APART)),
            shared,
            signal,
            budget,
        }
    }
}

/// All who hear of a use.
#[derive(Clone)]
struct Everybody {
    recorder: Recorder,
    signal: ReaderSignal,
    budget: Budget,
    promised: &'static str,
    /// What is read over.
    reads: Line,
    /// What is written over.
    writes: Line,
}

impl Observer for Everybody {
    fn observe(&self, usage: &Usage) {
        let line = match usage.access {
            Access::Read => self.reads,
            Access::Write => self.writes,
        };
        self.recorder.observe_on(line, usage);
        if self.budget.spend(usage) {
            self.recorder.cancelled(usage.released_at);
        }
        if usage.user == self.promised {
            let latency = usage.released_at - usage.queued_at;
            self.signal.record(usage.released_at, latency);
        }
    }

    fn busy(&self, user: &'static str, _at: Instant) {
        if user == READER || user == WRITER {
            self.signal.record_poll();
        }
    }
}
