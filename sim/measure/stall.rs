//! Why holds do not explain what readers lived through: where the time went they say nothing of.
//!
//! The forecast (`forecast.rs`) knows three things: the backfill's holds, the share of the
//! connection the others ask for, and what reads take without a backfill. What it does not know is
//! found by taking it away: for each read, the time it spent on one suspect is subtracted, and the
//! suspect whose absence brings the p95 nearest to the forecast is the cause, if that closes at
//! least half of the gap. Latencies that are too short are treated alike, with what is missing
//! added.
//!
//! "Longer than usual" is against the same request of the same seed without a backfill: requests
//! are planned, so each use of the connection has its twin there, told by user and the microsecond
//! of asking. One without a twin counts as usual.

use std::collections::BTreeMap;

use super::forecast::{is_backfill, is_others};
use super::percentile::Quantile;
use crate::outcome::{Hold, Outcome, READER, Request};

/// A writer's hold this many times as long as its twin is more than a cold cache: a miss or two
/// hardly doubles what a commit takes, a checkpoint writes back hundreds of pages.
const COMMIT_FACTOR: u64 = 5;
/// Two-sided 95 % of a normal distribution, in standard deviations.
const NORMAL_95: f64 = 1.96;

/// A forecast that is off, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Stall {
    /// What the holds explain, nanoseconds.
    pub predicted_p95_ns: u64,
    /// What was simulated, nanoseconds.
    pub p95_ns: u64,
    /// What makes the difference.
    pub cause: Cause,
    /// The p95 without that, nanoseconds; `None` where nothing was taken away.
    pub without_p95_ns: Option<u64>,
    /// Where the reads between the two p95 spent their time; the slowest twentieth where the
    /// simulated one is the lower.
    pub spent: Spent,
}

/// What delays readers, or spares them, beside the backfill's holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// So few reads that their p95 may lie as far off by chance.
    FewReads,
    /// Reads take longer than without a backfill, alone on the machine.
    ColdCache,
    /// Reads take longer while somebody works on another connection.
    SharedDevice,
    /// A writer's hold far longer than usual: a checkpoint in its commit.
    LongCommit,
    /// Reads waited although nobody had the connection.
    IdleConnection,
    /// Reads had a connection before the hold they came in was over.
    Overtaking,
    /// Reads take less than without a backfill.
    WarmCache,
    /// Reads wait less for others than without a backfill: it does what their commits did.
    SparedCommit,
    /// Reads wait for each other without a backfill, and the forecast has that wait twice: in
    /// their latencies and in what the backfill found when it queued.
    BusyWithout,
    /// None of these.
    Unknown,
}

impl Cause {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FewReads => "few-reads",
            Self::ColdCache => "cold-cache",
            Self::SharedDevice => "shared-device",
            Self::LongCommit => "long-commit",
            Self::IdleConnection => "idle-connection",
            Self::Overtaking => "overtaking",
            Self::WarmCache => "warm-cache",
            Self::SparedCommit => "spared-commit",
            Self::BusyWithout => "busy-without",
            Self::Unknown => "unknown",
        }
    }
}

/// Where some reads spent their time, nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// How many reads.
    pub reads: u64,
    /// Waiting while the backfill had the connection.
    pub behind_backfill_ns: u64,
    /// Waiting while others had it.
    pub behind_others_ns: u64,
    /// Waiting while nobody had it.
    pub idle_ns: u64,
    /// Being answered.
    pub service_ns: u64,
}

/// What one read spent, and how much of it each suspect has on its conscience, nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Read {
    latency_ns: u64,
    spent: Spent,
    cold_ns: u64,
    device_ns: u64,
    commit_ns: u64,
    spared_by_cache_ns: u64,
    spared_by_overtaking_ns: u64,
    waited_without_ns: u64,
}

impl Stall {
    /// Why the reads of `outcome` during its backfill had another p95 than `predicted_p95_ns`,
    /// which their holds explain. `None` without a backfill or reads.
    #[must_use]
    pub fn of(outcome: &Outcome, counterfactual: &Outcome, predicted_p95_ns: u64) -> Option<Self> {
        let window = outcome.backfill?;
        let holds = Holds::of(outcome, counterfactual);
        let requests = outcome.requests.iter();
        let mut reads: Vec<Read> = requests
            .filter(|request| request.kind.is_read() && window.contains(request.intended_ns))
            .map(|request| holds.read(request))
            .collect();
        reads.sort_by_key(|read| read.latency_ns);
        let p95_ns = p95(&reads, |read| read.latency_ns)?;
        let (cause, without_p95_ns) = cause(&reads, p95_ns, predicted_p95_ns)?;
        let from_ns = predicted_p95_ns.min(p95_ns);
        let until_ns = if p95_ns > predicted_p95_ns {
            p95_ns
        } else {
            u64::MAX
        };
        let between = reads
            .iter()
            .filter(|read| read.latency_ns > from_ns && read.latency_ns <= until_ns);
        Some(Self {
            predicted_p95_ns,
            p95_ns,
            cause,
            without_p95_ns,
            spent: between.fold(Spent::default(), |sum, read| sum.and(read.spent)),
        })
    }
}

