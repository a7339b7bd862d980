//! Whether the counts are those of the rows: all of them, those of every page, sessions and pages.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::verdict;
use crate::aggregate::kept::{BY_PATH, SEEN, Totals};
use crate::aggregate::oracle_names::{LIVE, SESSIONS, VIEWS};
use crate::aggregate::outcome::{Compared, Pair};
use crate::aggregate::traffic::Crowd;
use crate::aggregate::views::{Counts, path_text};
use crate::outcome::Oracle;

/// What was counted, and what there is.
pub(in crate::aggregate) struct Found {
    pub(in crate::aggregate) compared: Compared,
    /// The page whose count is the farthest off.
    worst: String,
    /// Pages whose count is off.
    paths_off: u64,
    /// Views of pages that only views that were added are of.
    own: Pair,
    /// Views that were added: in the table, and planned.
    added: Pair,
    /// Sessions in the table of those that were seen, each once.
    seen: u64,
    /// What the rows say against the numbers they were made from.
    rows_differ: Option<String>,
}

impl Found {
    /// What is found in the database of a cell that came to its end, where `totals` are given.
    pub(in crate::aggregate) fn of(
        connection: &Connection,
        crowd: &Crowd,
        totals: Totals,
    ) -> rusqlite::Result<Self> {
        let mut direct: Counts = (*crowd.stored).clone();
        crowd.added.iter().for_each(|added| direct.add(added.view));
        let rows_differ = rows_differ(connection, &direct)?;
        let number = |sql: &str| {
            let number = connection.query_row(sql, [], |row| row.get::<_, i64>(0));
            number.map(i64::unsigned_abs)
        };
        let counted = by_path(connection, &format!("SELECT value, rows FROM {BY_PATH}"))?;
        let pairs = pairs(&counted, &direct);
        let worst = pairs
            .iter()
            .max_by_key(|(_, (_, pair))| (pair.off(), pair.direct));
        let (worst, worst_path) =
            worst.map_or_else(Default::default, |(text, (_, pair))| (text.clone(), *pair));
        let mut own = Pair::default();
        for (number, pair) in pairs.values() {
            if number.is_some_and(|number| number >= crowd.views.old_paths()) {
                own.counted += pair.counted;
                own.direct += pair.direct;
            }
        }
        let pair = |counted, direct| Pair { counted, direct };
        Ok(Self {
            compared: Compared {
                views: pair(totals.views, direct.views),
                worst_path,
                paths: pair(totals.paths, direct.paths()),
                sessions: pair(totals.sessions, direct.sessions()),
            },
            worst,
            paths_off: pairs.values().filter(|(_, pair)| pair.off() > 0).count() as u64,
            own,
            added: pair(
                number("SELECT count(*) FROM page_views WHERE id % 2 = 0")?,
                crowd.added.len() as u64,
            ),
            seen: number(&format!("SELECT count(DISTINCT value) FROM {SEEN}"))?,
            rows_differ,
        })
    }

    pub(super) fn views(&self) -> Oracle {
        let Pair { counted, direct } = self.compared.views;
        let right = counted == direct && self.paths_off == 0 && self.rows_differ.is_none();
        let detail = if let Some(differ) = &self.rows_differ {
            differ.clone()
        } else if self.paths_off > 0 {
            let of = self.compared.worst_path;
            format!(
                "{counted} views are counted, of {direct}; {} pages are off, {} by the most, with \
                 {} of {}",
                self.paths_off, self.worst, of.counted, of.direct
            )
        } else {
            format!("{counted} views are counted, of {direct}, and those of every page")
        };
        verdict(VIEWS, right, detail)
    }

    pub(super) fn sessions(&self) -> Oracle {
        let Compared {
            sessions, paths, ..
        } = self.compared;
        let right = sessions.off() == 0 && paths.off() == 0 && self.seen == sessions.direct;
        let detail = format!(
            "{} sessions are counted, of {}, and {} pages, of {}",
            sessions.counted, sessions.direct, paths.counted, paths.direct
        );
        verdict(SESSIONS, right, detail)
    }

    pub(super) fn live(&self) -> Oracle {
        let right = self.own.off() == 0 && self.added.off() == 0;
        let detail = format!(
            "{} views were added, of {}; {} of pages of their own are counted, of {}",
            self.added.counted, self.added.direct, self.own.counted, self.own.direct
        );
        verdict(LIVE, right, detail)
    }
}

/// What is counted by page.
fn by_path(connection: &Connection, sql: &str) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut select = connection.prepare(sql)?;
    let counts = select.query_map([], |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
    })?;
    counts.collect()
}

/// Every page there is or that is counted, by its name, with its number where it has one.
fn pairs(
    counted: &BTreeMap<String, u64>,
    direct: &Counts,
) -> BTreeMap<String, (Option<u64>, Pair)> {
    let there = (0..).zip(&direct.by_path).filter(|(_, views)| **views > 0);
    let mut pairs: BTreeMap<String, (Option<u64>, Pair)> = there
        .map(|(number, &direct)| {
            let pair = Pair { counted: 0, direct };
            (path_text(number), (Some(number), pair))
        })
        .collect();
    for (text, &views) in counted {
        pairs.entry(text.clone()).or_default().1.counted = views;
    }
    pairs
}

/// What SQL counts where the numbers that rows were made from come to something else.
fn rows_differ(connection: &Connection, direct: &Counts) -> rusqlite::Result<Option<String>> {
    let fits = "FROM page_views NOT INDEXED WHERE typeof(session_id) = 'text'";
    let rows = by_path(
        connection,
        &format!("SELECT path, count(*) {fits} GROUP BY path"),
    )?;
    let pairs = pairs(&rows, direct);
    let views: u64 = rows.values().sum();
    let sql = format!("SELECT count(DISTINCT session_id) {fits}");
    let sessions: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
    let same = pairs.values().all(|(_, pair)| pair.off() == 0)
        && sessions.unsigned_abs() == direct.sessions();
    Ok((!same).then(|| {
        format!(
            "the table has {views} views of {sessions} sessions, where {} of {} were made",
            direct.views,
            direct.sessions()
        )
    }))
}
