//! Whether the rows are right, and whether only those were changed that had to be.

use std::collections::BTreeSet;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Row, Rows};

use super::truth::last_seen;
use super::{Evidence, oracle};
use crate::outcome::{Ending, Oracle, VALUES};

/// What a backfill of `last_seen` must leave as it was.
const OTHER_COLUMNS: &str = "SELECT id, raw_hex, hash, first_seen, route_type, payload_type,
    payload_version, decoded_json, from_pubkey, channel_hash, scope_name, created_at
    FROM transmissions WHERE id <= ?1 ORDER BY id";

/// Tables and indexes, without what the harness itself has put there, and without what a backfill
/// that did not finish keeps for a later run.
const SCHEMA: &str = "SELECT type, name, sql FROM sqlite_schema
    WHERE name NOT LIKE '%_async_migrations%' AND (?1 OR name NOT LIKE '_backfill_scratch_%')
    ORDER BY type, name";

impl Evidence<'_> {
    /// Every `last_seen` is what it has to be. A backfill that did not finish may have left rows
    /// lower, but none higher.
    pub(super) fn values(&self) -> rusqlite::Result<Oracle> {
        let truth = self.truth()?;
        let done = *self.ending == Ending::Done;
        let (mut rows, mut wrong, mut behind, mut first) = (0_u64, 0_u64, 0_u64, None);
        for (id, last_seen) in last_seen(self.connection)? {
            let expected = truth.of(id).unwrap_or(0);
            rows += 1;
            if last_seen < expected && !done {
                behind += 1;
            } else if last_seen != expected {
                wrong += 1;
                first.get_or_insert((id, last_seen, expected));
            }
        }
        let detail = match first {
            None if done => format!("all {rows} rows carry the independently computed value"),
            None => format!("{behind} of {rows} rows are still to be done, none is wrong"),
            Some((id, found, expected)) => format!(
                "{wrong} of {rows} rows are wrong; the first: id {id} has {found}, not {expected}"
            ),
        };
        Ok(oracle(VALUES, wrong == 0, detail))
    }

    /// No other column, no row, no table and no index is other than it was; but for the rows that
    /// the live path deleted.
    pub(super) fn untouched(&self) -> rusqlite::Result<Oracle> {
        let largest = "SELECT coalesce(max(id), 0) FROM transmissions";
        let last: i64 = self.before.query_row(largest, [], |row| row.get(0))?;
        let deleted = self.deleted();
        let (mut then, mut now) = (
            self.before.prepare(OTHER_COLUMNS)?,
            self.connection.prepare(OTHER_COLUMNS)?,
        );
        let (was, is) = (then.query([last])?, now.query([last])?);
        if let Some(difference) = difference(was, is, 12, &deleted)? {
            let detail = format!("a row is not what it was: {difference}");
            return Ok(oracle("untouched", false, detail));
        }
        let (mut then, mut now) = (
            self.before.prepare(SCHEMA)?,
            self.connection.prepare(SCHEMA)?,
        );
        let none = BTreeSet::new();
        let done = *self.ending == Ending::Done;
        if let Some(difference) = difference(then.query([done])?, now.query([done])?, 3, &none)? {
            let detail = format!("the schema is not what it was: {difference}");
            return Ok(oracle("untouched", false, detail));
        }
        let detail =
            format!("all other columns of rows up to {last}, all tables and indexes are as before");
        Ok(oracle("untouched", true, detail))
    }
}

/// The first row, of `columns` columns, in which two results differ, those whose first column is
/// `gone` left out of the first.
fn difference(
    mut then: Rows<'_>,
    mut now: Rows<'_>,
    columns: usize,
    gone: &BTreeSet<i64>,
) -> rusqlite::Result<Option<String>> {
    loop {
        let was = loop {
            match then.next()? {
                Some(row) if is_in(row, gone)? => {}
                other => break other,
            }
        };
        let (was, is) = match (was, now.next()?) {
            (None, None) => return Ok(None),
            (Some(was), None) => return Ok(Some(format!("{:?} is gone", was.get_ref(0)?))),
            (None, Some(is)) => return Ok(Some(format!("{:?} is new", is.get_ref(0)?))),
            (Some(was), Some(is)) => (was, is),
        };
        for column in 0..columns {
            if was.get_ref(column)? != is.get_ref(column)? {
                let (was, is): (Value, Value) = (was.get(column)?, is.get(column)?);
                return Ok(Some(format!("{was:?} became {is:?}")));
            }
        }
    }
}

