//! Whether the operator was told the truth, and in time.
//!
//! An answer is held against what the run itself shows. From the moment the backfill has claimed
//! its place in the ledger until it makes the last note there, somebody who asks is not to be told
//! that all is clear; nor while the ledger cannot be read, because then nobody knows. What is
//! between two moments of the same answer is given to the status page's favour.

use super::{Evidence, oracle};
use crate::outcome::{BACKFILL, Oracle, STATUS, Window};
use crate::recorder::{Record, Sighting};

/// How old shown progress may be: what a status page may keep an answer for, 5 s, and the time
/// between two notes of a run that stores nothing, 1 s.
pub const STALEST_NS: u64 = 6_000_000_000;

/// What the operator's answers come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Answers there were.
    pub answers: u64,
    /// Of those, answers that all was clear when it was not.
    pub false_all_clears: u64,
    /// How old the oldest progress was that was shown, ns.
    pub stalest_ns: u64,
}

impl Evidence<'_> {
    /// No false all-clear, and no progress older than [`STALEST_NS`].
    pub(super) fn status(&self) -> Oracle {
        self.told().verdict()
    }

    /// What the operator was told.
    #[must_use]
    pub fn told(&self) -> Told {
        Told::of(self.record)
    }
}

impl Told {
    /// What the operator was told in the cell of `record`.
    pub(crate) fn of(record: &Record) -> Self {
        let (busy, sightings) = (not_clear(record), &record.sightings);
        let within = |sighting: &Sighting, window: &Window| {
            window.contains(sighting.asked_ns) && window.contains(sighting.answered_ns)
        };
        let wrong = |sighting: &&Sighting| {
            sighting.clear && busy.iter().any(|window| within(sighting, window))
        };
        let ages = sightings.iter().filter_map(|one| age_ns(record, one));
        Self {
            answers: sightings.len() as u64,
            false_all_clears: sightings.iter().filter(wrong).count() as u64,
            stalest_ns: ages.max().unwrap_or(0),
        }
    }

    /// Whether there was no false all-clear, and no progress older than [`STALEST_NS`].
    pub(crate) fn verdict(self) -> Oracle {
        oracle(
            STATUS,
            self.false_all_clears == 0 && self.stalest_ns <= STALEST_NS,
            format!(
                "{} false all-clears in {} answers; progress shown was at most {:.1} s old",
                self.false_all_clears,
                self.answers,
                self.stalest_ns as f64 / 1e9
            ),
        )
    }
}

/// When the operator must not be told that all is clear.
fn not_clear(record: &Record) -> Vec<Window> {
    let starts = record.starts.iter();
    let runs = starts.enumerate().filter_map(|(nth, &start_ns)| {
        let next_ns = record.starts.get(nth + 1).copied().unwrap_or(u64::MAX);
        let killed = record
            .kills
            .iter()
            .any(|at| (start_ns..next_ns).contains(at));
        let writes = || {
            let holds = record
                .holds
                .iter()
                .filter(|hold| hold.user == BACKFILL && hold.write && hold.rows_changed > 0);
            holds.filter(|hold| (start_ns..next_ns).contains(&hold.queued_ns))
        };
        Some(Window {
            start_ns: writes().map(|hold| hold.released_ns).min()?,
            end_ns: if killed {
                next_ns
            } else {
                writes().map(|hold| hold.acquired_ns).max()?
            },
        })
    });
    let outages = record.outages.iter().copied();
    runs.chain(outages).collect()
}

