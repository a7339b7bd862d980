//! Whether the rows are right, and whether only those were changed that had to be.

use rusqlite::types::Value;
use rusqlite::{Connection, Rows};

use super::{Evidence, oracle};
use crate::outcome::{Ending, Oracle};

/// What a backfill of `last_seen` must leave as it was.
const OTHER_COLUMNS: &str = "SELECT id, raw_hex, hash, first_seen, route_type, payload_type,
    payload_version, decoded_json, from_pubkey, channel_hash, scope_name, created_at
    FROM transmissions WHERE id <= ?1 ORDER BY id";

/// Tables and indexes, without what the harness itself has put there.
const SCHEMA: &str = "SELECT type, name, sql FROM sqlite_schema
    WHERE name NOT LIKE '%_async_migrations%' ORDER BY type, name";

impl Evidence<'_> {
    /// Every `last_seen` is the largest timestamp of the row's observations, found by one pass over
    /// `observations` that shares no SQL with any strategy. A backfill that did not finish may
    /// have left rows lower, but none higher.
    pub(super) fn values(&self) -> rusqlite::Result<Oracle> {
        let latest = latest(self.connection)?;
        let done = *self.ending == Ending::Done;
        let mut transmissions = self
            .connection
            .prepare("SELECT id, last_seen FROM transmissions")?;
        let mut all = transmissions.query([])?;
        let (mut rows, mut wrong, mut behind, mut first) = (0_u64, 0_u64, 0_u64, None);
        while let Some(row) = all.next()? {
            let (id, last_seen): (i64, i64) = (row.get(0)?, row.get(1)?);
            let known = usize::try_from(id).ok().and_then(|id| latest.get(id));
            let expected = known.copied().unwrap_or(0);
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
        Ok(oracle("values", wrong == 0, detail))
    }

    /// No other column, no row, no table and no index is other than it was.
    pub(super) fn untouched(&self) -> rusqlite::Result<Oracle> {
        let last = i64::try_from(self.facts.transmissions).unwrap_or(i64::MAX);
        let (mut then, mut now) = (
            self.before.prepare(OTHER_COLUMNS)?,
            self.connection.prepare(OTHER_COLUMNS)?,
        );
        if let Some(difference) = difference(then.query([last])?, now.query([last])?, 12)? {
            let detail = format!("a row is not what it was: {difference}");
            return Ok(oracle("untouched", false, detail));
        }
        let (mut then, mut now) = (
            self.before.prepare(SCHEMA)?,
            self.connection.prepare(SCHEMA)?,
        );
        if let Some(difference) = difference(then.query([])?, now.query([])?, 3)? {
            let detail = format!("the schema is not what it was: {difference}");
            return Ok(oracle("untouched", false, detail));
        }
        let detail =
            format!("all other columns of {last} rows, all tables and indexes are as before");
        Ok(oracle("untouched", true, detail))
    }
}

/// By id, the largest timestamp of the row's observations, at least 0: what the column starts as.
fn latest(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    let last: i64 = connection.query_row(
        "SELECT coalesce(max(id), 0) FROM transmissions",
        [],
        |row| row.get(0),
    )?;
    let mut latest = vec![0; usize::try_from(last).unwrap_or(0) + 1];
    let mut observations =
        connection.prepare("SELECT transmission_id, timestamp FROM observations NOT INDEXED")?;
    let mut all = observations.query([])?;
    while let Some(row) = all.next()? {
        let (id, timestamp): (i64, i64) = (row.get(0)?, row.get(1)?);
        if let Some(slot) = usize::try_from(id).ok().and_then(|id| latest.get_mut(id)) {
            *slot = (*slot).max(timestamp);
        }
    }
    Ok(latest)
}

/// The first row, of `columns` columns, in which two results differ.
fn difference(
    mut then: Rows<'_>,
    mut now: Rows<'_>,
    columns: usize,
) -> rusqlite::Result<Option<String>> {
    loop {
        let (was, is) = match (then.next()?, now.next()?) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Facts;
    use crate::recorder::Record;

    fn database(change: &str) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(&format!(
                "CREATE TABLE transmissions(id INTEGER PRIMARY KEY, raw_hex, hash, first_seen,
                   route_type, payload_type, payload_version, decoded_json, from_pubkey,
                   last_seen INT DEFAULT 0, channel_hash, scope_name, created_at);
                 CREATE INDEX by_hash ON transmissions(hash);
                 CREATE TABLE observations(transmission_id, timestamp);
                 INSERT INTO transmissions(id, hash) VALUES (1, 'a'), (2, 'b'), (3, 'c');
                 INSERT INTO observations VALUES (1, 10), (1, 30), (2, -5);
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
        let evidence = Evidence {
            connection: &after,
            before: &before,
            facts: Facts {
                transmissions: 3,
                observations: 3,
                orphans: 1,
                zero_timestamps: 0,
                negative_timestamps: 0,
                id_stride: 1,
                largest_fanout: 2,
                first_unix_s: 0,
                last_unix_s: 30,
            },
            record: &Record::default(),
            strategy: None,
            ending,
        };
        judge(&evidence).unwrap()
    }

    #[test]
    fn a_backfill_that_is_done_has_every_value_and_one_under_way_none_that_is_wrong() {
        let values = |change, ending: &Ending| judged(change, ending, |e| e.values()).passed;
        let right = "UPDATE transmissions SET last_seen = 30 WHERE id = 1";
        let high = "UPDATE transmissions SET last_seen = 31 WHERE id = 1";
        assert!(values(right, &Ending::Done));
        assert!(!values("", &Ending::Done));
        assert!(!values(high, &Ending::Done));
        assert!(values("", &Ending::Cancelled));
        assert!(!values(high, &Ending::Cancelled));
    }

    #[test]
    fn whatever_else_was_changed_is_noticed() {
        let untouched = |change| judged(change, &Ending::Done, |e| e.untouched()).passed;
        assert!(untouched("UPDATE transmissions SET last_seen = 30"));
        assert!(untouched(
            "CREATE TABLE _async_migrations(name PRIMARY KEY)"
        ));
        for change in [
            "UPDATE transmissions SET scope_name = 'x' WHERE id = 3",
            "DELETE FROM transmissions WHERE id = 2",
            "UPDATE transmissions SET id = -1 WHERE id = 3",
            "DROP INDEX by_hash",
            "CREATE INDEX more ON transmissions(last_seen)",
        ] {
            assert!(!untouched(change), "{change}");
        }
    }
}
