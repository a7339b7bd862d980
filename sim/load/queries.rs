//! The SQL of each kind of request: a packet log's dashboard, list, detail page and health check,
//! and its ingest.

use rusqlite::{Connection, OptionalExtension as _, ffi, params};

use super::effect::Effect;
use super::plan::Planned;
use crate::dataset::{Facts, Ids, OBSERVERS, PacketHashes};
use crate::outcome::RequestKind;
use crate::seed::below;

/// How many transmissions a list shows, and how many observations a detail page.
const PAGE_ROWS: i64 = 50;
const DETAIL_ROWS: i64 = 20;
/// How far back the dashboard counts observations, s.
const RECENT_S: i64 = 300;
/// Late observations were made on the day before the dataset begins, s.
const DAY_S: i64 = 86_400;

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

    /// The id of a transmission of the younger half, which a backfill comes to last.
    fn young_transmission(&self, draw: u64) -> i64 {
        let half = self.facts.transmissions / 2;
        let others = self.facts.transmissions - half;
        self.ids.of(half + below(draw, others))
    }

    /// Does what `request` asks for, inside the caller's transaction; what it stored.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn perform(&self, connection: &Connection, request: &Planned) -> rusqlite::Result<Effect> {
        let draw = request.draw;
        match request.kind {
            RequestKind::Stats => self.stats(connection, request)?,
            RequestKind::PacketList => list(connection)?,
            RequestKind::PacketDetail => self.detail(connection, request)?,
            RequestKind::Health => health(connection).map(drop)?,
            RequestKind::InsertObservation => {
                let at = self.unix_s(request);
                return observe(connection, draw, self.transmission(draw), at);
            }
            RequestKind::InsertTransmission => return self.transmit(connection, request),
            RequestKind::InsertLateObservation => {
                let at = self.facts.first_unix_s - 1 - (draw % DAY_S.unsigned_abs()).cast_signed();
                return observe(connection, draw, self.young_transmission(draw), at);
            }
            RequestKind::DeleteTransmission => return delete(connection, self.transmission(draw)),
            // No plan of the packet log has one.
            RequestKind::Own(_) => {}
        }
        Ok(Effect::Nothing)
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
        let found: Option<i64> = connection
            .prepare_cached(
                "SELECT id, raw_hex, decoded_json, last_seen FROM transmissions WHERE hash = ?1",
            )?
            .query_row([hash], |row| row.get(0))
            .optional()?;
        // It may have been deleted: that it is not there is an answer, too.
        let Some(id) = found else { return Ok(()) };
        let mut observations = connection.prepare_cached(
            "SELECT observer_idx, snr, rssi, path_json, timestamp FROM observations
             WHERE transmission_id = ?1 LIMIT ?2",
        )?;
        read_all(observations.query(params![id, DETAIL_ROWS])?)
    }

    /// A packet nobody had heard before, with its first observation.
    fn transmit(&self, connection: &Connection, request: &Planned) -> rusqlite::Result<Effect> {
        connection
            .prepare_cached(
                "INSERT INTO transmissions(raw_hex, hash, first_seen, payload_type, from_pubkey)
                 VALUES (?1, ?1, strftime('%Y-%m-%dT%H:%M:%SZ', ?2, 'unixepoch'), 4, ?1)",
            )?
            .execute(params![
                format!("{:016x}{:016x}", request.at_ns, request.draw),
                self.unix_s(request)
            ])?;
        let transmission = connection.last_insert_rowid();
        let timestamp = self.unix_s(request);
        observe(connection, request.draw, transmission, timestamp)?;
        Ok(Effect::Transmitted {
            transmission,
            timestamp,
        })
    }
}

/// A new observation made `at`, unix seconds, and the bump of `last_seen` it comes with.
fn observe(
    connection: &Connection,
    draw: u64,
    transmission: i64,
    at: i64,
) -> rusqlite::Result<Effect> {
    let observer = draw % u64::from(OBSERVERS);
    // The dataset's paths are lists of hops; a draw of 64 bits is none of them.
    let path = format!("[\"{draw:016x}\"]");
    let inserted = connection
        .prepare_cached(
            "INSERT INTO observations(transmission_id, observer_idx, direction, snr, rssi,
               score, path_json, timestamp) VALUES (?1, ?2, 'rx', 5.5, -90.0, 1, ?3, ?4)",
        )?
        .execute(params![transmission, observer.cast_signed(), path, at]);
    match inserted {
        // It was deleted: there is nothing this could be an observation of.
        Err(error) if is_orphan(&error) => return Ok(Effect::Nothing),
        inserted => inserted?,
    };
    connection
        .prepare_cached("UPDATE transmissions SET last_seen = ?2 WHERE id = ?1 AND last_seen < ?2")?
        .execute(params![transmission, at])?;
    Ok(Effect::Observed {
        transmission,
        timestamp: at,
    })
}

