//! Who else uses the database: those who read views and counts, and those who add views.
//!
//! Whoever is given counts holds them against what they may be: all views that were stored before,
//! those whose adding was answered, and of those whose adding has begun as many as may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backfill::Instant;
use rusqlite::Connection;

use super::kept::Kept;
use super::recorder::Recorder;
use super::table;
use super::views::{ADD, Added, Counts, Views, path_text};
use crate::load::{Effect, Performs, Plan, Planned, arrivals};
use crate::outcome::{Asked, RequestKind};
use crate::seed::below;

/// Views on the page that is read.
const PAGE: i64 = 20;

/// Whoever reads or adds.
#[derive(Clone)]
pub(super) struct People(pub(super) Arc<Crowd>);

/// What they know.
pub(super) struct Crowd {
    pub(super) views: Arc<Views>,
    /// What the counts of the stored views must come to.
    pub(super) stored: Arc<Counts>,
    /// What is added, in the order of its arrival.
    pub(super) added: Vec<Added>,
    pub(super) kept: Kept,
    pub(super) recorder: Recorder,
    /// Views that are in the database, or about to be.
    pub(super) begun: AtomicU64,
}

/// What readers ask for under `seed` for `length`: of ten reads six are for the newest views of a
/// page, two for all counts, and two for that of a page.
pub(super) fn reads(reads_per_s: f64, seed: u64, length: Duration) -> Plan {
    let kinds = [("newest views", 0), ("counts", 1), ("count of a page", 2)];
    let [newest, counts, page] =
        kinds.map(|(name, nth)| RequestKind::Own(Asked::new(name, nth, true)));
    let kind = |draw| match below(draw, 10) {
        0..6 => newest,
        6..8 => counts,
        _ => page,
    };
    let end_ns = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
    let mut planned = Vec::new();
    arrivals(
        &mut planned,
        "aggregate-reads",
        reads_per_s,
        seed,
        end_ns,
        kind,
    );
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
            return Ok(Effect::Nothing);
        };
        let crowd = &*self.0;
        match asked.nth {
            ADD => return crowd.add(connection, request),
            0 => newest(connection, crowd.views.read_path(request.draw))?,
            1 => crowd.totals(connection)?,
            _ => crowd.views_of(connection, crowd.views.read_path(request.draw))?,
        }
        Ok(Effect::Nothing)
    }
}

impl Crowd {
    fn add(&self, connection: &Connection, request: &Planned) -> rusqlite::Result<Effect> {
        let found = self
            .added
            .binary_search_by_key(&request.at_ns, |one| one.at_ns);
        let nth = found.expect("what is added has been planned");
        let rows = table::insert(connection, self.added[nth].view)? as u64;
        if rows == 0 {
            return Ok(Effect::Nothing);
        }
        self.begun.fetch_add(rows, Ordering::Relaxed);
        Ok(Effect::Wrote {
            request: *request,
            at_ns: request.at_ns,
            rows,
        })
    }

    fn totals(&self, connection: &Connection) -> rusqlite::Result<()> {
        let least = self.recorder.log.rows(self.stored.views);
        let totals = self.kept.totals(connection)?;
        let most = self.stored.views + self.begun.load(Ordering::Relaxed);
        let wrong = totals.filter(|totals| !(least..=most).contains(&totals.views));
        let wrong = wrong.map(|totals| {
            format!(
                "{} views were given as all, of {least} to {most}",
                totals.views
            )
        });
        self.recorder.given(totals.is_some(), wrong);
        Ok(())
    }

    fn views_of(&self, connection: &Connection, path: u64) -> rusqlite::Result<()> {
        let views = self.kept.views_of(connection, &path_text(path))?;
        let least = self.stored.by_path[path as usize];
        let wrong = views.filter(|views| *views < least);
        let wrong = wrong.map(|views| {
            let path = path_text(path);
            format!("{views} views were given as all of {path}, and there are {least} at least")
        });
        self.recorder.given(views.is_some(), wrong);
        Ok(())
    }
}

fn newest(connection: &Connection, path: u64) -> rusqlite::Result<()> {
    let sql = "SELECT id, session_id, timestamp_ms FROM page_views WHERE path = ?1
               ORDER BY timestamp_ms DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(rusqlite::params![path_text(path), PAGE])?;
    while rows.next()?.is_some() {}
    Ok(())
}