fn is_in(row: &Row<'_>, ids: &BTreeSet<i64>) -> rusqlite::Result<bool> {
    match row.get_ref(0)? {
        ValueRef::Integer(id) => Ok(ids.contains(&id)),
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::fixture::{EvidenceOf, facts};
    use super::*;
    use crate::load::Effect;
    use crate::scenario::StrategyKind;

    fn database(change: &str) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(&format!(
                "CREATE TABLE transmissions(id INTEGER PRIMARY KEY, raw_hex, hash, first_seen,
                   route_type, payload_type, payload_version, decoded_json, from_pubkey,
                   last_seen INT DEFAULT 0, channel_hash, scope_name, created_at);
                 CREATE INDEX by_hash ON transmissions(hash);
                 CREATE TABLE observations(transmission_id, timestamp);
                 INSERT INTO transmissions(id, hash) VALUES (1, 'a'), (2, 'b'), (30, 'c');
                 INSERT INTO transmissions(id, hash, last_seen) VALUES (7, 'd', 20);
                 INSERT INTO observations VALUES (1, 10), (1, 30), (2, -5), (7, 15);
                 {change}"
            ))
            .unwrap();
        connection
    }

    fn judged(
        change: &str,
        ending: &Ending,
        judge: fn(&Evidence<'_>) -> rusqlite::Result<Oracle>,
    ) -> Oracle {
        let (before, after) = (database(""), database(change));
        let mut evidence = EvidenceOf::new(StrategyKind::Chunked, facts(3));
        evidence.ending = ending.clone();
        evidence.record.effects.push(Effect::Deleted {
            transmission: 7,
            observations: 1,
        });
        judge(&evidence.on(&after, &before)).unwrap()
    }

    #[test]
    fn a_backfill_that_is_done_has_every_value_and_one_under_way_none_that_is_wrong() {
        let values = |change: &str, ending: &Ending| judged(change, ending, |e| e.values()).passed;
        let right = "UPDATE transmissions SET last_seen = 30 WHERE id = 1";
        let high = "UPDATE transmissions SET last_seen = 31 WHERE id = 1";
        assert!(values(right, &Ending::Done));
        assert!(!values("", &Ending::Done));
        assert!(!values(high, &Ending::Done));
        assert!(values("", &Ending::Cancelled));
        let started_at_20 =
            format!("{right}; UPDATE transmissions SET last_seen = 15 WHERE id = 7");
        assert!(
            !values(&started_at_20, &Ending::Done),
            "it was later before"
        );
        assert!(!values(high, &Ending::Cancelled));
    }

    #[test]
    fn whatever_else_was_changed_is_noticed() {
        let all = |change: &str| judged(change, &Ending::Done, |e| e.untouched()).passed;
        assert!(!all(""), "the live path deleted a row, and it is back");
        let deleted = "DELETE FROM transmissions WHERE id = 7;";
        let untouched = |change| all(&format!("{deleted} {change}"));
        assert!(untouched("UPDATE transmissions SET last_seen = 30"));
        assert!(untouched(
            "CREATE TABLE _async_migrations(name PRIMARY KEY)"
        ));
        for change in [
            "UPDATE transmissions SET scope_name = 'x' WHERE id = 30",
            "DELETE FROM transmissions WHERE id = 2",
            "DELETE FROM transmissions WHERE id = 30",
            "UPDATE transmissions SET id = -1 WHERE id = 30",
            "DROP INDEX by_hash",
            "CREATE INDEX more ON transmissions(last_seen)",
        ] {
            assert!(!untouched(change), "{change}");
        }
    }
}
