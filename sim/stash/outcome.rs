//! What one cell of a stash scenario produced.
//!
//! A cell is a pure function of (scenario, strategy, workload, seed). All times are modelled
//! nanoseconds since the start of the cell.

use std::collections::BTreeMap;

use super::scenario::StrategyKind;
use crate::outcome::{Ending, Oracle};
use crate::scenario::Role;
use crate::sheet::{Base, Observed};

/// What one cell produced.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The strategy's name in the scenario.
    pub strategy: String,
    /// The workload's name; empty for a script.
    pub workload: String,
    /// What the strategy is in the comparison.
    pub role: Option<Role>,
    /// How results are held.
    pub kind: StrategyKind,
    /// Whether the objective is asked of this workload.
    pub asked: bool,
    /// The seed of the requests.
    pub seed: u64,
    /// SHA-256 over the ordered event log, hex.
    pub digest: String,
    /// SHA-256 over the planned requests, hex: equal for all strategies of a seed and a workload.
    pub plan_hash: String,
    /// How it ended.
    pub ending: Ending,
    /// The last modelled instant of the cell.
    pub end_ns: u64,
    /// What may be held.
    pub limits: Limits,
    /// Every planned request, in the order of arrival.
    pub requests: Vec<Request>,
    /// What was held: of each modelled millisecond in which it changed, the most.
    pub moments: Vec<Moment>,
    /// Counted work and events, by name ([`counter`]).
    pub counters: BTreeMap<String, u64>,
    /// What must be true afterwards, and whether it is.
    pub oracles: Vec<Oracle>,
    /// The ordered event log, one line an event.
    pub log: Vec<String>,
}

/// The names of the counters that figures are made from.
pub mod counter {
    /// Results stored while somebody waited who came before.
    pub const INVERSIONS: &str = "inversions";
    /// Results that waited in vain while somebody was stored who came later.
    pub const STARVED: &str = "starved";
    /// The most bytes held at any instant.
    pub const HELD_MOST: &str = "held_most_bytes";
    /// The most bytes held and waiting at any instant.
    pub const WITH_WAITING_MOST: &str = "with_waiting_most_bytes";
    /// The mean of the bytes held while clients came.
    pub const HELD_MEAN: &str = "held_mean_bytes";
    /// Results served from the line by what had expired.
    pub const WOKEN_BY_EXPIRY: &str = "woken_by_expiry";
    /// The longest time from an expiry to the service it made possible, ns.
    pub const EXPIRY_WAKE_MOST: &str = "expiry_wake_most_ns";
    /// Results that nobody fetched in time.
    pub const EXPIRED: &str = "expired";
    /// Time spent on work done a second time, ns.
    pub const WORK_AGAIN: &str = "work_again_ns";
    /// Clients that were told there is no other way.
    pub const TOLD_NO: &str = "told_no";
}

impl Observed for Outcome {
    fn base(&self) -> Base<'_> {
        Base {
            strategy: &self.strategy,
            workload: &self.workload,
            role: self.role,
            seed: self.seed,
            digest: &self.digest,
            plan_hash: &self.plan_hash,
            ending: &self.ending,
            counters: &self.counters,
            oracles: &self.oracles,
            log: &self.log,
        }
    }

    fn drop_log(&mut self) {
        self.log = Vec::new();
    }
}

impl Outcome {
    /// A counter; 0 where it was never counted.
    #[must_use]
    pub fn counter(&self, name: &str) -> u64 {
        self.counters.get(name).copied().unwrap_or(0)
    }

    /// Requests of this fate.
    #[must_use]
    pub fn count(&self, fate: Fate) -> u64 {
        let of_it = self.requests.iter().filter(|one| one.fate == fate);
        of_it.count() as u64
    }

    /// Results that found no room, refused at once or after a wait.
    #[must_use]
    pub fn fallbacks(&self) -> u64 {
        self.count(Fate::Refused) + self.count(Fate::TimedOut)
    }
}

/// What may be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the first tier.
    pub main_bytes: u64,
    /// Bytes of the second; 0 where there is none.
    pub overflow_bytes: u64,
    /// Bytes in line.
    pub waiting_bytes: u64,
    /// Payloads of the first tier, and of the second if there is one.
    pub payloads: u64,
    /// Payloads in line.
    pub waiters: u64,
    /// The most of an owner, percent.
    pub owner_percent: u8,
    /// How long results are held, ns.
    pub ttl_ns: u64,
    /// How long they wait for room, ns; 0 for not at all.
    pub wait_ns: u64,
}

/// A planned request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What it is called in a script; empty elsewhere.
    pub name: String,
    /// When its client was planned to ask.
    pub intended_ns: u64,
    /// Bytes of its result.
    pub bytes: u64,
    /// When its result was put, and which it was in the order of puts, from 0.
    pub put: Option<(u64, u64)>,
    /// When it was stored or given up.
    pub settled_ns: Option<u64>,
    /// Which it was in the order in which results were stored, from 0.
    pub stored: Option<u64>,
    /// Whether it was in line.
    pub waited: bool,
    /// Whether it was stored while somebody waited who came before.
    pub passed: bool,
    /// What became of its result.
    pub fate: Fate,
    /// When its client had the result, by whichever way, or was told that there is none; `None` if
    /// it never did.
    pub finished_ns: Option<u64>,
}

impl Request {
    /// How long it was in line, ns; `None` if it was not, or is still.
    #[must_use]
    pub fn waited_ns(&self) -> Option<u64> {
        let (put_ns, _) = self.put.filter(|_| self.waited)?;
        Some(self.settled_ns? - put_ns)
    }
}

/// What became of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing, so far.
    Pending,
    /// It was stored.
    Stored,
    /// There was no room, and it did not wait.
    Refused,
    /// There was no room in time.
    TimedOut,
    /// Its client went away before it was stored.
    Cancelled,
}

impl Fate {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Stored => "stored",
            Self::Refused => "refused",
            Self::TimedOut => "timed-out",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What was held at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at_ns: u64,
    /// Bytes in both tiers.
    pub held_bytes: u64,
    /// Bytes in line.
    pub waiting_bytes: u64,
    /// Payloads in line.
    pub waiters: u64,
}