impl Spent {
    const fn and(self, other: Self) -> Self {
        Self {
            reads: self.reads + other.reads,
            behind_backfill_ns: self.behind_backfill_ns + other.behind_backfill_ns,
            behind_others_ns: self.behind_others_ns + other.behind_others_ns,
            idle_ns: self.idle_ns + other.idle_ns,
            service_ns: self.service_ns + other.service_ns,
        }
    }
}

/// The suspect whose absence brings the p95 nearest to the forecast, and the p95 without it.
fn cause(reads: &[Read], p95_ns: u64, predicted_ns: u64) -> Option<(Cause, Option<u64>)> {
    if by_chance(reads, predicted_ns) {
        return Some((Cause::FewReads, None));
    }
    type Suspect = (Cause, fn(&Read) -> u64);
    let slower: [Suspect; 4] = [
        (Cause::ColdCache, |read| read.latency_ns - read.cold_ns),
        (Cause::SharedDevice, |read| read.latency_ns - read.device_ns),
        (Cause::LongCommit, |read| read.latency_ns - read.commit_ns),
        (Cause::IdleConnection, |read| {
            read.latency_ns - read.spent.idle_ns
        }),
    ];
    // Whether reads still wait for others as they did without a backfill, or no longer.
    let sum = |part: fn(&Read) -> u64| reads.iter().map(part).sum::<u64>();
    let waits_still =
        2 * sum(|read| read.spent.behind_others_ns) >= sum(|read| read.waited_without_ns);
    let waited_without = if waits_still {
        Cause::BusyWithout
    } else {
        Cause::SparedCommit
    };
    let faster: [Suspect; 3] = [
        (Cause::Overtaking, |read| {
            read.latency_ns + read.spared_by_overtaking_ns
        }),
        (Cause::WarmCache, |read| {
            read.latency_ns + read.spared_by_cache_ns
        }),
        (waited_without, |read| {
            read.latency_ns + read.waited_without_ns
        }),
    ];
    let suspects: &[Suspect] = if p95_ns > predicted_ns {
        &slower
    } else {
        &faster
    };
    let mut best = (Cause::Unknown, None);
    let mut left_ns = p95_ns.abs_diff(predicted_ns) / 2;
    for (suspect, without) in suspects {
        let without_ns = p95(reads, without)?;
        let off_ns = without_ns.abs_diff(predicted_ns);
        if off_ns < left_ns {
            left_ns = off_ns;
            best = (*suspect, Some(without_ns));
        }
    }
    Some(best)
}

/// Whether `predicted_ns` lies between the samples that bound the p95 with 95 % confidence, by the
/// binomial distribution of its rank. Reads that queue behind each other are worth less, so this
/// acquits too seldom rather than too often.
fn by_chance(reads: &[Read], predicted_ns: u64) -> bool {
    let count = reads.len() as f64;
    let middle = 0.95 * count;
    let reach = NORMAL_95 * libm::sqrt(count * 0.95 * 0.05);
    let at = |rank: f64| {
        let index = libm::round(rank).max(1.0) as usize - 1;
        reads.get(index).map(|read| read.latency_ns)
    };
    let low_ns = at(middle - reach).unwrap_or(0);
    let high_ns = at(middle + reach).unwrap_or(u64::MAX);
    (low_ns..=high_ns).contains(&predicted_ns)
}

fn p95(reads: &[Read], latency: impl Fn(&Read) -> u64) -> Option<u64> {
    let mut latencies: Vec<u64> = reads.iter().map(latency).collect();
    let rank = Quantile::P95.rank(latencies.len())?;
    let (_, at, _) = latencies.select_nth_unstable(rank - 1);
    Some(*at)
}

/// One use of the connection without a backfill.
#[derive(Clone, Copy)]
struct Usual {
    /// How long it waited for the connection, nanoseconds.
    waited_ns: u64,
    /// How long it had it, nanoseconds.
    held_ns: u64,
}

/// The uses of the connection in a cell, beside those without a backfill.
struct Holds<'a> {
    /// In the order of acquisition.
    all: &'a [Hold],
    /// The latest end of a hold up to each place: where to begin to look.
    ended_ns: Vec<u64>,
    /// The same uses without a backfill, by user and microsecond of asking.
    usual: BTreeMap<(&'static str, u64), Usual>,
}

