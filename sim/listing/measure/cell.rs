//! The figures of one strategy on one shape with one seed.
//!
//! A makespan is what a strategy is praised for: one that delivered wrong data, or did not finish,
//! has none, however soon it was over. What does not exist is `None`, never 0.

use std::collections::BTreeMap;

use super::lanes::Lanes;
use super::moment::{Moment, moments};
use super::second::fullest_second;
use super::tally::Tally;
use crate::listing::{Outcome, Task};
use crate::measure::mean::quotient;
use crate::measure::{Paired, Subject, requests_in};
use crate::outcome::{Ending, Oracle, Window};

/// The figures of one strategy on one shape with one seed.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The seed.
    pub seed: u64,
    /// SHA-256 over the event log, hex.
    pub digest: String,
    /// SHA-256 over the objects and the planned reads, hex.
    pub plan_hash: String,
    /// The oracle that is meant to catch it, where it is known to be wrong.
    pub meant_oracle: Option<&'static str>,
    /// Whether every oracle passed.
    pub correct: bool,
    /// How the backfill ended.
    pub ending: Ending,
    /// What there was to fetch.
    pub task: Task,
    /// How long it ran, whatever came of it, ns.
    pub ran_ns: Option<u64>,
    /// From its start to its end, ns; `None` unless it finished with the right data.
    pub makespan_ns: Option<u64>,
    /// Makespan over [`Task::floor_ns`].
    pub times_floor: Option<f64>,
    /// Makespan over that of the quickest on the same shape with the same seed.
    pub times_best: Option<f64>,
    /// Requests by what became of them.
    pub tally: Tally,
    /// The most requests sent in any half-open second.
    pub peak_per_second: u64,
    /// Requests per 1000 s, over the time it ran.
    pub requests_per_ks: Option<u64>,
    /// The most requests under way at a time.
    pub peak_under_way: u64,
    /// What was stored, and with how much beside it.
    pub storing: Storing,
    /// What was said of the time left; empty without a makespan.
    pub moments: Vec<Moment>,
    /// What readers waited meanwhile; nothing where nobody reads.
    pub readers: Paired,
    /// Work the cell counted itself, by name.
    pub counters: BTreeMap<String, u64>,
    /// What must be true afterwards.
    pub oracles: Vec<Oracle>,
}

/// What a cell is measured against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The same shape and seed without a backfill; `None` where nobody reads.
    pub counterfactual: Option<&'a Outcome>,
    /// The least makespan on that shape with that seed, of all that are not controls, ns.
    pub best_ns: Option<u64>,
}

/// What a cell stored, and with how much beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Storing {
    /// The most pages that were fetched and not stored.
    pub peak_held_pages: u64,
    /// The most bytes that were fetched and not stored.
    pub peak_held_bytes: u64,
    /// The largest state, bytes; `None` when none was stored.
    pub peak_state_bytes: Option<u64>,
    /// Bytes of state written, over all transactions, per object stored; `None` without objects.
    pub state_bytes_per_object: Option<f64>,
}

impl Cell {
    /// The figures of `outcome`.
    #[must_use]
    pub fn of(outcome: &Outcome, beside: Beside<'_>) -> Self {
        let ran = outcome.backfill;
        let whole = whole(outcome);
        let makespan_ns = whole.map(|window| window.duration_ns());
        let tally = Tally::of(&outcome.calls);
        let sent_ns = outcome.calls.iter().map(|call| call.sent_ns).collect();
        let rate = |window: Window| {
            let requests = u128::from(tally.requests()) * 1_000_000_000_000;
            requests.checked_div(u128::from(window.duration_ns()))
        };
        Self {
            seed: outcome.seed,
            digest: outcome.digest.clone(),
            plan_hash: outcome.plan_hash.clone(),
            meant_oracle: outcome.meant_oracle,
            correct: outcome.correct(),
            ending: outcome.ending.clone(),
            task: outcome.task.clone(),
            ran_ns: ran.map(|window| window.duration_ns()),
            makespan_ns,
            times_floor: makespan_ns.and_then(|ns| quotient(ns, outcome.task.floor_ns())),
            times_best: makespan_ns
                .zip(beside.best_ns)
                .and_then(|(own_ns, best_ns)| quotient(own_ns, best_ns)),
            tally,
            peak_per_second: fullest_second(sent_ns),
            requests_per_ks: ran.and_then(rate).map(|per_ks| per_ks as u64),
            peak_under_way: Lanes::of(&outcome.calls).count as u64,
            storing: Storing::of(outcome),
            moments: whole.map_or_else(Vec::new, |window| moments(outcome, window)),
            readers: readers(outcome, beside.counterfactual),
            counters: outcome.counters.clone(),
            oracles: outcome.oracles.clone(),
        }
    }

