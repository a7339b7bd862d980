//! Whether the ledger tells the truth, and a later run would know where to go on.

use backfill::ledger::{self, Cursor, Entry, Key, Order, Status};
use rusqlite::types::Value;
use rusqlite::{OptionalExtension as _, params_from_iter};

use super::{Evidence, oracle};
use crate::identifier::quoted;
use crate::job::Keyed;
use crate::outcome::{Ending, LEDGER, Oracle};
use crate::scenario::StrategyKind;

impl Evidence<'_> {
    /// The ledger says that a backfill which is done is done, with as many rows as were announced;
    /// and one that works in chunks has left its cursor at the end of its snapshot. Without one, a
    /// crash at any moment would have begun all over again. Of one that is not done it says
    /// nothing of the kind.
    pub(super) fn ledger(&self) -> rusqlite::Result<Oracle> {
        let entry = ledger::entry(self.connection, &self.task.name)?;
        let complaint = match (&entry, *self.ending == Ending::Done) {
            (None, true) => Some("the ledger says nothing".to_owned()),
            (Some(entry), true) => self.complaint(entry)?,
            (None, false) => None,
            (Some(entry), false) => self.untrue(entry),
        };
        let passed = complaint.is_none();
        let says = entry.map_or("nothing", |entry| entry.status.word());
        let detail = complaint.unwrap_or_else(|| format!("the ledger says {says}"));
        Ok(oracle(LEDGER, passed, detail))
    }

    /// What the ledger says of a backfill that is not done, if that is not so.
    fn untrue(&self, entry: &Entry) -> Option<String> {
        let says = entry.status.word();
        // Whoever is killed has no time to say so.
        let stopped = *self.ending == Ending::Cancelled
            && self
                .strategy
                .is_some_and(|one| one.kind == StrategyKind::Chunked);
        let wrong = entry.status == Status::Done || (stopped && entry.status != Status::Cancelled);
        let ended = match self.ending {
            Ending::Killed => "killed",
            Ending::Cancelled => "cancelled",
            _ => "not done",
        };
        wrong.then(|| format!("the ledger says {says} of a backfill that was {ended}"))
    }

    fn complaint(&self, entry: &Entry) -> rusqlite::Result<Option<String>> {
        if entry.status != Status::Done {
            return Ok(Some(format!("the ledger says {}", entry.status.word())));
        }
        let stored = entry.rows_processed;
        let told = self.record.chunks.last().map(|chunk| chunk.processed);
        if let Some(told) = told.filter(|&told| told != stored) {
            let detail = format!("the ledger says {stored} rows, announced were {told}");
            return Ok(Some(detail));
        }
        let in_chunks = |strategy: &crate::scenario::Strategy| strategy.kind.works_in_chunks();
        if !self.strategy.is_some_and(in_chunks) {
            return Ok(None);
        }
        match &entry.cursor {
            None => Ok(Some(
                "the ledger has no cursor: after a crash a run would start over".to_owned(),
            )),
            Some(cursor) => self.left_behind(cursor),
        }
    }

    /// What is wrong with a cursor that should have passed all rows there were at the start.
    fn left_behind(&self, cursor: &Cursor) -> rusqlite::Result<Option<String>> {
        let Some(keyed) = self.gone_through(cursor.order) else {
            return Ok(Some(
                "the cursor is of a table that the job does not read".to_owned(),
            ));
        };
        let (table, key) = (quoted(&keyed.table), keyed.sql());
        let (first, second) = (keyed.params(1), keyed.params(1 + keyed.columns.len()));
        let last = cursor.last.values();
        let beyond = format!(
            "SELECT {} FROM {table} WHERE {key} > {first} ORDER BY {} LIMIT 1",
            keyed.listed(),
            keyed.descending()
        );
        let values = |row: &rusqlite::Row<'_>| {
            let values = (0..keyed.columns.len()).map(|column| row.get(column));
            values.collect::<rusqlite::Result<Vec<Value>>>()
        };
        let beyond = self
            .before
            .query_row(&beyond, params_from_iter(&last), values);
        if let Some(beyond) = beyond.optional()? {
            let detail = format!(
                "the cursor ends at key {}, but there were keys to {}",
                shown(&last),
                shown(&beyond)
            );
            return Ok(Some(detail));
        }
        // The last rows may have been deleted before the cursor came to them.
        let after = cursor.after.as_ref().map(Key::values).unwrap_or_default();
        let behind = if after.is_empty() {
            format!("SELECT count(*) FROM {table} WHERE {key} <= {first}")
        } else {
            format!("SELECT count(*) FROM {table} WHERE {key} <= {first} AND {key} > {second}")
        };
        let bounds = params_from_iter(last.iter().chain(&after));
        let keys: i64 = self
            .connection
            .query_row(&behind, bounds, |row| row.get(0))?;
        let stands = shown(&after);
        Ok((keys > 0).then(|| {
            format!("the cursor stands at key {stands}: a later run would pass {keys} keys again")
        }))
    }

    /// The table whose keys a cursor in `order` is of.
    const fn gone_through(&self, order: Order) -> Option<&Keyed> {
        match order {
            Order::Key => Some(&self.task.rows),
            Order::Storage => self.task.source.as_ref(),
        }
    }
}

