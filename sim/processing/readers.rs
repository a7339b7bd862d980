//! Who reads the tables while they are written: single accounts, and the newest moves.

use std::time::Duration;

use backfill::Instant;
use rusqlite::Connection;

use super::popularity::Popularity;
use super::scenario::Model;
use crate::load::{Effect, Performs, Plan, Planned, arrivals};
use crate::outcome::{Asked, RequestKind};
use crate::seed::below;
use std::sync::Arc;

/// Rows of a page of the newest.
const NEWEST: i64 = 20;

/// Reads of the tables.
#[derive(Clone, Debug)]
pub(super) struct Readers(Arc<Popularity>);

impl Readers {
    /// Readers who ask for the same accounts as the items.
    pub(super) fn new(model: &Model) -> Self {
        let popularity = Popularity::new(model.items.accounts, model.items.skew);
        Self(Arc::new(popularity))
    }

    /// What they ask for under `seed`, for `length`: of ten reads eight are for one account, two
    /// for the newest moves.
    pub(super) fn plan(reads_per_s: f64, seed: u64, length: Duration) -> Plan {
        let [account, newest] = [("account", 0), ("newest", 1)]
            .map(|(name, nth)| RequestKind::Own(Asked::new(name, nth, true)));
        let end_ns = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        let mut planned = Vec::new();
        let kind = |draw| match below(draw, 10) {
            0..8 => account,
            _ => newest,
        };
        arrivals(
            &mut planned,
            "processing-reads",
            reads_per_s,
            seed,
            end_ns,
            kind,
        );
        Plan::of(planned)
    }
}

impl Performs for Readers {
    fn perform(
        &self,
        connection: &Connection,
        request: &Planned,
        _now: Instant,
    ) -> rusqlite::Result<Effect> {
        let RequestKind::Own(asked) = request.kind else {
            return Ok(Effect::Nothing);
        };
        let (sql, parameter) = match asked.nth {
            0 => {
                let account = 1 + self.0.pick(request.draw).cast_signed();
                (
                    "SELECT balance, moves, price, note FROM accounts WHERE id = ?1",
                    account,
                )
            }
            _ => (
                "SELECT id, account, amount FROM moves ORDER BY id DESC LIMIT ?1",
                NEWEST,
            ),
        };
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([parameter])?;
        while rows.next()?.is_some() {}
        Ok(Effect::Nothing)
    }
}
