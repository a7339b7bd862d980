//! Whether the operator was told the truth of all stages, and in time.
//!
//! From the moment all stages are in the ledger until the last note that one is done, somebody who
//! asks is not to be told that all is clear. What is between two moments of the same answer is
//! given to the status page's favour.

use backfill::chunked::NOTES;
use backfill::persistence::STORE_WRITER;

use super::{Evidence, verdict};
use crate::oracle::STALEST_NS;
use crate::outcome::{BACKFILL, Oracle};
use crate::pipeline::oracle_names::STATUS;
use crate::pipeline::recorder::Sighting;
use crate::pipeline::stage::Stage;

pub(super) fn status(evidence: &Evidence<'_>) -> Oracle {
    let sightings = &evidence.record.sightings;
    let from_ns = evidence.record.registered_ns.unwrap_or(u64::MAX);
    let own = [BACKFILL, STORE_WRITER, NOTES];
    let writes = evidence.holds.iter().filter(|hold| hold.write);
    let notes = writes.filter(|hold| own.contains(&hold.user) && hold.rows_changed > 0);
    let until_ns = notes.map(|hold| hold.acquired_ns).max().unwrap_or(0);
    let wrong =
        |one: &&Sighting| one.clear && from_ns <= one.asked_ns && one.answered_ns <= until_ns;
    let wrong = sightings.iter().filter(wrong).count();
    let ages = sightings.iter().filter_map(|one| age_ns(evidence, one));
    let stalest_ns = ages.max().unwrap_or(0);
    let detail = format!(
        "{wrong} false all-clears in {} answers; progress shown was at most {:.1} s old",
        sightings.len(),
        stalest_ns as f64 / 1e9
    );
    verdict(STATUS, wrong == 0 && stalest_ns <= STALEST_NS, detail)
}

/// How long the oldest of what was shown had been outdated, ns; `None` if all was the latest.
fn age_ns(evidence: &Evidence<'_>, sighting: &Sighting) -> Option<u64> {
    let ages = Stage::ALL.iter().filter_map(|stage| {
        let shown = sighting.processed[*stage as usize]?;
        let progress = &evidence.record.progress[*stage as usize];
        let next = progress.partition_point(|(_, rows)| *rows <= shown);
        let (outdated_ns, _) = progress.get(next)?;
        sighting.answered_ns.checked_sub(*outdated_ns)
    });
    ages.max()
}
