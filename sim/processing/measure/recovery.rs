//! How long it took to catch up after an outage, against how long the writing alone took.
//!
//! * The outage is the last one that ended while it was processed.
//! * The backlog is what had been processed and was not in the database at its end, as the last
//!   start of a batch or commit before it shows: a batch that was under way is not in it.
//! * It has caught up at the first moment from then on at which the last item of the backlog is in
//!   the database. Items that were processed meanwhile may have been written with it.
//! * The work is the sum of the last tries of all writes that were committed in between, each only
//!   as far as it lies after the end of the outage: no pause between tries, and no try that failed.
//!
//! The ratio is 1 for who writes without a break from the first instant on. What is above are
//! pauses between tries that were too long, and time in which nothing was written.

use serde::Serialize;

use crate::measure::mean::quotient;
use crate::outcome::Window;
use crate::processing::Outcome;

/// What [`Disturbance::what`](crate::processing::Disturbance::what) says of an outage.
const OUTAGE: &str = "outage";

/// How a cell recovered from its last outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Recovery {
    /// From the end of the outage until it had caught up, ns.
    pub took_ns: u64,
    /// What the writes in between took by themselves, ns.
    pub work_ns: u64,
    /// Items of the backlog.
    pub backlog_items: u64,
}

impl Recovery {
    /// The recovery of `outcome` while it was processed, in `window`; `None` when there was no
    /// outage or nothing was left to write at its end.
    #[must_use]
    pub fn of(outcome: &Outcome, window: Window) -> Option<Self> {
        let outages = outcome
            .disturbances
            .iter()
            .filter(|one| one.what == OUTAGE && window.contains(one.window.end_ns));
        let end_ns = outages.map(|one| one.window.end_ns).max()?;
        let moments = &outcome.moments;
        let after = moments.partition_point(|moment| moment.at_ns <= end_ns);
        let at_end = moments[..after].last()?;
        let backlog_items = at_end.processed.saturating_sub(at_end.committed);
        let written = |moment: &&crate::processing::Moment| moment.committed >= at_end.processed;
        let caught_up = moments[after..].iter().find(written)?;
        let writes = outcome.writes.iter().filter(|write| {
            let at_ns = write.at_ns;
            write.batches > 0 && end_ns < at_ns && at_ns <= caught_up.at_ns
        });
        let work_ns = writes.map(|write| write.last_try_ns.min(write.at_ns - end_ns));
        (backlog_items > 0).then(|| Self {
            took_ns: caught_up.at_ns - end_ns,
            work_ns: work_ns.sum(),
            backlog_items,
        })
    }

    /// How many times as long as the work it took; `None` without any work.
    #[must_use]
    pub fn times(&self) -> Option<f64> {
        quotient(self.took_ns, self.work_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processing::measure::synthetic::{MS, SECOND, disturbance, idle, moment, write};

    /// An outage from 1 s to 3 s: 700 items are processed by its end, 100 written.
    fn outcome() -> Outcome {
        let mut outcome = idle("store", 1);
        outcome.processing = Some(Window {
            start_ns: 0,
            end_ns: 10 * SECOND,
        });
        outcome.disturbances = vec![
            disturbance("outage", 0, MS),
            disturbance("outage", SECOND, 3 * SECOND),
            disturbance("lock", 4 * SECOND, 5 * SECOND),
        ];
        outcome.moments = vec![
            moment(900 * MS, 100, 100),
            moment(2_900 * MS, 700, 100),
            moment(3_200 * MS, 800, 100),
            moment(3_600 * MS, 800, 400),
            moment(4_000 * MS, 900, 800),
            moment(4_300 * MS, 900, 900),
        ];
        outcome.writes = vec![
            write(900 * MS, 300 * MS, 300 * MS, 1),
            // Since 1 s it was tried again and again; the last try began with the end sharp.
            write(3_600 * MS, 2_600 * MS, 200 * MS, 3),
            write(4_000 * MS, 300 * MS, 300 * MS, 4),
            write(4_300 * MS, 250 * MS, 250 * MS, 1),
        ];
        outcome
    }

    fn recovery(outcome: &Outcome) -> Option<Recovery> {
        Recovery::of(outcome, outcome.processing.unwrap())
    }

    #[test]
    fn the_backlog_is_written_when_its_last_item_is_and_waiting_is_no_work() {
        let found = recovery(&outcome()).unwrap();
        assert_eq!(found.backlog_items, 600);
        assert_eq!(found.took_ns, SECOND, "until 4 s, when 800 are written");
        assert_eq!(found.work_ns, 500 * MS);
        assert_eq!(found.times(), Some(2.0));
    }

    #[test]
    fn a_try_from_before_the_end_counts_as_far_as_it_lies_after_it() {
        let mut early = outcome();
        early.writes[1].last_try_ns = 2 * SECOND;
        assert_eq!(recovery(&early).unwrap().work_ns, 900 * MS);
    }

    #[test]
    fn no_outage_no_backlog_and_no_end_are_no_recovery() {
        let mut none = outcome();
        none.disturbances.retain(|one| one.what == "lock");
        assert_eq!(recovery(&none), None);
        let mut idle = outcome();
        idle.moments[1].committed = 700;
        assert_eq!(recovery(&idle), None, "nothing was left to write");
        let mut never = outcome();
        never.moments.truncate(4);
        assert_eq!(recovery(&never), None, "700 were never written");
        let mut later = outcome();
        later.disturbances[1].window.end_ns = 11 * SECOND;
        let first = recovery(&later);
        assert_eq!(
            first, None,
            "the one that ended in time left nothing behind"
        );
    }
}