    /// What the API takes in any half-open second: the burst, and what comes after it.
    #[must_use]
    pub const fn allowed_per_second(&self) -> u64 {
        self.task.burst + self.task.requests_per_ks / 1_000
    }

    /// Every counted figure by name: its own counters, and what was measured.
    #[must_use]
    pub fn all_counters(&self) -> BTreeMap<String, u64> {
        let tally = self.tally;
        let measured = [
            ("objects", self.task.objects),
            ("pages", self.task.pages),
            ("requests", tally.requests()),
            ("answered_requests", tally.answered()),
            ("wasted_requests", tally.wasted()),
            ("empty_requests", tally.empty),
            ("refetched_requests", tally.refetched),
            ("limited_requests", tally.limited),
            ("failed_requests", tally.failed),
            ("abandoned_requests", tally.abandoned),
            ("duplicate_objects", tally.duplicates),
            ("peak_requests_per_second", self.peak_per_second),
            ("allowed_requests_per_second", self.allowed_per_second()),
            ("peak_requests_under_way", self.peak_under_way),
            ("peak_held_pages", self.storing.peak_held_pages),
            ("peak_held_bytes", self.storing.peak_held_bytes),
        ];
        let optional = [
            ("requests_per_ks", self.requests_per_ks),
            ("peak_state_bytes", self.storing.peak_state_bytes),
        ];
        let there = optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let measured = measured.into_iter().chain(there);
        let mut all = self.counters.clone();
        all.extend(measured.map(|(name, value)| (name.to_owned(), value)));
        all
    }
}

impl Storing {
    fn of(outcome: &Outcome) -> Self {
        let stores = || outcome.stores.iter();
        let written: u64 = stores().map(|store| store.state_bytes).sum();
        let objects: u64 = stores().map(|store| u64::from(store.items)).sum();
        Self {
            peak_held_pages: stores()
                .map(|store| store.held_pages.into())
                .max()
                .unwrap_or(0),
            peak_held_bytes: stores().map(|store| store.held_bytes).max().unwrap_or(0),
            peak_state_bytes: stores().map(|store| store.state_bytes).max(),
            state_bytes_per_object: quotient(written, objects),
        }
    }
}

/// The time `outcome` took, if it finished with the right data.
pub(super) fn whole(outcome: &Outcome) -> Option<Window> {
    let done = outcome.correct() && outcome.ending == Ending::Done;
    outcome.backfill.filter(|_| done)
}