impl<'a> Holds<'a> {
    fn of(outcome: &'a Outcome, counterfactual: &Outcome) -> Self {
        let mut latest_ns = 0;
        let ended_ns = outcome.holds.iter().map(|hold| {
            latest_ns = latest_ns.max(hold.released_ns);
            latest_ns
        });
        let usual = counterfactual.holds.iter().map(|hold| {
            let usual = Usual {
                waited_ns: hold.acquired_ns - hold.queued_ns,
                held_ns: length_ns(hold),
            };
            ((hold.user, asked_us(hold.queued_ns)), usual)
        });
        Self {
            ended_ns: ended_ns.collect(),
            all: &outcome.holds,
            usual: usual.collect(),
        }
    }

    /// The holds that have a part of `from_ns..until_ns`, with the length of that part.
    fn overlapping(&self, from_ns: u64, until_ns: u64) -> impl Iterator<Item = (&'a Hold, u64)> {
        let first = self
            .ended_ns
            .partition_point(|ended_ns| *ended_ns <= from_ns);
        self.all[first..]
            .iter()
            .take_while(move |hold| hold.acquired_ns < until_ns)
            .map(move |hold| {
                let end_ns = hold.released_ns.min(until_ns);
                (hold, end_ns.saturating_sub(hold.acquired_ns.max(from_ns)))
            })
            .filter(|(_, part_ns)| *part_ns > 0)
    }

    /// How much longer a use took than without a backfill, nanoseconds.
    fn extra_ns(&self, hold: &Hold) -> u64 {
        let usual = self.usual.get(&(hold.user, asked_us(hold.queued_ns)));
        usual.map_or(0, |usual| length_ns(hold).saturating_sub(usual.held_ns))
    }

    /// Whether a writer's use took many times what it takes without a backfill.
    fn is_long_commit(&self, hold: &Hold) -> bool {
        let usual = self.usual.get(&(hold.user, asked_us(hold.queued_ns)));
        hold.write && usual.is_some_and(|usual| length_ns(hold) >= COMMIT_FACTOR * usual.held_ns)
    }

    fn read(&self, request: &Request) -> Read {
        let mut read = Read {
            latency_ns: request.latency_ns(),
            ..Read::default()
        };
        self.add_wait(request, &mut read);
        self.add_service(request, &mut read);
        read
    }

    fn add_wait(&self, request: &Request, read: &mut Read) {
        let spent = &mut read.spent;
        spent.reads = 1;
        let (from_ns, until_ns) = (request.intended_ns, request.acquired_ns);
        for (hold, part_ns) in self.overlapping(from_ns, until_ns) {
            if is_backfill(hold) {
                spent.behind_backfill_ns += part_ns;
            } else if is_others(hold) {
                spent.behind_others_ns += part_ns;
                let extra_ns = self.extra_ns(hold).min(part_ns);
                if self.is_long_commit(hold) {
                    read.commit_ns += extra_ns;
                } else {
                    read.cold_ns += extra_ns;
                }
            }
        }
        let behind_ns = spent.behind_backfill_ns + spent.behind_others_ns;
        spent.idle_ns = (until_ns - from_ns).saturating_sub(behind_ns);
        let met = self.overlapping(from_ns, from_ns + 1);
        read.spared_by_overtaking_ns = met
            .filter(|(hold, _)| is_backfill(hold))
            .map(|(hold, _)| hold.released_ns.saturating_sub(until_ns))
            .max()
            .unwrap_or(0);
    }

    fn add_service(&self, request: &Request, read: &mut Read) {
        let (from_ns, until_ns) = (request.acquired_ns, request.finished_ns);
        let service_ns = until_ns - from_ns;
        read.spent.service_ns = service_ns;
        let own = (READER, asked_us(request.intended_ns));
        let usual = self.usual.get(&own);
        let usual_ns = usual.map_or(service_ns, |usual| usual.held_ns);
        read.waited_without_ns = usual.map_or(0, |usual| usual.waited_ns);
        let extra_ns = service_ns.saturating_sub(usual_ns);
        read.spared_by_cache_ns = usual_ns.saturating_sub(service_ns);
        // On one connection nobody else works meanwhile; whoever does has another one.
        let beside_ns: u64 = self
            .overlapping(from_ns, until_ns)
            .filter(|(hold, _)| (hold.user, asked_us(hold.queued_ns)) != own)
            .map(|(_, part_ns)| part_ns)
            .sum();
        read.device_ns = extra_ns.min(beside_ns);
        read.cold_ns += extra_ns - read.device_ns;
    }
}

/// The microsecond in which a request that is due at `ns` asks: clocks have no finer ones.
const fn asked_us(ns: u64) -> u64 {
    ns.div_ceil(1_000)
}

const fn length_ns(hold: &Hold) -> u64 {
    hold.released_ns - hold.acquired_ns
}

#[cfg(test)]
#[path = "stall_tests.rs"]
mod tests;
