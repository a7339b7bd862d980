//! What a cell is about: a database, the job to be done in it, and who uses it meanwhile.
//!
//! Everything else (regimes, pacers, clock, disk, measuring, reports) is the same whatever the
//! database holds. What is not the same is asked of a [`Workload`], here and nowhere else.
//!
//! * [`PacketLog`]: the seeded packet log, its dashboard and its ingest.

mod packet_log;

use std::sync::Arc;
use std::time::Duration;

use backfill::Instant;
use rusqlite::Connection;

use crate::disk::Volume;
use crate::job::Task;
use crate::load::{Effect, Plan, Planned};
use crate::oracle::Evidence;
use crate::outcome::Oracle;
use crate::scenario::Model;

pub use packet_log::PacketLog;

/// A database, its job and its users; clones share what is large.
#[derive(Clone, Debug)]
pub enum Workload {
    /// The seeded packet log.
    PacketLog(PacketLog),
}

impl Workload {
    /// Puts the database on `volume`, as it is before anybody uses it.
    pub fn mount(&self, volume: &Volume, name: &str) {
        match self {
            Self::PacketLog(log) => volume.mount(name, log.image().clone()),
        }
    }

    /// Sets up a connection beyond what `[database]` says.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_up(&self, _connection: &Connection) -> rusqlite::Result<()> {
        match self {
            Self::PacketLog(_) => Ok(()),
        }
    }

    /// Unix second of modelled time 0.
    #[must_use]
    pub const fn start_unix_s(&self) -> i64 {
        match self {
            Self::PacketLog(log) => log.target().start_unix_s,
        }
    }

    /// What is to be done.
    #[must_use]
    pub const fn task(&self) -> &Arc<Task> {
        match self {
            Self::PacketLog(log) => log.task(),
        }
    }

    /// Rows of the table that is filled, before anybody uses it.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        match self {
            Self::PacketLog(log) => log.target().facts.transmissions,
        }
    }

    /// Rows of the table the values come from, where the job says which that is.
    #[must_use]
    pub const fn source_rows(&self) -> u64 {
        match self {
            Self::PacketLog(log) => log.target().facts.observations,
        }
    }

    /// Rows that an earlier run of the job had written, as the database's own ledger says.
    #[must_use]
    pub const fn rows_done(&self) -> u64 {
        match self {
            Self::PacketLog(_) => 0,
        }
    }

    /// The traffic of `model` under `seed`, for `length`.
    #[must_use]
    pub fn plan(&self, model: &Model, seed: u64, length: Duration) -> Plan {
        match self {
            Self::PacketLog(_) => Plan::new(&model.load, seed, length),
        }
    }

    /// Does what `request` asks for at modelled time `now`, inside the caller's transaction; what
    /// it stored.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn perform(
        &self,
        connection: &Connection,
        request: &Planned,
        _now: Instant,
    ) -> rusqlite::Result<Effect> {
        match self {
            Self::PacketLog(log) => log.target().perform(connection, request),
        }
    }

    /// What must be true of the data with or without a backfill.
    ///
    /// # Errors
    /// If the database cannot be read at all.
    pub fn data(&self, evidence: &Evidence<'_>) -> rusqlite::Result<Vec<Oracle>> {
        match self {
            Self::PacketLog(_) => evidence.of_packet_log(),
        }
    }

    /// What must be true of the rows that were to be filled.
    ///
    /// # Errors
    /// If the database cannot be read at all.
    pub fn filled(&self, evidence: &Evidence<'_>) -> rusqlite::Result<Vec<Oracle>> {
        match self {
            Self::PacketLog(_) => evidence.of_last_seen(),
        }
    }

    /// SHA-256 over what every row ended with, hex.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn rows_hash(&self, connection: &Connection) -> rusqlite::Result<String> {
        match self {
            Self::PacketLog(_) => packet_log::rows_hash(connection),
        }
    }
}
