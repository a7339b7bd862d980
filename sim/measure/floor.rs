//! The least time a job can take on one shared connection while the others get what they ask for.
//!
//! ```text
//! floor = work / (1 − ρ)
//! ```
//!
//! with the connection time `work` the job takes as one statement, and the share `ρ` of the
//! connection that everybody else asks for. It is the mean delay busy period of an M/G/1 queue
//! (Conway, Maxwell and Miller, Theory of Scheduling, 1967): whatever the chunks and whoever comes
//! first, a connection that is never idle gives the job `work` and the others ρ of the time that
//! passes meanwhile.
//!
//! Below it is who does less work than the one statement, by another plan, and who leaves the
//! others waiting until after its end: the single transaction itself takes 1 − ρ of its floor.
//!
//! ρ is taken from the run without a backfill: what the backfill costs the others, by the pages it
//! drives out of their caches, is its own doing and no excuse.

use super::forecast::{is_backfill, is_others};
use super::run::Run;
use crate::outcome::{Ending, Outcome, Window};
use crate::scenario::{Role, StrategyKind};

/// The floor of a job of `work_ns`, nanoseconds, beside others that ask for the share `rho`.
/// `None` when they ask for the whole connection: then it has no end.
#[must_use]
pub fn floor_ns(work_ns: u64, rho: f64) -> Option<u64> {
    (rho < 1.0).then(|| libm::round(work_ns as f64 / (1.0 - rho)) as u64)
}

/// The connection time the job takes as one statement, nanoseconds: what the single transaction
/// that is the baseline held it for, with the same seed. `None` when there is no such baseline, or
/// it did not do the job.
pub(super) fn work_ns(run: &Run, seed: u64) -> Option<u64> {
    let strategies = &run.scenario.model.strategies;
    let (name, _) = strategies.iter().find(|(_, strategy)| {
        strategy.kind == StrategyKind::SingleTransaction && strategy.role == Role::Baseline
    })?;
    let single = run
        .outcomes_of(name)
        .find(|outcome| outcome.seed == seed && outcome.ending == Ending::Done)?;
    held_ns(single).filter(|_| single.correct())
}

/// How long the backfill of `outcome` had the connection, nanoseconds; `None` when it never had.
pub(super) fn held_ns(outcome: &Outcome) -> Option<u64> {
    let holds = outcome.holds.iter().filter(|hold| is_backfill(hold));
    holds
        .map(|hold| hold.released_ns - hold.acquired_ns)
        .reduce(|all, held| all + held)
}

/// The share of `window` for which the others have the connection in `counterfactual`. `None` for a
/// window without length or one the counterfactual does not reach to the end of.
pub(super) fn rho(counterfactual: &Outcome, window: Window) -> Option<f64> {
    if window.duration_ns() == 0 || counterfactual.end_ns < window.end_ns {
        return None;
    }
    let others = counterfactual.holds.iter();
    let busy_ns: u64 = others
        .filter(|hold| is_others(hold))
        .map(|hold| {
            let until_ns = hold.released_ns.min(window.end_ns);
            until_ns.saturating_sub(hold.acquired_ns.max(window.start_ns))
        })
        .sum();
    Some(busy_ns as f64 / window.duration_ns() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::synthetic::{self, MS, SECOND};
    use crate::outcome::Hold;

    fn hold(acquired_ns: u64, released_ns: u64) -> Hold {
        Hold {
            line: crate::outcome::Line::default(),
            user: "reader",
            write: false,
            queued_ns: 0,
            acquired_ns,
            released_ns,
            busy_retries: 0,
            rows_changed: 0,
        }
    }

    const WINDOW: Window = Window {
        start_ns: SECOND,
        end_ns: 2 * SECOND,
    };

    #[test]
    fn others_stretch_the_job_by_what_they_leave_of_the_connection() {
        assert_eq!(floor_ns(100, 0.0), Some(100));
        assert_eq!(floor_ns(100, 0.2), Some(125));
        assert_eq!(floor_ns(100, 1.0), None, "it would never end");
    }

    #[test]
    fn only_what_lies_in_the_window_counts() {
        let mut quiet = synthetic::idle("no-backfill", 1);
        quiet.end_ns = 3 * SECOND;
        quiet.holds = vec![
            hold(0, SECOND + 100 * MS),
            hold(SECOND + 500 * MS, SECOND + 600 * MS),
            hold(2 * SECOND - 50 * MS, 3 * SECOND),
        ];
        assert_eq!(rho(&quiet, WINDOW), Some(0.25));
        quiet.end_ns = 2 * SECOND - 1;
        assert_eq!(rho(&quiet, WINDOW), None, "it ends within the window");
    }

    #[test]
    fn the_work_is_that_of_the_single_transaction_of_the_same_seed() {
        let mut run = synthetic::run();
        assert_eq!(work_ns(&run, 2), Some(700 * SECOND));
        assert_eq!(work_ns(&run, 3), None, "there is no such seed");
        run.outcomes[1].oracles[0].passed = false;
        assert_eq!(work_ns(&run, 2), None, "it did not do the job");
        assert_eq!(work_ns(&run, 1), Some(700 * SECOND));
        let strategies = &mut run.scenario.model.strategies;
        strategies["single-transaction"].kind = StrategyKind::Chunked;
        assert_eq!(work_ns(&run, 1), None, "the baseline is of another kind");
    }
}
