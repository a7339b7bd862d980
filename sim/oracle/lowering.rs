//! Whether a backfill took back what the live path had stored.

use super::truth::last_seen;
use super::{Evidence, oracle};
use crate::outcome::{NO_LOWERING, Oracle};

impl Evidence<'_> {
    /// No row is below what it was before the run, or what the live path stored in it since. That
    /// holds at any moment, so it is asked of backfills that were stopped, too.
    pub(super) fn no_lowering(&self) -> rusqlite::Result<Oracle> {
        let floor = self.floor()?;
        let rows = last_seen(self.connection)?;
        let lowered: Vec<(i64, i64, i64)> = rows
            .iter()
            .filter_map(|&(id, found)| {
                let least = floor.of(id)?;
                (found < least).then_some((id, found, least))
            })
            .collect();
        let all = rows.len();
        let detail = match lowered.first() {
            None => format!("none of {all} rows is below what the live path stored"),
            Some((id, found, least)) => format!(
                "{} of {all} rows are below what the live path stored; the first: id {id} has \
                 {found}, not {least}",
                lowered.len()
            ),
        };
        Ok(oracle(NO_LOWERING, lowered.is_empty(), detail))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::fixture::{EvidenceOf, facts};
    use super::*;
    use crate::load::Effect;
    use crate::outcome::Ending;
    use crate::scenario::StrategyKind;

    fn database(rows: &str) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let sql = format!(
            "CREATE TABLE transmissions(id INTEGER PRIMARY KEY, last_seen INT);
             INSERT INTO transmissions VALUES {rows}"
        );
        connection.execute_batch(&sql).unwrap();
        connection
    }

    /// Rows 3, 30 and 31 start at 0, 40 and 0; the live path stored 50 in 31 and 70 in the new 32.
    fn judged(rows: &str) -> Oracle {
        let mut evidence = EvidenceOf::new(StrategyKind::Chunked, facts(3));
        evidence.ending = Ending::Cancelled;
        evidence.record.effects = vec![
            Effect::Observed {
                transmission: 31,
                timestamp: 50,
            },
            Effect::Observed {
                transmission: 31,
                timestamp: 20,
            },
            Effect::Transmitted {
                transmission: 32,
                timestamp: 70,
            },
        ];
        let before = database("(3, 0), (30, 40), (31, 0)");
        evidence.on(&database(rows), &before).no_lowering().unwrap()
    }

    #[test]
    fn nothing_goes_below_what_was_stored_whether_or_not_the_backfill_is_done() {
        assert!(judged("(3, 0), (30, 40), (31, 50), (32, 70)").passed);
        assert!(judged("(3, 9), (30, 90), (31, 90), (32, 70)").passed);
        assert!(judged("(3, 0), (31, 50)").passed, "what is gone is not low");
        for low in [
            "(3, -1), (30, 40), (31, 50), (32, 70)",
            "(3, 0), (30, 39), (31, 50), (32, 70)",
            "(3, 0), (30, 40), (31, 49), (32, 70)",
            "(3, 0), (30, 40), (31, 50), (32, 0)",
        ] {
            assert!(!judged(low).passed, "{low}");
        }
    }
}
