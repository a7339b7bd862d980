//! What the slowest requests waited for, and who had it meanwhile.
//!
//! A request's time is split without a rest: until its connection was asked for it waited for the
//! lock of the store in memory (or to be sent again, or for its timer, which has whole
//! microseconds); then for the connection, which others had;
//! then its SQL was on processors or on the device; and what remains of the time in which it had
//! the connection it waited for SQLite's lock.
//!
//! Who had a connection is told by the holds of the same line. Where a line has several
//! connections, all were in use while somebody waited, and each of their users is to blame for an
//! equal part of that time.

use std::collections::BTreeMap;

use super::phase::in_window;
use super::subject::Subject;
use crate::outcome::{Hold, Line, Outcome, Request, Window};

/// One request of so many is slow: the p95 is the quickest of them.
const SLOW: usize = 20;

/// What a request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The connection, which this user had.
    Connection(&'static str),
    /// The connection, which nobody had.
    Idle,
    /// SQLite's lock, which this user had over another connection.
    Lock(&'static str),
    /// The lock of the store in memory.
    Store,
    /// Processors.
    Processor,
    /// The device.
    Device,
}

/// The slowest twentieth of the requests of a window, and what their time went into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// How many they are.
    pub requests: u64,
    /// The latency of the quickest of them, ns.
    pub from_ns: u64,
    /// Their latencies together, ns.
    pub total_ns: u64,
    /// What that went into, ns; all of it.
    pub parts: BTreeMap<Part, u64>,
}

impl Tail {
    /// The slowest twentieth of what `subject` asked for in `window`, and one at least; `None`
    /// where there was nothing.
    #[must_use]
    pub fn of(outcome: &Outcome, subject: Subject, window: Window) -> Option<Self> {
        let mut requests: Vec<&Request> = in_window(&outcome.requests, subject, window).collect();
        // Of equals the first: the same ones each time.
        requests.sort_by_key(|request| std::cmp::Reverse(request.latency_ns()));
        requests.truncate(requests.len().div_ceil(SLOW));
        let from_ns = requests.last()?.latency_ns();
        let holders = Holders::of(&outcome.holds);
        let mut tail = Self {
            from_ns,
            ..Self::default()
        };
        for request in requests {
            tail.add(request, &holders);
        }
        Some(tail)
    }

    /// Both together.
    #[must_use]
    pub fn pooled(mut self, other: Self) -> Self {
        self.requests += other.requests;
        self.from_ns = self.from_ns.min(other.from_ns);
        self.total_ns += other.total_ns;
        for (part, ns) in other.parts {
            *self.parts.entry(part).or_default() += ns;
        }
        self
    }

    /// Of all their time, what went into `part`.
    #[must_use]
    pub fn share(&self, part: Part) -> f64 {
        let ns = self.parts.get(&part).copied().unwrap_or(0);
        ns as f64 / self.total_ns.max(1) as f64
    }

    /// What most of their time went into.
    #[must_use]
    pub fn most(&self) -> Option<Part> {
        let all = self.parts.iter();
        all.max_by_key(|(_, ns)| **ns).map(|(part, _)| *part)
    }

    fn add(&mut self, request: &Request, holders: &Holders<'_>) {
        self.requests += 1;
        self.total_ns += request.latency_ns();
        let service = request.service;
        let known = service.released_ns > 0;
        let (queued_ns, released_ns) = if known {
            (service.queued_ns, service.released_ns)
        } else {
            (request.intended_ns, request.finished_ns)
        };
        let store_ns = (queued_ns - request.intended_ns) + (request.finished_ns - released_ns);
        self.note(Part::Store, store_ns);
        let line = holders.line(request.kind.is_read());
        let wait = (queued_ns, request.acquired_ns);
        let mut idle_ns = wait.1 - wait.0;
        for (user, ns) in line.had(wait, idle_ns) {
            idle_ns -= ns;
            self.note(Part::Connection(user), ns);
        }
        self.note(Part::Idle, idle_ns);
        self.note(Part::Processor, service.cpu_ns);
        self.note(Part::Device, service.device_ns);
        let had_ns = released_ns - request.acquired_ns;
        let locked_ns = had_ns.saturating_sub(service.cpu_ns + service.device_ns);
        let user = holders.locking((request.acquired_ns, released_ns), request.kind.is_read());
        self.note(Part::Lock(user), locked_ns);
    }

