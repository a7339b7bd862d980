//! The figures of one strategy with one workload and one seed.
//!
//! Figures are of cells that finished with the right data. What does not exist is `None`, never 0.

use crate::measure::Latencies;
use crate::measure::mean::quotient;
use crate::scenario::Role;
use crate::sheet::Observed as _;
use crate::stash::outcome::{Fate, Request, counter};
use crate::stash::scenario::StrategyKind;
use crate::stash::{Outcome, Run};

/// What is known of a cell whatever came of it.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// How results are held.
    pub kind: StrategyKind,
    /// Whether the objective is asked of its workload.
    pub asked: bool,
}

/// The figures of a cell that finished with the right data.
#[derive(Clone, Debug)]
pub struct Figures {
    /// What was counted.
    pub counted: Counted,
    /// Results that found no room in the strategy of kind `immediate`; `None` without one.
    pub immediate_fallbacks: Option<u64>,
    /// How long those in line were in it.
    pub waits: Latencies,
    /// From the intended arrival of a request until its client had the result.
    pub whole: Latencies,
    /// The same with the strategy of kind `immediate`; `None` without one.
    pub immediate_whole: Option<Latencies>,
    /// The mean of the bytes held while clients came.
    pub held_mean_bytes: u64,
    /// The most bytes held.
    pub held_most_bytes: u64,
    /// The most bytes held and waiting.
    pub with_waiting_most_bytes: u64,
    /// Bytes that may be held and wait.
    pub limit_bytes: u64,
    /// The longest time from an expiry to the service it made possible, ns.
    pub expiry_wake_ns: Option<u64>,
}

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counted {
    /// Requests whose result was put.
    pub puts: u64,
    /// Results that were stored.
    pub stored: u64,
    /// Results that found no room, refused at once or after a wait.
    pub fallbacks: u64,
    /// Of these: those that had waited as long as they may.
    pub timed_out: u64,
    /// Clients that were told there is no other way.
    pub told_no: u64,
    /// Results whose client went away before they were stored.
    pub cancelled: u64,
    /// Results that were in line.
    pub waited: u64,
    /// Results stored while somebody waited who came before.
    pub inversions: u64,
    /// Results that waited in vain while somebody was stored who came later.
    pub starved: u64,
    /// Results that nobody fetched in time.
    pub expired: u64,
    /// Time spent on work done a second time, ns.
    pub work_again_ns: u64,
}

impl Counted {
    fn of(outcome: &Outcome) -> Self {
        let all = outcome.requests.iter();
        let many = |is: fn(&Request) -> bool| all.clone().filter(|one| is(one)).count() as u64;
        Self {
            puts: many(|one| one.put.is_some()),
            stored: outcome.count(Fate::Stored),
            fallbacks: outcome.fallbacks(),
            timed_out: outcome.count(Fate::TimedOut),
            told_no: outcome.counter(counter::TOLD_NO),
            cancelled: outcome.count(Fate::Cancelled),
            waited: many(|one| one.waited),
            inversions: outcome.counter(counter::INVERSIONS),
            starved: outcome.counter(counter::STARVED),
            expired: outcome.counter(counter::EXPIRED),
            work_again_ns: outcome.counter(counter::WORK_AGAIN),
        }
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self {
            puts: self.puts + other.puts,
            stored: self.stored + other.stored,
            fallbacks: self.fallbacks + other.fallbacks,
            timed_out: self.timed_out + other.timed_out,
            told_no: self.told_no + other.told_no,
            cancelled: self.cancelled + other.cancelled,
            waited: self.waited + other.waited,
            inversions: self.inversions + other.inversions,
            starved: self.starved + other.starved,
            expired: self.expired + other.expired,
            work_again_ns: self.work_again_ns + other.work_again_ns,
        }
    }
}

impl Figures {
    /// The figures of `outcome`, beside those of the same workload and seed of `run`.
    pub(super) fn of(outcome: &Outcome, run: Option<&Run>) -> Self {
        let immediate = run.and_then(|run| immediate(run, outcome));
        let limits = outcome.limits;
        let woken = outcome.counter(counter::WOKEN_BY_EXPIRY) > 0;
        Self {
            counted: Counted::of(outcome),
            immediate_fallbacks: immediate.map(Outcome::fallbacks),
            waits: Latencies::of_ns(outcome.requests.iter().filter_map(Request::waited_ns)),
            whole: whole(outcome),
            immediate_whole: immediate.map(whole),
            held_mean_bytes: outcome.counter(counter::HELD_MEAN),
            held_most_bytes: outcome.counter(counter::HELD_MOST),
            with_waiting_most_bytes: outcome.counter(counter::WITH_WAITING_MOST),
            limit_bytes: limits.main_bytes + limits.overflow_bytes + limits.waiting_bytes,
            expiry_wake_ns: woken.then(|| outcome.counter(counter::EXPIRY_WAKE_MOST)),
        }
    }

    /// Results that found no room, over those of `immediate`; `None` where there is none, or it
    /// had room for everything.
    #[must_use]
    pub fn fallbacks_of_immediate(&self) -> Option<f64> {
        quotient(self.counted.fallbacks, self.immediate_fallbacks?)
    }
}

/// The strategy of kind `immediate` with the same workload and seed. Controls are nothing to
/// compare with.
fn immediate<'a>(run: &'a Run, outcome: &Outcome) -> Option<&'a Outcome> {
    run.outcomes.iter().find(|one| {
        one.kind == StrategyKind::Immediate
            && one.role != Some(Role::Control)
            && one.seed == outcome.seed
            && one.workload == outcome.workload
            && one.whole()
    })
}

/// From the intended arrival of a request until its client had the result; clients that never did
/// are left out.
fn whole(outcome: &Outcome) -> Latencies {
    let all = outcome.requests.iter();
    Latencies::of_ns(all.filter_map(|one| Some(one.finished_ns? - one.intended_ns)))
}
