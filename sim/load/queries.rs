//! The SQL of each kind of request: a packet log's dashboard, list, detail page and health check,
//! and its ingest.

use rusqlite::{Connection, params};

use super::plan::Planned;
use crate::dataset::{Facts, Ids, OBSERVERS, PacketHashes};
use crate::outcome::RequestKind;
use crate::seed::below;

/// How many transmissions a list shows, and how many observations a detail page.
const PAGE_ROWS: i64 = 50;
const DETAIL_ROWS: i64 = 20;
/// How far back the dashboard counts observations, s.
const RECENT_S: i64 = 300;

/// What requests are about: the data there is, and when the cell starts.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What the dataset holds.
    pub facts: Facts,
    /// How its packets are named.
    pub hashes: PacketHashes,
    /// Which ids they have.
    pub ids: Ids,
    /// Unix second of modelled time 0: right after the last observation of the dataset.
    pub start_unix_s: i64,
}

impl Target {
    /// The dataset of `facts` under `seed`.
    #[must_use]
    pub fn new(facts: Facts, seed: u64) -> Self {
        Self {
            facts,
            hashes: PacketHashes::new(seed),
            ids: Ids::new(facts.id_stride, seed),
            start_unix_s: facts.last_unix_s + 1,
        }
    }

    fn unix_s(&self, request: &Planned) -> i64 {
        let since_start = i64::try_from(request.at_ns / 1_000_000_000).unwrap_or(i64::MAX);
        self.start_unix_s.saturating_add(since_start)
    }

    /// The id of a transmission of the dataset, each as likely as any other.
    fn transmission(&self, draw: u64) -> i64 {
        self.ids.of(below(draw, self.facts.transmissions))
    }

    /// Does what `request` asks for, inside the caller's transaction.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn perform(&self, connection: &Connection, request: &Planned) -> rusqlite::Result<()> {
        match request.kind {
            RequestKind::Stats => self.stats(connection, request),
            RequestKind::PacketList => list(connection),
            RequestKind::PacketDetail => self.detail(connection, request),
            RequestKind::Health => health(connection).map(drop),
            RequestKind::InsertObservation => {
                self.observe(connection, request, self.transmission(request.draw))
            }
            RequestKind::InsertTransmission => self.transmit(connection, request),
        }
    }

    fn stats(&self, connection: &Connection, request: &Planned) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "SELECT (SELECT count(*) FROM transmissions),
                        (SELECT count(*) FROM observations WHERE timestamp > ?1)",
            )?
            .query_row([self.unix_s(request) - RECENT_S], |row| {
                row.get::<_, i64>(0)?;
                row.get::<_, i64>(1)
            })
            .map(drop)
    }

    fn detail(&self, connection: &Connection, request: &Planned) -> rusqlite::Result<()> {
        let packet = self.transmission(request.draw);
        let hash = self.hashes.of(packet.cast_unsigned());
        let id: i64 = connection
            .prepare_cached(
                "SELECT id, raw_hex, decoded_json, last_seen FROM transmissions WHERE hash = ?1",
            )?
            .query_row([hash], |row| row.get(0))?;
        let mut observations = connection.prepare_cached(
            "SELECT observer_idx, snr, rssi, path_json, timestamp FROM observations
             WHERE transmission_id = ?1 LIMIT ?2",
        )?;
        read_all(observations.query(params![id, DETAIL_ROWS])?)
    }

    /// A new observation, and the bump of `last_seen` it comes with.
    fn observe(
        &self,
        connection: &Connection,
        request: &Planned,
        transmission: i64,
    ) -> rusqlite::Result<()> {
        let at = self.unix_s(request);
        let observer = request.draw % u64::from(OBSERVERS);
        // The dataset's paths are lists of hops; a draw of 64 bits is none of them.
        let path = format!("[\"{:016x}\"]", request.draw);
        connection
            .prepare_cached(
                "INSERT INTO observations(transmission_id, observer_idx, direction, snr, rssi,
                   score, path_json, timestamp) VALUES (?1, ?2, 'rx', 5.5, -90.0, 1, ?3, ?4)",
            )?
            .execute(params![transmission, observer.cast_signed(), path, at])?;
        connection
            .prepare_cached(
                "UPDATE transmissions SET last_seen = ?2 WHERE id = ?1 AND last_seen < ?2",
            )?
            .execute(params![transmission, at])
            .map(drop)
    }

    /// A packet nobody had heard before, with its first observation.
    fn transmit(&self, connection: &Connection, request: &Planned) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "INSERT INTO transmissions(raw_hex, hash, first_seen, payload_type, from_pubkey)
                 VALUES (?1, ?1, strftime('%Y-%m-%dT%H:%M:%SZ', ?2, 'unixepoch'), 4, ?1)",
            )?
            .execute(params![
                format!("{:016x}{:016x}", request.at_ns, request.draw),
                self.unix_s(request)
            ])?;
        self.observe(connection, request, connection.last_insert_rowid())
    }
}

fn list(connection: &Connection) -> rusqlite::Result<()> {
    let mut newest = connection.prepare_cached(
        "SELECT id, hash, first_seen, payload_type, decoded_json, last_seen
         FROM transmissions ORDER BY first_seen DESC LIMIT ?1",
    )?;
    read_all(newest.query([PAGE_ROWS])?)
}

/// Whether a migration runs, as the ledger says.
///
/// # Errors
/// What SQLite says.
pub(crate) fn health(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT count(*) FROM _async_migrations WHERE status = 'running'")?
        .query_row([], |row| row.get::<_, i64>(0))
        .map(|running| running > 0)
}

fn read_all(mut rows: rusqlite::Rows<'_>) -> rusqlite::Result<()> {
    while let Some(row) = rows.next()? {
        row.get_ref(0)?;
    }
    Ok(())
}
