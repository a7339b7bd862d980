//! What must be true of a cell of an aggregate scenario.
//!
//! What the counts must come to is known from the numbers that views are made from and from the
//! plan of those that are added; the rows themselves are counted by SQL as well, so that neither is
//! believed alone. Nothing here believes what a strategy says of itself.
//!
//! * `counts.rs`: whether the counts are those of the rows.
//! * `conduct.rs`: how they were come by: progress, chunks, what was handed on, what was told.

mod conduct;
mod counts;

use rusqlite::Connection;

pub(super) use counts::Found;

use super::kept::Totals;
use super::oracle_names::{DEAD_LETTERS, INTEGRITY, READS, SESSIONS, TERMINATION};
use super::outcome::counter;
use super::recorder::Record;
use super::scenario::Strategy;
use super::traffic::Crowd;
use crate::oracle::Told;
use crate::outcome::{Ending, Oracle, Window};
use crate::scenario::Role;

/// What oracles judge by.
pub(super) struct Evidence<'a> {
    pub(super) connection: &'a Connection,
    pub(super) strategy: &'a Strategy,
    pub(super) crowd: &'a Crowd,
    /// What was counted; `None` where it did not come to its end.
    pub(super) found: Option<&'a Found>,
    pub(super) ending: &'a Ending,
    pub(super) window: Window,
    /// All counts before and after it was run once more.
    pub(super) again: Option<[Option<Totals>; 2]>,
    pub(super) record: &'a Record,
    pub(super) log: &'a crate::recorder::Record,
}

/// The verdicts, in the order they are shown.
pub(super) fn judge(evidence: &Evidence<'_>) -> rusqlite::Result<Vec<Oracle>> {
    let mut verdicts = vec![termination(evidence)];
    // Where it did not come to its end, counts are not what they are to be, and no news.
    if let Some(found) = evidence.found {
        verdicts.push(found.views());
        verdicts.push(sessions(evidence, found));
        verdicts.push(found.live());
        verdicts.push(conduct::again(evidence));
        verdicts.push(conduct::progress(evidence));
    }
    verdicts.push(reads(evidence));
    if evidence.strategy.kind.is_library() {
        verdicts.push(conduct::chunks(evidence));
        verdicts.push(conduct::carried(evidence));
        verdicts.push(letters(evidence)?);
        verdicts.push(Told::of(evidence.log).verdict());
    }
    verdicts.push(integrity(evidence.connection)?);
    Ok(verdicts)
}

fn verdict(name: &str, passed: bool, detail: String) -> Oracle {
    Oracle {
        name: name.to_owned(),
        passed,
        detail,
    }
}

fn termination(evidence: &Evidence<'_>) -> Oracle {
    let passed = *evidence.ending == Ending::Done;
    let detail = if passed {
        format!("{} views were counted", evidence.crowd.views.count())
    } else {
        format!("counting ended {:?}", evidence.ending)
    };
    verdict(TERMINATION, passed, detail)
}

/// A baseline that is known to count some sessions twice is not held to their number.
fn sessions(evidence: &Evidence<'_>, found: &Found) -> Oracle {
    let strategy = evidence.strategy;
    let oracle = found.sessions();
    if !strategy.kind.miscounts_sessions() || strategy.role == Role::Control {
        return oracle;
    }
    let detail = format!(
        "it promises none beyond {}; {}",
        strategy.carried(),
        oracle.detail
    );
    verdict(SESSIONS, true, detail)
}

fn reads(evidence: &Evidence<'_>) -> Oracle {
    let record = evidence.record;
    let count = |name| record.counters.get(name).copied().unwrap_or(0);
    let wrong = &record.wrong_reads;
    let detail = wrong.first().cloned().unwrap_or_else(|| {
        format!(
            "{} times whole counts were given, and {} times none",
            count(counter::GIVEN),
            count(counter::NOT_READY)
        )
    });
    verdict(READS, wrong.is_empty(), detail)
}

fn letters(evidence: &Evidence<'_>) -> rusqlite::Result<Oracle> {
    let sql = "SELECT id FROM _dead_letters WHERE tbl = 'page_views' ORDER BY id";
    let there = "SELECT count(*) FROM sqlite_schema WHERE name = '_dead_letters'";
    let there: i64 = evidence.connection.query_row(there, [], |row| row.get(0))?;
    let mut stored: Vec<i64> = Vec::new();
    if there > 0 {
        let mut select = evidence.connection.prepare(sql)?;
        let ids = select.query_map([], |row| row.get(0))?;
        stored = ids.collect::<rusqlite::Result<_>>()?;
    }
    let poisoned = evidence.crowd.views.stored().filter(|view| view.poisoned);
    let expected: Vec<i64> = poisoned.map(|view| view.id).collect();
    // Those that were to come are no news where it did not come to its end.
    let passed = stored == expected || evidence.found.is_none();
    let detail = if passed {
        format!("{} rows are set aside, of {}", stored.len(), expected.len())
    } else {
        format!("rows {stored:?} are set aside, and not {expected:?}")
    };
    Ok(verdict(DEAD_LETTERS, passed, detail))
}

fn integrity(connection: &Connection) -> rusqlite::Result<Oracle> {
    let said: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    Ok(verdict(INTEGRITY, said == "ok", said))
}
