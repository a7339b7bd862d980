//! What must be true after a cell, found out without asking the strategy.
//!
//! Oracles look at the rows, at the log of connections and at the announcements. None takes the
//! strategy's word for what it did, and none looks at how fast it was.

mod announcements;
#[cfg(test)]
mod fixture;
mod ledger;
mod lowering;
mod notes;
mod pauses;
mod resume;
mod rows;
mod status;
mod truth;

use rusqlite::Connection;

pub use status::{STALEST_NS, Told};

use crate::job::Task;
use crate::load::Effect;
use crate::outcome::{Ending, Oracle, TERMINATION};
use crate::recorder::Record;
use crate::scenario::Strategy;
use crate::workload::Workload;

/// Rows above which `integrity_check` is left to the tables a backfill writes to: on a table it
/// only inserts into a few rows, the check of a million index entries would take longer than the
/// cell.
const WHOLE_CHECK_ROWS: u64 = 200_000;

/// What a cell is judged by.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The database as the cell left it.
    pub connection: &'a Connection,
    /// The database as the cell found it.
    pub before: &'a Connection,
    /// What was to be done.
    pub task: &'a Task,
    /// Rows of the table that is filled, before.
    pub rows: u64,
    /// Rows of the table the values come from, before.
    pub source_rows: u64,
    /// Rows that an earlier run had written.
    pub rows_done: u64,
    /// Rows that change with one that is filled, itself included, at the most.
    pub changes_per_row: u64,
    /// What happened.
    pub record: &'a Record,
    /// The strategy; `None` for the counterfactual.
    pub strategy: Option<&'a Strategy>,
    /// How it ended.
    pub ending: &'a Ending,
}

/// All oracles that apply to a cell of `workload`.
///
/// # Errors
/// If the database cannot be read at all.
pub fn judge(workload: &Workload, evidence: &Evidence<'_>) -> rusqlite::Result<Vec<Oracle>> {
    let mut oracles = workload.data(evidence)?;
    if evidence.strategy.is_some() {
        oracles.push(evidence.ended());
        oracles.extend(workload.filled(evidence)?);
        oracles.push(evidence.ledger()?);
    }
    if let Some(strategy) = evidence.strategy
        && !strategy.kind.is_single_transaction()
    {
        oracles.push(evidence.pauses());
        oracles.push(evidence.progress());
        oracles.extend(evidence.resume());
        oracles.push(evidence.bounded_transactions(strategy));
    }
    if let Some(strategy) = evidence.strategy
        && strategy.kind.works_in_chunks()
    {
        oracles.extend(evidence.ledger_writes());
        oracles.push(evidence.status());
    }
    Ok(oracles)
}

fn oracle(name: &str, passed: bool, detail: String) -> Oracle {
    Oracle {
        name: name.to_owned(),
        passed,
        detail,
    }
}