/// Whether SQLite refused a row that refers to one that is not there.
fn is_orphan(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::SqliteFailure(failure, _)
            if failure.extended_code == ffi::SQLITE_CONSTRAINT_FOREIGNKEY
    )
}

/// A transmission and its observations go, unless they have gone before.
fn delete(connection: &Connection, transmission: i64) -> rusqlite::Result<Effect> {
    let observations = connection
        .prepare_cached("DELETE FROM observations WHERE transmission_id = ?1")?
        .execute([transmission])?;
    let gone = connection
        .prepare_cached("DELETE FROM transmissions WHERE id = ?1")?
        .execute([transmission])?;
    Ok(match gone {
        0 => Effect::Nothing,
        _ => Effect::Deleted {
            transmission,
            observations: observations as u64,
        },
    })
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
fn health(connection: &Connection) -> rusqlite::Result<bool> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::ddl;
    use crate::scenario::Dataset;

    const FACTS: Facts = Facts {
        transmissions: 4,
        observations: 4,
        orphans: 0,
        zero_timestamps: 0,
        negative_timestamps: 0,
        id_stride: 3,
        largest_fanout: 1,
        first_unix_s: 1_000_000,
        last_unix_s: 1_000_100,
    };

    /// A database with the rows of [`FACTS`], each observed once at its first second.
    fn live() -> (Connection, Target) {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(&ddl(&Dataset::default())).unwrap();
        let target = Target::new(FACTS, 1);
        for nth in 0..FACTS.transmissions {
            let id = target.ids.of(nth);
            connection
                .execute(
                    "INSERT INTO transmissions(id, raw_hex, hash, first_seen)
                     VALUES (?1, '', ?2, '')",
                    params![id, target.hashes.of(id.cast_unsigned())],
                )
                .unwrap();
            let sql = "INSERT INTO observations(transmission_id, timestamp) VALUES (?1, ?2)";
            let row = params![id, FACTS.first_unix_s];
            connection.execute(sql, row).unwrap();
        }
        (connection, target)
    }

    fn ask((connection, target): &(Connection, Target), kind: RequestKind, draw: u64) -> Effect {
        let request = Planned {
            at_ns: 5_000_000_000,
            kind,
            draw,
        };
        target.perform(connection, &request).unwrap()
    }

    #[test]
    fn a_late_observation_is_older_than_all_others_and_lowers_nothing() {
        let live = live();
        let late = |draw| ask(&live, RequestKind::InsertLateObservation, draw);
        let Effect::Observed {
            transmission,
            timestamp,
        } = late(u64::MAX)
        else {
            panic!("it was observed");
        };
        assert_eq!(transmission, live.1.ids.of(3), "the youngest");
        assert!((900_000..1_000_000).contains(&timestamp));
        let last_seen = || -> i64 {
            let sql = "SELECT last_seen FROM transmissions WHERE id = ?1";
            live.0
                .query_row(sql, [transmission], |row| row.get(0))
                .unwrap()
        };
        assert_eq!(last_seen(), timestamp, "it was 0");
        let sql = "UPDATE transmissions SET last_seen = 2000000";
        live.0.execute(sql, []).unwrap();
        late(u64::MAX - 1);
        assert_eq!(last_seen(), 2_000_000);
    }

    #[test]
    fn what_was_deleted_is_gone_and_is_no_error_for_those_who_ask_for_it() {
        let live = live();
        let transmission = live.1.ids.of(0);
        let gone = Effect::Deleted {
            transmission,
            observations: 1,
        };
        assert_eq!(ask(&live, RequestKind::DeleteTransmission, 0), gone);
        for kind in [
            RequestKind::DeleteTransmission,
            RequestKind::PacketDetail,
            RequestKind::InsertObservation,
        ] {
            assert_eq!(ask(&live, kind, 0), Effect::Nothing, "{kind:?}");
        }
        let left = "SELECT count(*) FROM observations";
        let left: i64 = live.0.query_row(left, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 3);
    }
}
