//! The connections to a real file, as `[database]` says.
//!
//! Who shares which connection is the scenario's setting here as in the simulation; the file's
//! journal mode is its own and is never changed.

use std::path::Path;
use std::time::Duration;

use backfill::TokioRuntime;
use backfill::chunked::ReaderSignal;
use backfill::database::{Connections, Database, Observer, Usage};
use rusqlite::{Connection, OpenFlags};

use super::error::LiveError;
use crate::outcome::{BACKFILL, BACKFILL_APART, READER};
use crate::scenario::{self, Journal, Strategy, Synchronous};
use crate::strategy::reads_apart;

/// A file, ready for use.
pub struct Store {
    /// For traffic and for those who ask how far it is.
    pub shared: Database<TokioRuntime>,
    /// For the backfill.
    pub backfill: Database<TokioRuntime>,
    /// For what it reads apart.
    pub apart: Option<Database<TokioRuntime>>,
    /// What readers live through, for pacers that ask.
    pub signal: ReaderSignal,
}

/// Hears how long readers took.
#[derive(Clone)]
struct Readers(ReaderSignal);

impl Observer for Readers {
    fn observe(&self, usage: &Usage) {
        if usage.user == READER {
            let latency = usage.released_at - usage.queued_at;
            self.0.record(usage.released_at, latency);
        }
    }

    fn busy(&self, user: &'static str, _at: backfill::Instant) {
        if user == READER {
            self.0.record_poll();
        }
    }
}

/// What is opened, and how.
struct Opening<'a> {
    path: &'a Path,
    settings: &'a scenario::Database,
}

impl Store {
    /// Opens the file at `path` for `strategy`.
    ///
    /// # Errors
    /// If SQLite refuses, or the file's journal mode is not that of `settings`.
    pub fn open(
        path: &Path,
        settings: &scenario::Database,
        strategy: &Strategy,
    ) -> Result<Self, LiveError> {
        let opening = Opening { path, settings };
        let signal = ReaderSignal::default();
        let (runtime, readers) = (TokioRuntime::new(), Readers(signal.clone()));
        let busy_timeout = Duration::from_millis(settings.busy_timeout_ms);
        let open = |connections| Database::new(runtime, connections, busy_timeout, readers.clone());
        let first = opening.connect()?;
        opening.check_journal(&first)?;
        let shared = open(match settings.connections {
            scenario::Connections::Shared => Connections::Shared(vec![first]),
            scenario::Connections::Split | scenario::Connections::Competing => Connections::Split {
                readers: (0..settings.reader_connections)
                    .map(|_| opening.connect())
                    .collect::<Result<_, _>>()?,
                writers: vec![first],
            },
        });
        let alone = || Ok(open(Connections::Shared(vec![opening.connect()?])));
        let backfill = match settings.connections {
            scenario::Connections::Competing => alone()?,
            scenario::Connections::Shared | scenario::Connections::Split => shared.clone(),
        };
        let apart = reads_apart(strategy).then(alone).transpose()?;
        Ok(Self {
            backfill: backfill.named(BACKFILL),
            apart: apart.map(|apart| apart.named(BACKFILL_APART)),
            shared,
            signal,
        })
    }
}

impl Opening<'_> {
    fn connect(&self) -> Result<Connection, LiveError> {
        let failed = LiveError::sqlite("open", self.path);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(self.path, flags).map_err(&failed)?;
        let synchronous = match self.settings.synchronous {
            Synchronous::Normal => "normal",
            Synchronous::Full => "full",
        };
        let set_up = || {
            // Foreign keys are enforced, as SQLite is built here: rather an error than a row that
            // refers to nothing. "Busy" is retried by whoever waits, on the runtime's clock.
            connection.busy_timeout(Duration::ZERO)?;
            connection.execute_batch(&format!(
                "PRAGMA synchronous = {synchronous}; PRAGMA cache_size = -{}",
                self.settings.cache_kib
            ))
        };
        set_up().map_err(&failed)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }

    fn check_journal(&self, connection: &Connection) -> Result<(), LiveError> {
        let found: String = connection
            .query_row("PRAGMA journal_mode", [], |row| row.get(0))
            .map_err(LiveError::sqlite("read", self.path))?;
        let wanted = match self.settings.journal {
            Journal::Wal => "wal",
            Journal::Delete => "delete",
        };
        if found.eq_ignore_ascii_case(wanted) {
            return Ok(());
        }
        Err(LiveError::Journal {
            path: self.path.to_owned(),
            found,
            wanted,
        })
    }
}