impl Evidence<'_> {
    /// What must be true of the packet log with or without a backfill.
    ///
    /// # Errors
    /// If the database cannot be read at all.
    pub fn of_packet_log(&self) -> rusqlite::Result<Vec<Oracle>> {
        Ok(vec![
            self.integrity()?,
            self.conservation()?,
            self.untouched()?,
        ])
    }

    /// What must be true of `last_seen`.
    ///
    /// # Errors
    /// If the database cannot be read at all.
    pub fn of_last_seen(&self) -> rusqlite::Result<Vec<Oracle>> {
        Ok(vec![self.values()?, self.no_lowering()?])
    }

    /// SQLite's own check.
    fn integrity(&self) -> rusqlite::Result<Oracle> {
        let whole = self.source_rows <= WHOLE_CHECK_ROWS;
        let scopes: &[&str] = if whole {
            &["integrity_check"]
        } else {
            &[
                "integrity_check(transmissions)",
                "integrity_check(_async_migrations)",
            ]
        };
        let mut complaints = Vec::new();
        for scope in scopes {
            let mut check = self.connection.prepare(&format!("PRAGMA {scope}"))?;
            let lines = check.query_map([], |row| row.get::<_, String>(0))?;
            for line in lines {
                let line = line?;
                if line != "ok" {
                    complaints.push(line);
                }
            }
        }
        let detail = match complaints.first() {
            Some(first) => format!("{} complaints, the first: {first}", complaints.len()),
            None => format!("ok: {}", scopes.join(", ")),
        };
        Ok(oracle("integrity", complaints.is_empty(), detail))
    }

    /// What the live path stored left its rows, once, and what it deleted is gone; nothing else
    /// came or went.
    fn conservation(&self) -> rusqlite::Result<Oracle> {
        let before = (self.rows, self.source_rows);
        let effects = self.record.effects.iter();
        let expected = effects.fold(before, |(transmissions, observations), effect| {
            match *effect {
                Effect::Nothing | Effect::Wrote { .. } => (transmissions, observations),
                Effect::Observed { .. } => (transmissions, observations + 1),
                // A new transmission comes with its first observation.
                Effect::Transmitted { .. } => (transmissions + 1, observations + 1),
                Effect::Deleted {
                    observations: gone, ..
                } => (
                    transmissions.saturating_sub(1),
                    observations.saturating_sub(gone),
                ),
            }
        });
        let count = |table: &str| -> rusqlite::Result<u64> {
            let sql = format!("SELECT count(*) FROM {table}");
            let rows: i64 = self.connection.query_row(&sql, [], |row| row.get(0))?;
            Ok(rows.unsigned_abs())
        };
        let found = (count("transmissions")?, count("observations")?);
        Ok(oracle(
            "conservation",
            found == expected,
            format!(
                "{} transmissions of {} expected, {} observations of {}",
                found.0, expected.0, found.1, expected.1
            ),
        ))
    }

    fn ended(&self) -> Oracle {
        let (passed, detail) = match self.ending {
            Ending::Done => (true, "the backfill finished".to_owned()),
            Ending::Cancelled => (
                true,
                "the backfill was cancelled, as the scenario asks".to_owned(),
            ),
            Ending::Killed => (
                true,
                "the backfill was killed, as the scenario asks".to_owned(),
            ),
            Ending::OutOfTime => (
                false,
                "the backfill was still running at the horizon".to_owned(),
            ),
            Ending::Endless { transactions, rows } => (
                false,
                format!(
                    "the backfill never ends: it stored {transactions} chunks of a table that had \
                     {rows} rows when it started, and was stopped"
                ),
            ),
            Ending::NoBackfill => (false, "there was no backfill".to_owned()),
            Ending::Failed(error) => (false, format!("the backfill failed: {error}")),
        };
        oracle(TERMINATION, passed, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::{EvidenceOf, facts};
    use super::*;
    use crate::scenario::StrategyKind;

    /// Of 3 transmissions and 2 observations one went with its observation, one of each came, and
    /// one more was observed: what the live path says, and what is there.
    fn conserved(transmissions: u64, observations: u64) -> bool {
        let connection = Connection::open_in_memory().unwrap();
        let rows = |table, count| {
            format!(
                "CREATE TABLE {table}(id INTEGER PRIMARY KEY);
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
                 INSERT INTO {table} SELECT i FROM n;"
            )
        };
        let both = [
            rows("transmissions", transmissions),
            rows("observations", observations),
        ];
        connection.execute_batch(&both.concat()).unwrap();
        let mut evidence = EvidenceOf::new(StrategyKind::Chunked, facts(3));
        evidence.facts.observations = 2;
        let (transmission, timestamp) = (4, 9);
        evidence.record.effects = vec![
            Effect::Deleted {
                transmission: 1,
                observations: 1,
            },
            Effect::Transmitted {
                transmission,
                timestamp,
            },
            Effect::Observed {
                transmission,
                timestamp,
            },
        ];
        let evidence = evidence.on(&connection, &connection);
        evidence.conservation().unwrap().passed
    }

    #[test]
    fn what_came_and_went_by_the_live_path_and_nothing_else() {
        assert!(conserved(3, 3));
        for (transmissions, observations) in [(2, 3), (4, 3), (3, 2), (3, 4)] {
            assert!(!conserved(transmissions, observations));
        }
    }

    #[test]
    fn only_an_end_or_a_stop_that_was_asked_for_is_one() {
        let passed = |ending| {
            let mut evidence = EvidenceOf::new(StrategyKind::Chunked, facts(3));
            evidence.ending = ending;
            let connection = Connection::open_in_memory().unwrap();
            evidence.on(&connection, &connection).ended().passed
        };
        assert!(passed(Ending::Done) && passed(Ending::Cancelled) && passed(Ending::Killed));
        let endless = Ending::Endless {
            transactions: 68,
            rows: 3,
        };
        let failed = Ending::Failed("disk full".to_owned());
        for ending in [Ending::OutOfTime, endless, failed, Ending::NoBackfill] {
            assert!(!passed(ending));
        }
    }
}
