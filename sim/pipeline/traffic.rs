//! Who else uses the tables: readers, and who adds observations live.

use std::time::Duration;

use backfill::Instant;
use rusqlite::{Connection, params};

use super::history::History;
use super::scenario::Load;
use crate::load::{Effect, Performs, Plan, Planned, arrivals};
use crate::outcome::{Asked, RequestKind};
use crate::seed::below;
use crate::upstream::PRESENT_S;

/// Observations that a detail page shows, and a page of the newest.
const PAGE: i64 = 20;
/// How far back observations are counted, s.
const LATELY_S: i64 = 300;

/// Whoever reads or adds.
#[derive(Clone, Copy, Debug)]
pub(super) struct People(pub(super) History);

/// What readers ask for under `seed` for `length`: of ten reads six are for a transmission, two for
/// the newest observations and two for how many there were lately.
pub(super) fn reads(load: &Load, seed: u64, length: Duration) -> Plan {
    let kinds = [("transmission", 0), ("newest", 1), ("lately", 2)];
    let [transmission, newest, lately] =
        kinds.map(|(name, nth)| RequestKind::Own(Asked::new(name, nth, true)));
    let kind = |draw| match below(draw, 10) {
        0..6 => transmission,
        6..8 => newest,
        _ => lately,
    };
    plan("pipeline-reads", load.reads_per_s, seed, length, kind)
}

/// What is added under `seed`: the same whatever a strategy does.
pub(super) fn inserts(load: &Load, seed: u64) -> Plan {
    let length = Duration::from_secs_f64(load.inserts_for_s);
    let kind = |_| RequestKind::InsertObservation;
    plan("pipeline-inserts", load.inserts_per_s, seed, length, kind)
}

fn plan(
    entity: &str,
    rate_per_s: f64,
    seed: u64,
    length: Duration,
    kind: impl Fn(u64) -> RequestKind,
) -> Plan {
    let end_ns = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
    let mut planned = Vec::new();
    arrivals(&mut planned, entity, rate_per_s, seed, end_ns, kind);
    Plan::of(planned)
}

impl Performs for People {
    fn perform(
        &self,
        connection: &Connection,
        request: &Planned,
        _now: Instant,
    ) -> rusqlite::Result<Effect> {
        let RequestKind::Own(asked) = request.kind else {
            self.observe(connection, request)?;
            return Ok(Effect::Nothing);
        };
        let transmission = self.0.transmission(request.draw);
        match asked.nth {
            0 => {
                let sql = "SELECT hash, observations, first_seen, last_seen FROM transmissions
                           WHERE id = ?1";
                read(connection, sql, &[transmission])?;
                let sql = "SELECT timestamp FROM observations WHERE transmission_id = ?1
                           ORDER BY timestamp DESC LIMIT ?2";
                read(connection, sql, &[transmission, PAGE])?;
            }
            1 => {
                let sql = "SELECT id, transmission_id, timestamp FROM observations
                           ORDER BY timestamp DESC LIMIT ?1";
                read(connection, sql, &[PAGE])?;
            }
            _ => {
                let now_s = PRESENT_S + (request.at_ns / 1_000_000_000).cast_signed();
                let sql = "SELECT count(*) FROM observations WHERE timestamp > ?1";
                read(connection, sql, &[now_s - LATELY_S])?;
            }
        }
        Ok(Effect::Nothing)
    }
}

impl People {
    /// A live observation; nothing the second time.
    fn observe(self, connection: &Connection, request: &Planned) -> rusqlite::Result<()> {
        let made = self.0.live(request);
        connection
            .prepare_cached(
                "INSERT INTO observations(id, transmission_id, timestamp) VALUES (?1, ?2, ?3)
                 ON CONFLICT(id) DO NOTHING",
            )?
            .execute(params![made.id, made.transmission, made.timestamp])?;
        connection
            .prepare_cached(
                "INSERT INTO transmissions(id, last_seen) VALUES (?1, ?2)
                 ON CONFLICT(id) DO UPDATE SET last_seen = max(last_seen, excluded.last_seen)",
            )?
            .execute(params![made.transmission, made.timestamp])
            .map(drop)
    }
}

fn read(connection: &Connection, sql: &str, parameters: &[i64]) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(parameters))?;
    while rows.next()?.is_some() {}
    Ok(())
}
