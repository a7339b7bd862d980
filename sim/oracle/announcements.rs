//! Whether a backfill did what it said it did, when it said so.

use super::{Evidence, oracle};
use crate::load::Effect;
use crate::outcome::{BACKFILL, BOUNDED_TRANSACTIONS, Chunk, Ending, Oracle};
use crate::scenario::{Strategy, StrategyKind};

impl Evidence<'_> {
    /// The first announcement of rows that no transaction had changed by then. One that was killed
    /// while its commit took its time could not note it: that may have been one more chunk.
    fn announced_ahead(&self) -> Option<&Chunk> {
        let holds = self.record.holds.iter();
        let written = holds.filter(|hold| hold.user == BACKFILL && hold.write);
        let mut written: Vec<(u64, u64)> = written
            .map(|hold| (hold.released_ns, hold.rows_changed))
            .collect();
        let killed = self.record.kills.iter();
        written.extend(killed.map(|&at_ns| (at_ns, self.record.largest_pace)));
        written.sort_unstable();
        let mut written = written.into_iter().peekable();
        let mut changed = self.rows_done;
        self.record.chunks.iter().find(|chunk| {
            while let Some((_, rows)) = written.next_if(|&(at_ns, _)| at_ns <= chunk.at_ns) {
                changed += rows;
            }
            chunk.processed > changed
        })
    }

    /// Announced progress never goes back, never runs ahead of what was written, never exceeds its
    /// total or the rows there are, and ends at its total.
    pub(super) fn progress(&self) -> Oracle {
        let chunks = &self.record.chunks;
        let back = chunks
            .windows(2)
            .find(|two| two[1].processed < two[0].processed);
        let over = chunks.iter().find(|chunk| chunk.processed > chunk.total);
        // Whoever passes the same rows again counts more than there are.
        let rows = self.rows + self.record.effects.iter().map(Effect::added).sum::<u64>();
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
    pub(super) fn bounded_transactions(&self, strategy: &Strategy) -> Oracle {
        // A pacer says how large a chunk may be; what has none said so in the scenario.
        let rows = match strategy.kind {
            StrategyKind::Chunked | StrategyKind::SentinelCursor | StrategyKind::BlindStatus => {
                self.record.largest_pace
            }
            _ => strategy.rows.unwrap_or(0),
        };
        let transactions = || {
            let holds = self.record.holds.iter();
            holds.filter(|hold| hold.user == BACKFILL && hold.write)
        };
        let largest = transactions()
            .map(|hold| hold.rows_changed)
            .max()
            .unwrap_or(0);
        let allowed = rows * self.changes_per_row + 1;
        oracle(
            BOUNDED_TRANSACTIONS,
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
    use rusqlite::Connection;

    use super::super::fixture::{EvidenceOf, facts};
    use super::*;
    use crate::outcome::Hold;
    use crate::recorder::Record;

    /// Ten rows, written by transactions that ended at 10, 20, … and changed so many rows, and
    /// announced as (moment, processed).
    fn progress(written: &[u64], announced: &[(u64, u64)]) -> Oracle {
        killed(&[], written, announced)
    }

    /// The same, killed at these moments, with chunks of at most 4 rows.
    fn killed(kills: &[u64], written: &[u64], announced: &[(u64, u64)]) -> Oracle {
        let holds = written.iter().zip(1..).map(|(&rows_changed, nth)| Hold {
            line: crate::outcome::Line::default(),
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
            kills: kills.to_vec(),
            largest_pace: 4,
            ..Record::default()
        };
        let connection = Connection::open_in_memory().unwrap();
        let evidence = EvidenceOf {
            record,
            ..EvidenceOf::new(StrategyKind::Chunked, facts(10))
        };
        evidence.on(&connection, &connection).progress()
    }

    #[test]
    fn one_chunk_may_have_been_committed_by_somebody_who_was_killed() {
        let announced = [(10, 4), (20, 10)];
        assert!(!progress(&[5, 2], &announced).passed);
        assert!(killed(&[15], &[5, 2], &announced).passed);
        assert!(!killed(&[25], &[5, 2], &announced).passed, "it was later");
        assert!(!killed(&[15], &[5, 0], &announced).passed, "more than one");
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
