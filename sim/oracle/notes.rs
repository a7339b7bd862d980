//! Whether the ledger is written with chunks, and seldom besides.
//!
//! Progress that is written for its own sake, row by row, costs more than the backfill: every note
//! is a transaction that others wait for. One a second is enough for whoever looks.

use backfill::chunked::NOTES;

use super::{Evidence, oracle};
use crate::outcome::{BACKFILL, LEDGER_WRITES, Oracle};

/// Writes of a run that are no chunks: it is claimed, its keys are counted, it is ended.
const PER_RUN: u64 = 3;

impl Evidence<'_> {
    /// Beside the chunks a pacer was asked for, a backfill writes once a second, and a few times
    /// per run. `None` for what has no pacer to be asked.
    pub(super) fn ledger_writes(&self) -> Option<Oracle> {
        let chunks = self.record.paces.len() as u64;
        if chunks == 0 {
            return None;
        }
        let stored = || {
            let holds = self.record.holds.iter();
            holds.filter(|hold| {
                let own = hold.user == BACKFILL || hold.user == NOTES;
                own && hold.write && hold.rows_changed > 0
            })
        };
        let (first, last) = (
            stored().map(|hold| hold.queued_ns).min().unwrap_or(0),
            stored().map(|hold| hold.released_ns).max().unwrap_or(0),
        );
        let seconds = (last - first) / 1_000_000_000 + 1;
        let runs = self.record.starts.len() as u64;
        let (writes, allowed) = (stored().count() as u64, chunks + seconds + PER_RUN * runs);
        Some(oracle(
            LEDGER_WRITES,
            writes <= allowed,
            format!(
                "{writes} write transactions; {chunks} chunks, a note a second and {PER_RUN} for \
                 each of {runs} runs make {allowed}"
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::fixture::{EvidenceOf, facts};
    use super::*;
    use crate::outcome::Hold;
    use crate::recorder::Paced;
    use crate::scenario::StrategyKind;

    /// So many writes within two seconds, for four chunks of one run.
    fn judged(user: &'static str, writes: u64) -> Oracle {
        let mut evidence = EvidenceOf::new(StrategyKind::Chunked, facts(10));
        let hold = |nth: u64| Hold {
            line: crate::outcome::Line::default(),
            user,
            write: true,
            queued_ns: nth * 2_000_000_000 / writes,
            acquired_ns: 0,
            released_ns: nth * 2_000_000_000 / writes,
            busy_retries: 0,
            rows_changed: 1,
        };
        evidence.record.holds = (1..=writes).map(hold).collect();
        evidence.record.starts = vec![0];
        let pace = Paced {
            at_ns: 0,
            rows: 5,
            pause_ns: 0,
        };
        evidence.record.paces = vec![pace; 4];
        let connection = Connection::open_in_memory().unwrap();
        let evidence = evidence.on(&connection, &connection);
        evidence.ledger_writes().unwrap()
    }

    #[test]
    fn a_note_a_second_is_enough_whoever_makes_it() {
        assert!(judged(BACKFILL, 9).passed);
        assert!(!judged(BACKFILL, 14).passed);
        assert!(!judged(NOTES, 14).passed);
        assert!(judged("writer", 14).passed);
    }
}
