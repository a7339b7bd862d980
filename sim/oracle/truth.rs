//! What every row has to be, from all that is known without the backfill.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::Evidence;
use crate::load::Effect;

/// A value for every row of `transmissions` there is.
pub(super) struct Truth {
    /// By id: the id and its value.
    rows: Vec<(i64, i64)>,
}

impl Truth {
    /// Every row with what it was `before`, or 0, which the column starts as.
    pub(super) fn start(connection: &Connection, before: &Connection) -> rusqlite::Result<Self> {
        let mut truth = Self {
            rows: last_seen(connection)?
                .into_iter()
                .map(|(id, _)| (id, 0))
                .collect(),
        };
        for (id, was) in last_seen(before)? {
            truth.set(id, |_| was);
        }
        Ok(truth)
    }

    /// Raises the value of the row `id`, if there is one, to `value`.
    pub(super) fn raise(&mut self, id: i64, value: i64) {
        self.set(id, |other| other.max(value));
    }

    /// The value of the row `id`.
    pub(super) fn of(&self, id: i64) -> Option<i64> {
        let at = self.rows.binary_search_by_key(&id, |row| row.0).ok()?;
        Some(self.rows[at].1)
    }

    fn set(&mut self, id: i64, change: impl FnOnce(i64) -> i64) {
        if let Ok(at) = self.rows.binary_search_by_key(&id, |row| row.0) {
            self.rows[at].1 = change(self.rows[at].1);
        }
    }
}

impl Evidence<'_> {
    /// What `last_seen` is to be: the largest of what it was before the run and the timestamps of
    /// the row's observations, found by one pass over `observations` that shares no SQL with any
    /// strategy.
    pub(super) fn truth(&self) -> rusqlite::Result<Truth> {
        let mut truth = Truth::start(self.connection, self.before)?;
        let sql = "SELECT transmission_id, timestamp FROM observations NOT INDEXED";
        let mut observations = self.connection.prepare(sql)?;
        let mut all = observations.query([])?;
        while let Some(row) = all.next()? {
            truth.raise(row.get(0)?, row.get(1)?);
        }
        Ok(truth)
    }

    /// What `last_seen` was at the least when the live path was done with it: what it was before,
    /// and whatever the live path stored during the run.
    pub(super) fn floor(&self) -> rusqlite::Result<Truth> {
        let mut floor = Truth::start(self.connection, self.before)?;
        for effect in &self.record.effects {
            if let Effect::Observed {
                transmission,
                timestamp,
            }
            | Effect::Transmitted {
                transmission,
                timestamp,
            } = *effect
            {
                floor.raise(transmission, timestamp);
            }
        }
        Ok(floor)
    }

    /// The ids the live path deleted.
    pub(super) fn deleted(&self) -> BTreeSet<i64> {
        let effects = self.record.effects.iter();
        let gone = effects.filter_map(|effect| match effect {
            Effect::Deleted { transmission, .. } => Some(*transmission),
            _ => None,
        });
        gone.collect()
    }
}

/// Ids and `last_seen` of all rows, by id.
pub(super) fn last_seen(connection: &Connection) -> rusqlite::Result<Vec<(i64, i64)>> {
    let mut all = connection.prepare("SELECT id, last_seen FROM transmissions")?;
    let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut rows: Vec<(i64, i64)> = rows.collect::<Result<_, _>>()?;
    rows.sort_unstable();
    Ok(rows)
}
