//! Whether a run that was started again went on from where it was.

use super::{Evidence, oracle};
use crate::outcome::{Oracle, RESUME};

impl Evidence<'_> {
    /// What was announced before a stop is announced no more: the first announcement of the next
    /// run is of more rows. `None` if it was never started again.
    pub(super) fn resume(&self) -> Option<Oracle> {
        let again = self
            .record
            .starts
            .get(1..)
            .filter(|again| !again.is_empty())?;
        let chunks = &self.record.chunks;
        let lost = again.iter().find_map(|&at| {
            let first = chunks.partition_point(|chunk| chunk.at_ns < at);
            let before = chunks.get(first.checked_sub(1)?)?.processed;
            let after = chunks.get(first)?.processed;
            // The end is announced once more if nothing but the note of it was left to do.
            (after < before).then_some((before, after))
        });
        let detail = match lost {
            None => format!(
                "started again {} times, each time where it was",
                again.len()
            ),
            Some((before, after)) => format!(
                "{before} rows were done when it was stopped, and {after} after the first chunk \
                 of the next run"
            ),
        };
        Some(oracle(RESUME, lost.is_none(), detail))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::fixture::{EvidenceOf, facts};
    use super::*;
    use crate::outcome::Chunk;
    use crate::scenario::StrategyKind;

    /// Started at 0 and 100, with these announcements.
    fn judged(starts: &[u64], announced: &[(u64, u64)]) -> Option<Oracle> {
        let mut evidence = EvidenceOf::new(StrategyKind::Chunked, facts(10));
        evidence.record.starts = starts.to_vec();
        let chunks = announced.iter().map(|&(at_ns, processed)| Chunk {
            at_ns,
            processed,
            total: 10,
        });
        evidence.record.chunks = chunks.collect();
        let connection = Connection::open_in_memory().unwrap();
        evidence.on(&connection, &connection).resume()
    }

    #[test]
    fn a_run_goes_on_from_where_the_last_one_was() {
        let passed = |announced| judged(&[0, 100], announced).unwrap().passed;
        assert!(passed(&[(10, 3), (20, 6), (110, 9)]));
        assert!(passed(&[(110, 3)]), "nothing was done before");
        assert!(passed(&[(10, 3)]), "nothing was done after");
        assert!(passed(&[(10, 10), (110, 10)]), "only the end was left");
        assert!(!passed(&[(10, 3), (20, 6), (110, 3), (120, 6)]));
        assert_eq!(judged(&[0], &[(10, 3), (20, 1)]), None);
    }
}