/// The reads of the window, with the backfill and without. Wrong data has no latency.
fn readers(outcome: &Outcome, counterfactual: Option<&Outcome>) -> Paired {
    let stats = |from: Option<&Outcome>| {
        requests_in(&from?.requests, Subject::Readers, outcome.backfill?).stats()
    };
    Paired {
        backfill: stats(Some(outcome)).filter(|_| outcome.correct()),
        no_backfill: stats(counterfactual),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::measure::synthetic::{MS, SECOND, call, idle, oracle, took};
    use crate::listing::{CallKind, Store};
    use crate::outcome::{Request, RequestKind};

    /// Six calls in two seconds, from 1 s to 3 s.
    fn outcome() -> Outcome {
        let mut outcome = idle("uniform", "adaptive", 7);
        let at = |sent_ms: u64, answered_ms: u64, kind| call(sent_ms * MS, answered_ms * MS, kind);
        outcome.backfill = Some(Window {
            start_ns: SECOND,
            end_ns: 3 * SECOND,
        });
        outcome.end_ns = 4 * SECOND;
        outcome.calls = vec![
            at(1_000, 1_400, CallKind::New),
            at(1_100, 1_500, CallKind::New),
            at(1_900, 1_950, CallKind::Limited),
            at(1_950, 2_400, CallKind::Empty),
            at(2_000, 2_600, CallKind::New),
            at(2_050, 3_000, CallKind::New),
        ];
        outcome.calls[4].new_items = 60;
        let store = |state_bytes, held_pages, held_bytes| Store {
            at_ns: 2 * SECOND,
            stream: 0,
            pages: 1,
            items: 100,
            state_bytes,
            held_pages,
            held_bytes,
        };
        outcome.stores = vec![store(90, 2, 500), store(150, 4, 300), store(60, 1, 900)];
        outcome.counters.insert("rows_processed".to_owned(), 300);
        outcome.counters.insert("requests".to_owned(), 999);
        outcome
    }

    #[test]
    fn every_figure_is_what_it_is_by_hand() {
        let cell = Cell::of(&outcome(), Beside::default());
        assert_eq!(cell.makespan_ns, Some(2 * SECOND));
        // 100 pages at 25 a second are 4 s; the chain is 0.4 s.
        assert_eq!(cell.times_floor, Some(0.5));
        assert_eq!((cell.tally.requests(), cell.tally.answered()), (6, 5));
        assert_eq!((cell.tally.wasted(), cell.tally.duplicates), (1, 40));
        // From 1.1 s on; from 1 s on the sixth is sent, and the fifth is at 2 s sharp.
        assert_eq!(cell.peak_per_second, 5);
        assert_eq!(cell.allowed_per_second(), 50);
        assert_eq!(cell.requests_per_ks, Some(3_000));
        assert_eq!(cell.peak_under_way, 3);
        assert_eq!(cell.storing.peak_held_pages, 4);
        assert_eq!(cell.storing.peak_held_bytes, 900);
        assert_eq!(cell.storing.peak_state_bytes, Some(150));
        assert_eq!(cell.storing.state_bytes_per_object, Some(1.0));
        assert_eq!(cell.readers.ratio(), None);
        let counters = cell.all_counters();
        assert_eq!(counters["rows_processed"], 300);
        assert_eq!(counters["requests"], 6, "what was measured stands");
        assert_eq!(counters["wasted_requests"], 1);
    }

    #[test]
    fn the_floor_is_the_larger_of_rate_and_chain() {
        let mut slow = outcome();
        slow.task.by_chain_ns = 8 * SECOND;
        assert_eq!(Cell::of(&slow, Beside::default()).times_floor, Some(0.25));
    }

    #[test]
    fn wrong_or_unfinished_has_no_makespan_however_short_it_was() {
        let mut wrong = outcome();
        wrong.oracles.push(oracle("exact-ids", false));
        let mut killed = outcome();
        killed.ending = Ending::Killed;
        for outcome in [wrong, killed] {
            let cell = Cell::of(&outcome, Beside::default());
            assert_eq!((cell.makespan_ns, cell.times_floor), (None, None));
            assert!(cell.moments.is_empty());
            assert_eq!(cell.ran_ns, Some(2 * SECOND));
            assert_eq!(cell.tally.requests(), 6, "what it asked for is still known");
        }
    }

    #[test]
    fn readers_are_those_of_the_window_and_wrong_data_has_none() {
        let read = |intended_ns, took_ns| Request {
            service: crate::outcome::Service::default(),
            kind: RequestKind::Stats,
            intended_ns,
            acquired_ns: intended_ns,
            finished_ns: intended_ns + took_ns,
            failed: false,
        };
        let mut with = outcome();
        with.requests = vec![read(0, 99), read(2 * SECOND, 6), read(3 * SECOND + 1, 99)];
        let mut without = idle("uniform", "no-backfill", 7);
        without.requests = vec![read(0, 99), read(2 * SECOND, 4)];
        let beside = Beside {
            counterfactual: Some(&without),
            best_ns: Some(SECOND),
        };
        let cell = Cell::of(&with, beside);
        assert_eq!(cell.times_best, Some(2.0));
        assert_eq!(
            cell.readers
                .backfill
                .map(|stats| (stats.count, stats.p95_ns)),
            Some((1, 6))
        );
        assert_eq!(cell.readers.ratio(), Some(1.5));
        with.oracles.push(oracle("exact-ids", false));
        assert_eq!(Cell::of(&with, beside).readers.backfill, None);
    }

    #[test]
    fn no_time_is_no_rate_and_nothing_stored_no_state() {
        let cell = Cell::of(&took("empty", "adaptive", 1, 0, 1), Beside::default());
        assert_eq!(cell.requests_per_ks, None);
        assert_eq!(cell.storing, Storing::default());
    }
}