/// How long what was shown had been outdated, ns; `None` if it was the latest.
fn age_ns(record: &Record, sighting: &Sighting) -> Option<u64> {
    let shown = sighting.processed?;
    let later = record.chunks.iter().find(|chunk| chunk.processed > shown)?;
    sighting.answered_ns.checked_sub(later.at_ns)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::fixture::{EvidenceOf, facts};
    use super::*;
    use crate::outcome::{Chunk, Hold};
    use crate::scenario::StrategyKind;

    const S: u64 = 1_000_000_000;

    fn write(at_s: u64) -> Hold {
        Hold {
            line: crate::outcome::Line::default(),
            user: BACKFILL,
            write: true,
            queued_ns: at_s * S,
            acquired_ns: at_s * S,
            released_ns: at_s * S,
            busy_retries: 0,
            rows_changed: 5,
        }
    }

    fn clear(at_s: u64) -> Sighting {
        Sighting {
            asked_ns: at_s * S,
            answered_ns: at_s * S,
            clear: true,
            processed: None,
        }
    }

    /// Claimed at 10 s, five rows each at 20 s and 30 s, ended at 40 s.
    fn told(change: impl FnOnce(&mut EvidenceOf)) -> Told {
        let mut evidence = EvidenceOf::new(StrategyKind::Chunked, facts(10));
        let record = &mut evidence.record;
        record.starts = vec![9 * S];
        record.holds = [10, 20, 30, 40].map(write).to_vec();
        let chunk = |at_s, processed| Chunk {
            at_ns: at_s * S,
            processed,
            total: 10,
        };
        record.chunks = vec![chunk(20, 5), chunk(30, 10)];
        change(&mut evidence);
        let connection = Connection::open_in_memory().unwrap();
        evidence.on(&connection, &connection).told()
    }

    #[test]
    fn all_clear_is_false_while_a_run_is_in_the_ledger() {
        for (at_s, wrong) in [(9, 0), (11, 1), (25, 1), (39, 1), (41, 0)] {
            let told = told(|evidence| evidence.record.sightings = vec![clear(at_s)]);
            assert_eq!(told.false_all_clears, wrong, "at {at_s} s");
        }
        // Asked before the claim, answered after it: true when it was looked up, maybe.
        let across = Sighting {
            answered_ns: 11 * S,
            ..clear(9)
        };
        let across = told(|evidence| evidence.record.sightings = vec![across]);
        assert_eq!((across.answers, across.false_all_clears), (1, 0));
    }

    #[test]
    fn a_run_that_was_killed_is_in_the_ledger_until_it_is_started_again() {
        let dead = |evidence: &mut EvidenceOf, at_s| {
            evidence.record.holds.truncate(2);
            evidence.record.kills = vec![21 * S];
            evidence.record.sightings = vec![clear(at_s)];
        };
        assert_eq!(told(|evidence| dead(evidence, 60)).false_all_clears, 1);
        let resumed = told(|evidence| {
            dead(evidence, 60);
            evidence.record.starts.push(50 * S);
            evidence.record.holds.extend([52, 55].map(write));
        });
        assert_eq!(resumed.false_all_clears, 0, "it was done by then");
    }

    #[test]
    fn all_clear_is_false_while_nobody_can_know() {
        let lost = |at_s| {
            told(|evidence| {
                evidence.record.starts.clear();
                evidence.record.outages = vec![Window {
                    start_ns: 50 * S,
                    end_ns: 60 * S,
                }];
                evidence.record.sightings = vec![clear(at_s)];
            })
        };
        assert_eq!(lost(55).false_all_clears, 1);
        assert_eq!(lost(61).false_all_clears, 0);
    }

    #[test]
    fn what_is_shown_ages_from_the_moment_it_is_outdated() {
        let age_s = |at_s, processed| {
            let told = told(|evidence| {
                evidence.record.sightings = vec![Sighting {
                    clear: false,
                    processed: Some(processed),
                    ..clear(at_s)
                }];
            });
            told.stalest_ns / S
        };
        assert_eq!(age_s(19, 0), 0);
        assert_eq!(age_s(29, 0), 9);
        assert_eq!(age_s(29, 5), 0);
        assert_eq!(age_s(37, 5), 7);
        assert_eq!(age_s(99, 10), 0);
    }
}
