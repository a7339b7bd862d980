//! Who reads the table while it is filled.
//!
//! They read objects that were there before, so that what they ask for is the same whatever a
//! strategy has fetched by then: one by its id, the newest, and how many there were on a day.

use std::time::Duration;

use backfill::Instant;
use rusqlite::{Connection, params};

use super::stream::Stream;
use crate::load::{Effect, Performs, Plan, Planned, arrivals};
use crate::outcome::{Asked, RequestKind};
use crate::seed::{below, mix};

/// Seconds in a day.
const DAY_S: i64 = 86_400;
/// Days before the range in which objects lie that are there already.
const DAYS_BEFORE: u64 = 365;
/// Rows of a page of the newest.
const NEWEST: i64 = 20;
/// Bytes of an object that is there already, about as large as those of the API.
const BODY: usize = 220;
/// What ids of objects begin with that are there already.
pub(super) const BEFORE: &str = "before_";

/// Reads of one table.
#[derive(Clone, Debug)]
pub(super) struct Readers {
    table: String,
    /// First second of the range that is fetched: objects that are there already are older.
    before_s: i64,
    prefilled: u64,
}

impl Readers {
    /// Readers of the table of `stream`, in which `prefilled` objects are already.
    pub(super) fn new(stream: &Stream, prefilled: u64) -> Self {
        Self {
            table: stream.name.to_string(),
            before_s: stream.objects.range().gte,
            prefilled,
        }
    }

    /// What they ask for under `seed`, for `length`: of ten reads seven are for one object, two
    /// for the newest and one for a day.
    pub(super) fn plan(&self, reads_per_s: f64, seed: u64, length: Duration) -> Plan {
        let kinds = [("object", 0), ("newest", 1), ("day", 2)];
        let [object, newest, day] =
            kinds.map(|(name, nth)| RequestKind::Own(Asked::new(name, nth, true)));
        let end_ns = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        let mut planned = Vec::new();
        arrivals(
            &mut planned,
            "listing-reads",
            reads_per_s,
            seed,
            end_ns,
            |draw| match below(draw, 10) {
                0..7 => object,
                7..9 => newest,
                _ => day,
            },
        );
        Plan::of(planned)
    }

    /// Creates the table with its index, and what is in it already.
    pub(super) fn prepare(&self, connection: &Connection) -> rusqlite::Result<()> {
        let table = &self.table;
        connection.execute_batch(&format!(
            "BEGIN; CREATE TABLE {table}(
               id TEXT PRIMARY KEY NOT NULL, created INTEGER, body TEXT NOT NULL);
             CREATE INDEX {table}_created ON {table}(created)"
        ))?;
        let mut insert = connection.prepare(&format!("INSERT INTO {table} VALUES (?1, ?2, ?3)"))?;
        for nth in 0..self.prefilled {
            let (id, created) = (self.id(nth), self.created(nth));
            let padding = "x".repeat(BODY - id.len());
            let body = format!("{{\"id\":\"{id}\",\"pad\":\"{padding}\"}}");
            insert.execute(params![id, created, body])?;
        }
        connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
    }

    fn id(&self, nth: u64) -> String {
        format!("{BEFORE}{nth:08}")
    }

    fn created(&self, nth: u64) -> i64 {
        let span = DAYS_BEFORE * DAY_S.unsigned_abs();
        self.before_s - 1 - below(mix(nth), span).cast_signed()
    }
}

impl Performs for Readers {
    fn perform(
        &self,
        connection: &Connection,
        request: &Planned,
        _now: Instant,
    ) -> rusqlite::Result<Effect> {
        let table = &self.table;
        let RequestKind::Own(asked) = request.kind else {
            return Ok(Effect::Nothing);
        };
        let draw = request.draw;
        let read = |sql: &str, params: &[&dyn rusqlite::ToSql]| -> rusqlite::Result<()> {
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params)?;
            while rows.next()?.is_some() {}
            Ok(())
        };
        match asked.nth {
            0 => {
                let id = self.id(below(draw, self.prefilled));
                read(&format!("SELECT body FROM {table} WHERE id = ?1"), &[&id])?;
            }
            1 => {
                let sql = format!("SELECT id, body FROM {table} ORDER BY created DESC LIMIT ?1");
                read(&sql, &[&NEWEST])?;
            }
            _ => {
                let day = below(draw, DAYS_BEFORE).cast_signed();
                let from = self.before_s - (day + 1) * DAY_S;
                let sql =
                    format!("SELECT count(*) FROM {table} WHERE created >= ?1 AND created < ?2");
                read(&sql, &[&from, &(from + DAY_S)])?;
            }
        }
        Ok(Effect::Nothing)
    }
}
