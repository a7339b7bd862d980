//! What a cell is about: a database, the job to be done in it, and who uses it meanwhile.
//!
//! Everything else (regimes, pacers, clock, disk, measuring, reports) is the same whatever the
//! database holds. What is not the same is asked of a [`Workload`], here and nowhere else.
//!
//! * [`PacketLog`]: the seeded packet log, its dashboard and its ingest.
//! * [`Own`]: a file of one's own, and statements that the scenario describes.

mod packet_log;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use backfill::Instant;
use rusqlite::Connection;

use crate::disk::Volume;
use crate::job::Task;
use crate::load::{Effect, Performs, Plan, Planned};
use crate::oracle::Evidence;
use crate::outcome::Oracle;
use crate::own::Own;
use crate::scenario::Model;

pub use packet_log::PacketLog;

/// A database, its job and its users; clones share what is large.
#[derive(Clone, Debug)]
pub enum Workload {
    /// The seeded packet log.
    PacketLog(PacketLog),
    /// A file of one's own.
    Own(Arc<Own>),
}

impl Workload {
    /// Puts the database on `volume`, as it is before anybody uses it.
    pub fn mount(&self, volume: &Volume, name: &str) {
        match self {
            Self::PacketLog(log) => volume.mount(name, log.image().clone()),
            Self::Own(own) => own.file().mount(volume, name),
        }
    }

    /// Writes the database to a real file at `path`, with what belongs beside it.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write_to(&self, path: &Path) -> std::io::Result<()> {
        match self {
            Self::PacketLog(log) => std::fs::write(path, log.image().bytes()),
            Self::Own(own) => own.file().write_to(path),
        }
    }

    /// Sets up a connection beyond what `[database]` says.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_up(&self, connection: &Connection) -> rusqlite::Result<()> {
        match self {
            Self::PacketLog(_) => Ok(()),
            // Foreign keys: SQLite's default, which the SQLite that is built in here has turned
            // round. Renames: whoever loses the ledger is not stopped by a view that is broken.
            Self::Own(_) => connection
                .execute_batch("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON"),
        }
    }

    /// Unix second of modelled time 0.
    #[must_use]
    pub fn start_unix_s(&self) -> i64 {
        match self {
            Self::PacketLog(log) => log.target().start_unix_s,
            Self::Own(_) => Own::START_UNIX_S,
        }
    }

    /// What is to be done.
    #[must_use]
    pub fn task(&self) -> &Arc<Task> {
        match self {
            Self::PacketLog(log) => log.task(),
            Self::Own(own) => own.task(),
        }
    }

    /// Rows of the table that is filled, before anybody uses it.
    #[must_use]
    pub fn rows(&self) -> u64 {
        match self {
            Self::PacketLog(log) => log.target().facts.transmissions,
            Self::Own(own) => own.counts().rows,
        }
    }

    /// Rows of the table the values come from, where the job says which that is.
    #[must_use]
    pub fn source_rows(&self) -> u64 {
        match self {
            Self::PacketLog(log) => log.target().facts.observations,
            Self::Own(own) => own.counts().source_rows,
        }
    }

    /// Rows that an earlier run of the job had written, as the database's own ledger says.
    #[must_use]
    pub fn rows_done(&self) -> u64 {
        match self {
            Self::PacketLog(_) => 0,
            Self::Own(own) => own.counts().rows_done,
        }
    }

    /// Rows that change with one that is filled, itself included, at the most: more than one where
    /// triggers see it.
    #[must_use]
    pub fn changes_per_row(&self) -> u64 {
        match self {
            Self::PacketLog(_) => 1,
            Self::Own(own) => own.counts().changes_per_row,
        }
    }

    /// The traffic of `model` under `seed`, for `length`.
    #[must_use]
    pub fn plan(&self, model: &Model, seed: u64, length: Duration) -> Plan {
        match self {
            Self::PacketLog(_) => Plan::new(&model.load, seed, length),
            Self::Own(own) => own.plan(seed, length),
        }
    }

    /// What must be true of the data with or without a backfill.
    ///
    /// # Errors
    /// If the database cannot be read at all.
    pub fn data(&self, evidence: &Evidence<'_>) -> rusqlite::Result<Vec<Oracle>> {
        match self {
            Self::PacketLog(_) => evidence.of_packet_log(),
            Self::Own(own) => own.data(evidence),
        }
    }

    /// What must be true of the rows that were to be filled.
    ///
    /// # Errors
    /// If the database cannot be read at all.
    pub fn filled(&self, evidence: &Evidence<'_>) -> rusqlite::Result<Vec<Oracle>> {
        match self {
            Self::PacketLog(_) => evidence.of_last_seen(),
            Self::Own(own) => own.filled(evidence),
        }
    }

    /// SHA-256 over what every row ended with, hex.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn rows_hash(&self, connection: &Connection) -> rusqlite::Result<String> {
        match self {
            Self::PacketLog(_) => packet_log::rows_hash(connection),
            Self::Own(own) => own.rows_hash(connection),
        }
    }
}

impl Performs for Workload {
    fn perform(
        &self,
        connection: &Connection,
        request: &Planned,
        now: Instant,
    ) -> rusqlite::Result<Effect> {
        match self {
            Self::PacketLog(log) => log.target().perform(connection, request),
            Self::Own(own) => own.perform(connection, request, now),
        }
    }
}
