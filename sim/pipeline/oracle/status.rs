//! Whether the operator was told the truth of all stages, and in time.
//!
//! From the moment all stages are in the ledger until the last note that one is done, somebody who
//! asks is not to be told that all is clear, and is to be told of each of them, those that are
//! still to come included. What is between two moments of the same answer is given to the status
//! page's favour.

use backfill::chunked::NOTES;
use backfill::persistence::STORE_WRITER;

use super::{Evidence, verdict};
use crate::oracle::STALEST_NS;
use crate::outcome::{BACKFILL, Hold, Oracle};
use crate::pipeline::oracle_names::STATUS;
use crate::pipeline::recorder::{Record, Sighting};
use crate::pipeline::stage::Stage;

pub(super) fn status(evidence: &Evidence<'_>) -> Oracle {
    told(evidence.record, evidence.holds)
}

/// Whether what `record` says of the operator was so; `holds` are all uses of connections.
fn told(record: &Record, holds: &[Hold]) -> Oracle {
    let sightings = &record.sightings;
    let from_ns = record.registered_ns.unwrap_or(u64::MAX);
    let own = [BACKFILL, STORE_WRITER, NOTES];
    let writes = holds.iter().filter(|hold| hold.write);
    let notes = writes.filter(|hold| own.contains(&hold.user) && hold.rows_changed > 0);
    let until_ns = notes.map(|hold| hold.acquired_ns).max().unwrap_or(0);
    let during = |one: &&Sighting| from_ns <= one.asked_ns && one.answered_ns <= until_ns;
    let during = || sightings.iter().filter(during);
    let wrong = during().filter(|one| one.clear).count();
    // One that cannot read the ledger says so, and nothing of any stage.
    let partial = during().filter(|one| {
        let told = one.processed.iter().flatten().count();
        (1..Stage::ALL.len()).contains(&told)
    });
    let partial = partial.count();
    let ages = sightings.iter().filter_map(|one| age_ns(record, one));
    let stalest_ns = ages.max().unwrap_or(0);
    let detail = format!(
        "{wrong} false all-clears in {} answers, {partial} without a word of some stage; progress \
         shown was at most {:.1} s old",
        sightings.len(),
        stalest_ns as f64 / 1e9
    );
    let passed = wrong == 0 && partial == 0 && stalest_ns <= STALEST_NS;
    verdict(STATUS, passed, detail)
}

/// How long the oldest of what was shown had been outdated, ns; `None` if all was the latest.
fn age_ns(record: &Record, sighting: &Sighting) -> Option<u64> {
    let ages = Stage::ALL.iter().filter_map(|stage| {
        let shown = sighting.processed[*stage as usize]?;
        let progress = &record.progress[*stage as usize];
        let next = progress.partition_point(|(_, rows)| *rows <= shown);
        let (outdated_ns, _) = progress.get(next)?;
        sighting.answered_ns.checked_sub(*outdated_ns)
    });
    ages.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    /// All stages in the ledger at 10 s, the last note begun at 40 s; at 20 s and 30 s processing
    /// was at 5 and 9 rows.
    fn passed(at_s: u64, clear: bool, processed: [Option<u64>; 3]) -> bool {
        let record = Record {
            registered_ns: Some(10 * S),
            progress: [Vec::new(), vec![(20 * S, 5), (30 * S, 9)], Vec::new()],
            sightings: vec![Sighting {
                asked_ns: at_s * S,
                answered_ns: at_s * S,
                clear,
                processed,
            }],
            ..Record::default()
        };
        let write = |user, at_s: u64| Hold {
            line: crate::outcome::Line::default(),
            user,
            write: true,
            queued_ns: at_s * S,
            acquired_ns: at_s * S,
            released_ns: (at_s + 1) * S,
            busy_retries: 0,
            rows_changed: 1,
        };
        // A live insert comes later, and is no note.
        let holds = [write(STORE_WRITER, 40), write(crate::outcome::WRITER, 90)];
        told(&record, &holds).passed
    }

    #[test]
    fn all_clear_is_false_from_the_first_note_to_the_last_whichever_stage_runs() {
        for (at_s, right) in [(9, true), (10, false), (25, false), (40, false), (41, true)] {
            assert_eq!(passed(at_s, true, [None; 3]), right, "at {at_s} s");
            assert!(passed(at_s, false, [None; 3]));
        }
    }

    #[test]
    fn a_stage_that_is_to_come_is_told_of() {
        assert!(!passed(26, false, [Some(7), Some(5), None]));
        assert!(passed(26, false, [None; 3]), "it could not be read");
        assert!(passed(41, false, [Some(7), Some(9), None]), "it is over");
    }

    #[test]
    fn progress_of_any_stage_is_not_shown_long_after_it_is_outdated() {
        let processing = |at_s, rows| passed(at_s, false, [Some(7), Some(rows), Some(0)]);
        assert!(processing(26, 0) && processing(29, 5) && processing(99, 9));
        assert!(!processing(27, 0) && !processing(37, 5));
    }
}