/// A key as a reader of the report knows it.
fn shown(key: &[Value]) -> String {
    if key.is_empty() {
        return "none".to_owned();
    }
    let values = key.iter().map(|value| match value {
        Value::Integer(key) => key.to_string(),
        Value::Text(key) => format!("'{key}'"),
        other => format!("{other:?}"),
    });
    values.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use backfill::ledger::{Start, Turn};
    use rusqlite::Connection;

    use super::super::fixture::{EvidenceOf, facts};
    use super::*;
    use crate::job::NAME;

    /// Three rows, and what the ledger says of the backfill.
    fn judged(kind: StrategyKind, cursor: Option<(i64, i64)>, finished: bool) -> Oracle {
        let connection = Connection::open_in_memory().unwrap();
        let rows = "CREATE TABLE transmissions(id INTEGER PRIMARY KEY);
                    INSERT INTO transmissions VALUES (2), (5), (9)";
        connection.execute_batch(rows).unwrap();
        ledger::ensure(&connection).unwrap();
        let cursor = cursor.map(|(after, last)| Cursor {
            after: Some(Key::Integer(after)),
            scanned: 3,
            ..Cursor::before(Key::Integer(2), Key::Integer(last), Order::Key)
        });
        let start = Start {
            cursor: cursor.as_ref(),
            rows_processed: 3,
            rows_total: 3,
            job: None,
        };
        let turn = Turn::take(&connection, NAME, &start).unwrap();
        if finished {
            turn.finish(&connection, Status::Done, 3, None, Duration::ZERO)
                .unwrap();
        }
        let evidence = EvidenceOf::new(kind, facts(3));
        evidence.on(&connection, &connection).ledger().unwrap()
    }

    #[test]
    fn what_works_in_chunks_leaves_its_cursor_at_the_end() {
        let chunked = StrategyKind::Chunked;
        assert!(judged(chunked, Some((9, 9)), true).passed);
        // The row with key 12 was deleted before the cursor came to it.
        assert!(judged(chunked, Some((9, 12)), true).passed);
        for (cursor, finished, why) in [
            (Some((9, 9)), false, "says running"),
            (None, true, "no cursor"),
            (Some((5, 9)), true, "would pass 1 keys again"),
            (Some((5, 5)), true, "there were keys to 9"),
        ] {
            let oracle = judged(chunked, cursor, finished);
            assert!(!oracle.passed && oracle.detail.contains(why), "{oracle:?}");
        }
        assert!(judged(StrategyKind::SingleTransaction, None, true).passed);
    }

    #[test]
    fn of_what_was_stopped_it_does_not_say_that_it_is_done() {
        let judged = |ending, status| {
            let connection = Connection::open_in_memory().unwrap();
            ledger::ensure(&connection).unwrap();
            let turn = Turn::take(&connection, NAME, &Start::<Cursor>::default()).unwrap();
            turn.finish(&connection, status, 3, None, Duration::ZERO)
                .unwrap();
            let mut evidence = EvidenceOf::new(StrategyKind::Chunked, facts(3));
            evidence.ending = ending;
            let evidence = evidence.on(&connection, &connection);
            evidence.ledger().unwrap().passed
        };
        assert!(judged(Ending::Cancelled, Status::Cancelled));
        assert!(!judged(Ending::Cancelled, Status::Done));
        assert!(!judged(Ending::Cancelled, Status::Running));
        assert!(judged(Ending::Killed, Status::Running));
        assert!(!judged(Ending::Killed, Status::Done));
    }
}