    fn note(&mut self, part: Part, ns: u64) {
        if ns > 0 {
            *self.parts.entry(part).or_default() += ns;
        }
    }
}

/// Who had connections, line by line.
struct Holders<'a> {
    lines: BTreeMap<Line, Held<'a>>,
}

/// The uses of the connections of one line.
#[derive(Default)]
struct Held<'a> {
    /// In the order in which they began.
    holds: Vec<&'a Hold>,
    /// For each of them, the end of the last to end of all up to it, ns.
    ended_by_ns: Vec<u64>,
    /// How many there were at once, at the most.
    connections: u64,
}

impl<'a> Holders<'a> {
    fn of(holds: &'a [Hold]) -> Self {
        let mut lines: BTreeMap<Line, Held<'a>> = BTreeMap::from([(Line::Main, Held::default())]);
        for hold in holds {
            lines.entry(hold.line).or_default().holds.push(hold);
        }
        for held in lines.values_mut() {
            held.count();
        }
        Self { lines }
    }

    /// The connections that requests wait for.
    fn line(&self, read: bool) -> &Held<'a> {
        let readers = self.lines.get(&Line::Readers).filter(|_| read);
        readers.unwrap_or(&self.lines[&Line::Main])
    }

    /// Who wrote over a connection of another line for most of a span.
    fn locking(&self, span: (u64, u64), read: bool) -> &'static str {
        let own = match self.lines.contains_key(&Line::Readers) && read {
            true => Line::Readers,
            false => Line::Main,
        };
        let mut all: BTreeMap<&'static str, u64> = BTreeMap::new();
        for (_, held) in self.lines.iter().filter(|(line, _)| **line != own) {
            for (hold, ns) in held.within(span).filter(|(hold, _)| hold.write) {
                *all.entry(hold.user).or_default() += ns;
            }
        }
        let most = all.into_iter().max_by_key(|(_, ns)| *ns);
        most.map_or("another", |(user, _)| user)
    }
}

impl<'a> Held<'a> {
    fn count(&mut self) {
        self.holds.sort_by_key(|hold| hold.acquired_ns);
        let mut last_ns = 0;
        let mut edges = Vec::new();
        for hold in &self.holds {
            last_ns = last_ns.max(hold.released_ns);
            self.ended_by_ns.push(last_ns);
            // What ends at an instant is over before what begins then.
            edges.extend([(hold.released_ns, 0), (hold.acquired_ns, 1)]);
        }
        edges.sort_unstable();
        let (mut now, mut most) = (0_i64, 0);
        for (_, begins) in edges {
            now += if begins == 1 { 1 } else { -1 };
            most = most.max(now);
        }
        self.connections = most.max(1).unsigned_abs();
    }

    /// Uses within a span, each with how much of it, ns.
    fn within(&self, (from_ns, to_ns): (u64, u64)) -> impl Iterator<Item = (&'a Hold, u64)> {
        let end = self.holds.partition_point(|hold| hold.acquired_ns < to_ns);
        let first = self.ended_by_ns[..end].partition_point(|ended_ns| *ended_ns <= from_ns);
        self.holds[first..end].iter().filter_map(move |hold| {
            let until_ns = hold.released_ns.min(to_ns);
            let ns = until_ns.saturating_sub(hold.acquired_ns.max(from_ns));
            (ns > 0).then_some((*hold, ns))
        })
    }

    /// Who had the connections in a span, and what of `waited_ns` each is to blame for; all of them
    /// together for all of it at the most.
    fn had(&self, span: (u64, u64), waited_ns: u64) -> Vec<(&'static str, u64)> {
        let mut all: BTreeMap<&'static str, u64> = BTreeMap::new();
        for (hold, ns) in self.within(span) {
            *all.entry(hold.user).or_default() += ns;
        }
        let together = all.values().sum::<u64>().max(waited_ns * self.connections);
        let blamed = |ns: u64| u128::from(ns) * u128::from(waited_ns) / u128::from(together.max(1));
        let all = all.into_iter();
        all.map(|(user, ns)| (user, blamed(ns) as u64)).collect()
    }
}

#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;
