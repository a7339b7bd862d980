//! What must be true after a cell, found out without asking the strategy.
//!
//! Oracles look at the rows, at the log of connections and at the announcements. None takes the
//! strategy's word for what it did, and none looks at how fast it was.

use rusqlite::{Connection, OptionalExtension as _};

use crate::dataset::Facts;
use crate::job;
use crate::outcome::{BACKFILL, Chunk, Ending, Oracle, RequestKind, TERMINATION};
use crate::recorder::Record;
use crate::scenario::{Strategy, StrategyKind};

/// Rows above which `integrity_check` is left to the tables a backfill writes to: on a table it
/// only inserts into a few rows, the check of a million index entries would take longer than the
/// cell.
const WHOLE_CHECK_ROWS: u64 = 200_000;

/// What a cell is judged by.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The database as the cell left it.
    pub connection: &'a Connection,
    /// What was there before.
    pub facts: Facts,
    /// What happened.
    pub record: &'a Record,
    /// The strategy; `None` for the counterfactual.
    pub strategy: Option<&'a Strategy>,
    /// How it ended.
    pub ending: &'a Ending,
}

/// All oracles that apply.
///
/// # Errors
/// If the database cannot be read at all.
pub fn judge(evidence: &Evidence<'_>) -> rusqlite::Result<Vec<Oracle>> {
    let mut oracles = vec![evidence.integrity()?, evidence.conservation()?];
    if evidence.strategy.is_some() {
        oracles.push(evidence.ended());
        if *evidence.ending == Ending::Done {
            oracles.push(evidence.values()?);
            oracles.push(evidence.ledger()?);
        }
    }
    if let Some(strategy) = evidence.strategy
        && strategy.kind != StrategyKind::SingleTransaction
    {
        oracles.push(evidence.progress());
        oracles.push(evidence.bounded_transactions(strategy.rows.unwrap_or(0)));
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
    /// How many requests of a kind were answered.
    fn answered(&self, kind: RequestKind) -> u64 {
        let all = self.record.requests.iter();
        all.filter(|(_, request)| request.kind == kind && !request.failed)
            .count() as u64
    }

    /// SQLite's own check.
    fn integrity(&self) -> rusqlite::Result<Oracle> {
        let whole = self.facts.observations <= WHOLE_CHECK_ROWS;
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

    /// Every request that was answered left its rows, once; nothing else came or went.
    fn conservation(&self) -> rusqlite::Result<Oracle> {
        let transmitted = self.answered(RequestKind::InsertTransmission);
        // A new transmission comes with its first observation.
        let observed = self.answered(RequestKind::InsertObservation) + transmitted;
        let expected = (
            self.facts.transmissions + transmitted,
            self.facts.observations + observed,
        );
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
            Ending::OutOfTime => (
                false,
                "the backfill was still running at the horizon".to_owned(),
            ),
            Ending::NoBackfill => (false, "there was no backfill".to_owned()),
            Ending::Failed(error) => (false, format!("the backfill failed: {error}")),
        };
        oracle(TERMINATION, passed, detail)
    }

    /// Every `last_seen` is the largest timestamp of the row's observations, found by one pass over
    /// `observations` that shares no SQL with any strategy.
    fn values(&self) -> rusqlite::Result<Oracle> {
        let rows: i64 = self.connection.query_row(
            "SELECT coalesce(max(id), 0) FROM transmissions",
            [],
            |row| row.get(0),
        )?;
        let mut latest = vec![None; usize::try_from(rows).unwrap_or(0) + 1];
        let mut observations = self
            .connection
            .prepare("SELECT transmission_id, timestamp FROM observations NOT INDEXED")?;
        let mut all = observations.query([])?;
        while let Some(row) = all.next()? {
            let (id, timestamp): (i64, i64) = (row.get(0)?, row.get(1)?);
            let Some(slot) = usize::try_from(id).ok().and_then(|id| latest.get_mut(id)) else {
                continue;
            };
            *slot = (*slot).max(Some(timestamp));
        }
        let mut transmissions = self
            .connection
            .prepare("SELECT id, last_seen FROM transmissions")?;
        let mut all = transmissions.query([])?;
        let (mut wrong, mut first) = (0_u64, None);
        while let Some(row) = all.next()? {
            let (id, last_seen): (i64, i64) = (row.get(0)?, row.get(1)?);
            let known = usize::try_from(id).ok().and_then(|id| latest.get(id));
            let expected = known.copied().flatten().unwrap_or(0);
            if last_seen != expected {
                wrong += 1;
                first.get_or_insert((id, last_seen, expected));
            }
        }
        let detail = match first {
            None => format!("all {rows} rows carry the independently computed value"),
            Some((id, found, expected)) => format!(
                "{wrong} of {rows} rows are wrong; the first: id {id} has {found}, not {expected}"
            ),
        };
        Ok(oracle("values", wrong == 0, detail))
    }

    fn ledger(&self) -> rusqlite::Result<Oracle> {
        let entry: Option<(String, u64)> = self
            .connection
            .query_row(
                "SELECT status, rows_processed FROM _async_migrations WHERE name = ?1",
                [job::NAME],
                |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())),
            )
            .optional()?;
        let (status, stored) = entry.unwrap_or_else(|| ("nothing".to_owned(), 0));
        let told = self.record.chunks.last().map(|chunk| chunk.processed);
        let differs = told.filter(|&told| status == "done" && told != stored);
        let detail = match differs {
            Some(told) => format!("the ledger says {stored} rows, announced were {told}"),
            None => format!("the ledger says {status}"),
        };
        let passed = status == "done" && differs.is_none();
        Ok(oracle("ledger", passed, detail))
    }

    /// The first announcement of rows that no transaction had changed by then.
    fn announced_ahead(&self) -> Option<&Chunk> {
        let holds = self.record.holds.iter();
        let written = holds.filter(|hold| hold.user == BACKFILL && hold.write);
        let mut written: Vec<(u64, u64)> = written
            .map(|hold| (hold.released_ns, hold.rows_changed))
            .collect();
        written.sort_unstable();
        let mut written = written.into_iter().peekable();
        let mut changed = 0;
        self.record.chunks.iter().find(|chunk| {
            while let Some((_, rows)) = written.next_if(|&(at_ns, _)| at_ns <= chunk.at_ns) {
                changed += rows;
            }
            chunk.processed > changed
        })
    }

    /// Announced progress never goes back, never runs ahead of what was written, never exceeds its
    /// total or the rows there are, and ends at its total.
    fn progress(&self) -> Oracle {
        let chunks = &self.record.chunks;
        let back = chunks
            .windows(2)
            .find(|two| two[1].processed < two[0].processed);
        let over = chunks.iter().find(|chunk| chunk.processed > chunk.total);
        // Whoever passes the same rows again counts more than there are.
        let rows = self.facts.transmissions + self.answered(RequestKind::InsertTransmission);
        let again = chunks.iter().find(|chunk| chunk.processed > rows);
        let last = chunks.last();
        let complete = last.is_some_and(|chunk| chunk.processed == chunk.total);
        let (passed, detail) = if let Some(two) = back {
            let (from, to) = (two[0].processed, two[1].processed);
            (false, format!("progress went back from {from} to {to}"))
        } else if let Some(chunk) = over {
            (
                false,
                format!("{} rows processed of {}", chunk.processed, chunk.total),
            )
        } else if let Some(chunk) = again {
            (
                false,
                format!("{} rows processed where there are {rows}", chunk.processed),
            )
        } else if let Some(chunk) = self.announced_ahead() {
            (
                false,
                format!(
                    "{} rows were announced before they were written",
                    chunk.processed
                ),
            )
        } else if *self.ending == Ending::Done && !complete {
            (
                false,
                "the backfill finished, but its progress did not".to_owned(),
            )
        } else {
            let told = last.map_or(0, |chunk| chunk.processed);
            (
                true,
                format!("{} announcements up to {told} rows", chunks.len()),
            )
        };
        oracle("progress", passed, detail)
    }

    /// What announces chunks works in chunks: no transaction of the backfill changed more rows
    /// than one chunk has, beside its note in the ledger.
    fn bounded_transactions(&self, rows: u64) -> Oracle {
        let transactions = || {
            let holds = self.record.holds.iter();
            holds.filter(|hold| hold.user == BACKFILL && hold.write)
        };
        let largest = transactions()
            .map(|hold| hold.rows_changed)
            .max()
            .unwrap_or(0);
        let allowed = rows + 1;
        oracle(
            "bounded-transactions",
            largest <= allowed,
            format!(
                "the largest of {} transactions changed {largest} rows; a chunk of {rows} and its \
                 note make {allowed}",
                transactions().count()
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Hold;

    /// Ten rows, written by transactions that ended at 10, 20, … and changed so many rows, and
    /// announced as (moment, processed).
    fn progress(written: &[u64], announced: &[(u64, u64)]) -> Oracle {
        let holds = written.iter().zip(1..).map(|(&rows_changed, nth)| Hold {
            user: BACKFILL,
            write: true,
            queued_ns: 0,
            acquired_ns: 0,
            released_ns: 10 * nth,
            busy_retries: 0,
            rows_changed,
        });
        let chunks = announced.iter().map(|&(at_ns, processed)| Chunk {
            at_ns,
            processed,
            total: processed.max(10),
        });
        let record = Record {
            holds: holds.collect(),
            chunks: chunks.collect(),
            ..Record::default()
        };
        let connection = Connection::open_in_memory().unwrap();
        Evidence {
            connection: &connection,
            facts: Facts {
                transmissions: 10,
                observations: 0,
                orphans: 0,
                zero_timestamps: 0,
                largest_fanout: 0,
                first_unix_s: 0,
                last_unix_s: 0,
            },
            record: &record,
            strategy: None,
            ending: &Ending::Done,
        }
        .progress()
    }

    #[test]
    fn progress_is_believed_only_when_it_was_written_and_once() {
        assert!(progress(&[6, 6], &[(10, 5), (20, 10)]).passed);
        for (written, announced, why) in [
            (&[6, 6][..], &[(10, 5), (20, 4)][..], "went back"),
            (&[6, 6], &[(10, 10), (20, 10)], "before they were written"),
            (
                &[6, 6, 6],
                &[(10, 5), (20, 10), (30, 15)],
                "where there are 10",
            ),
            (&[6], &[(10, 5)], "its progress did not"),
            (&[6, 6], &[], "its progress did not"),
        ] {
            let oracle = progress(written, announced);
            assert!(!oracle.passed && oracle.detail.contains(why), "{oracle:?}");
        }
    }
}
