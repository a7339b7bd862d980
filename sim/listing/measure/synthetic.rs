//! Outcomes without a simulation: chains of pages, slots, a token bucket and scripted waste.
//!
//! For tests of measuring and reporting, which must not depend on what the simulator does.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use backfill::listing::Range;
use rand::Rng as _;

use crate::listing::{Call, CallKind, Disturbance, Forecast, Objective, Outcome, Run, Store, Task};
use crate::outcome::{Ending, NO_BACKFILL, Oracle, Request, RequestKind, Window};
use crate::scenario::Role;
use crate::seed::{Purpose, below, stream};

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000 * MS;
/// Objects on a full page.
const PAGE: u32 = 100;
/// What is refused during a storm is refused soon.
const REFUSAL_NS: u64 = 60 * MS;

/// A strategy of the script.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    /// Pages of each range, one after the other on one slot.
    pub(crate) chains: Vec<u64>,
    /// Every how manieth page is followed by one that brings nothing; 0 for none.
    pub(crate) waste_every: u64,
    /// Whether it knows what is left, rather than how quick it was so far.
    pub(crate) knows: bool,
}

/// A call that was answered as one of its kind usually is.
pub(crate) fn call(sent_ns: u64, answered_ns: u64, kind: CallKind) -> Call {
    let (items, new_items) = match kind {
        CallKind::New => (PAGE, PAGE),
        CallKind::Refetched => (PAGE, 0),
        _ => (0, 0),
    };
    Call {
        run: 1,
        stream: 0,
        sent_ns,
        answered_ns,
        range: Range::new(0, 1_000),
        continued: false,
        items,
        new_items,
        kind,
    }
}

/// `pages` at 25 requests a second, 50 in a second, of 0.4 s, in 15 slots.
pub(crate) fn task(pages: u64) -> Task {
    Task {
        objects: pages * u64::from(PAGE),
        pages,
        range: Range::new(0, 157_680_000),
        requests_per_ks: 25_000,
        burst: 25,
        latency_ns: 400 * MS,
        slots: 15,
        by_rate_ns: pages * 40 * MS,
        by_chain_ns: 400 * MS,
    }
}

/// A cell in which nothing happened, and rightly so.
pub(crate) fn idle(shape: &str, strategy: &str, seed: u64) -> Outcome {
    Outcome {
        bound: false,
        meant_oracle: None,
        shape: shape.to_owned(),
        strategy: strategy.to_owned(),
        role: Some(Role::Candidate),
        seed,
        digest: format!("{seed:064x}"),
        plan_hash: format!("{:064x}", seed + 100),
        backfill: None,
        ending: Ending::Done,
        end_ns: SECOND,
        task: task(100),
        calls: Vec::new(),
        stores: Vec::new(),
        forecasts: Vec::new(),
        disturbances: Vec::new(),
        requests: Vec::new(),
        holds: Vec::new(),
        counters: BTreeMap::new(),
        oracles: vec![oracle("ids", true)],
        log: Vec::new(),
    }
}

/// A cell that took `took_ns` for `pages`, with `wasted` calls of `answered`.
pub(crate) fn took(shape: &str, strategy: &str, pages: u64, took_ns: u64, wasted: u64) -> Outcome {
    let mut outcome = idle(shape, strategy, 1);
    outcome.task = task(pages);
    outcome.backfill = Some(Window {
        start_ns: 0,
        end_ns: took_ns,
    });
    outcome.end_ns = took_ns;
    let empty = (0..wasted).map(|at| call(at, at + 1, CallKind::Empty));
    let new = (wasted..100).map(|at| call(at, at + 1, CallKind::New));
    outcome.calls = empty.chain(new).collect();
    outcome
}

pub(crate) fn oracle(name: &str, passed: bool) -> Oracle {
    Oracle {
        name: name.to_owned(),
        passed,
        detail: if passed {
            "1 500 000 of 1 500 000 objects are there".to_owned()
        } else {
            "4 733 of 1 500 000 objects are missing".to_owned()
        },
    }
}

/// A cell of a built-in control.
pub(crate) fn control(name: &str, caught: bool) -> Outcome {
    let mut outcome = idle("uniform", name, 1);
    outcome.role = Some(Role::Control);
    outcome.oracles.push(oracle("exact-ids", !caught));
    outcome
}

pub(crate) fn run_of(outcomes: Vec<Outcome>) -> Run {
    Run {
        name: "density".to_owned(),
        question: "Does splitting on demand pay on every shape of data?".to_owned(),
        options: vec![
            ("api.requests_per_s".to_owned(), "25".to_owned()),
            ("api.latency_ms".to_owned(), "400".to_owned()),
        ],
        scenario_hash: "5c".repeat(32),
        command: "cargo sim run density --seed 1".to_owned(),
        objective: Objective {
            times_floor: 1.02,
            wasted_percent: 1.0,
            small_pages: 50,
            times_best: 1.1,
            reader_p95_times: None,
        },
        outcomes,
        counterfactuals: Vec::new(),
        controls: vec![control("drops-ties", true), control("skips-pages", true)],
        complete: true,
    }
}

/// What the report is looked at with: 15 000 pages, evenly spread and in a burst, by three
/// strategies; a storm of refusals in the middle of it.
pub(crate) fn run() -> Run {
    let fixed = |burst: bool| {
        let mut chains = vec![if burst { 30 } else { 300 }; 50];
        chains[49] = 15_000 - chains[..49].iter().sum::<u64>();
        chains
    };
    let script = |name, role, chains, waste_every, knows| Script {
        name,
        role,
        chains,
        waste_every,
        knows,
    };
    let shapes = [("uniform", false), ("recent-burst", true)];
    let outcomes = shapes.into_iter().flat_map(|(shape, burst)| {
        let scripts = [
            script("adaptive", Role::Candidate, vec![250; 60], 400, true),
            script("fixed-50", Role::Baseline, fixed(burst), 600, false),
            script(
                "recursive-2",
                Role::Baseline,
                vec![250; 60],
                if burst { 2 } else { 7 },
                true,
            ),
        ];
        scripts.map(|script| simulate(shape, &script, 1))
    });
    run_of(outcomes.collect())
}

/// One strategy on `pages` in ranges of 20.
fn small(name: &'static str, role: Role, pages: u64, shape: &str) -> Outcome {
    let script = Script {
        name,
        role,
        chains: vec![20; (pages / 20) as usize],
        waste_every: 7,
        knows: role == Role::Candidate,
    };
    simulate(shape, &script, 1)
}

/// Two strategies on one shape.
pub(crate) fn one_shape() -> Run {
    run_of(vec![
        small("adaptive", Role::Candidate, 200, "uniform"),
        small("fixed-50", Role::Baseline, 200, "uniform"),
    ])
}

/// The same with readers.
pub(crate) fn read_run() -> Run {
    read(run())
}

/// `run` with readers, whom the backfill slows down by half.
pub(crate) fn read(mut run: Run) -> Run {
    run.objective.reader_p95_times = Some(2.0);
    for outcome in &mut run.outcomes {
        outcome.requests = reads(outcome.end_ns, 3);
        let beside = |quiet: &&Outcome| quiet.shape == outcome.shape && quiet.seed == outcome.seed;
        if run.counterfactuals.iter().any(|quiet| beside(&quiet)) {
            continue;
        }
        run.counterfactuals.push(Outcome {
            role: None,
            ending: Ending::NoBackfill,
            requests: reads(8_000 * SECOND, 2),
            ..idle(&outcome.shape, NO_BACKFILL, outcome.seed)
        });
    }
    run
}

/// A read each half second, of `half_ms` half milliseconds, each twentieth ten times that.
fn reads(until_ns: u64, half_ms: u64) -> Vec<Request> {
    let reads = (0..until_ns / (SECOND / 2)).map(|index| {
        let intended_ns = index * SECOND / 2;
        let times = if index % 20 == 0 { 10 } else { 1 };
        Request {
            service: crate::outcome::Service::default(),
            kind: RequestKind::Stats,
            intended_ns,
            acquired_ns: intended_ns,
            finished_ns: intended_ns + half_ms * times * (MS / 2 + index),
            failed: false,
        }
    });
    reads.collect()
}

/// One cell: the chains wait for a slot, the slots for a token.
pub(crate) fn simulate(shape: &str, script: &Script, seed: u64) -> Outcome {
    let mut outcome = idle(shape, script.name, seed);
    outcome.role = Some(script.role);
    let pages: u64 = script.chains.iter().sum();
    outcome.task = task(pages);
    let storm = Window {
        start_ns: 200 * SECOND,
        end_ns: 215 * SECOND,
    };
    outcome.disturbances = vec![Disturbance {
        what: "429 storm".to_owned(),
        window: storm,
    }];
    let mut draws = stream(seed, Purpose::Arrivals, script.name);
    let mut chains = script.chains.iter().rev().copied();
    let mut slots: BinaryHeap<Reverse<(u64, u64)>> = BinaryHeap::new();
    slots.extend((0..outcome.task.slots).map(|_| Reverse((0, 0))));
    // The bucket as the time its next token is due, a burst ahead at most (GCRA).
    let (token_ns, mut due_ns, mut sent) = (40 * MS, 0_u64, 0_u64);
    while let Some(Reverse((ready_ns, left))) = slots.pop() {
        let left = if left > 0 {
            left
        } else {
            chains.next().unwrap_or(0)
        };
        if left == 0 {
            continue;
        }
        let sent_ns = ready_ns.max(due_ns.saturating_sub(outcome.task.burst * token_ns));
        due_ns = due_ns.max(sent_ns) + token_ns;
        sent += 1;
        let refused = storm.contains(sent_ns) && below(draws.next_u64(), 3) == 0;
        let wasted = script.waste_every > 0 && sent.is_multiple_of(script.waste_every);
        let latency_ns = (300 + below(draws.next_u64(), 200)) * MS;
        let (kind, took_ns, fetched) = match (refused, wasted) {
            (true, _) => (CallKind::Limited, REFUSAL_NS, 0),
            (_, true) if sent.is_multiple_of(2) => (CallKind::Empty, latency_ns, 0),
            (_, true) => (CallKind::Refetched, latency_ns, 0),
            _ => (CallKind::New, latency_ns, 1),
        };
        outcome.calls.push(call(sent_ns, sent_ns + took_ns, kind));
        slots.push(Reverse((sent_ns + took_ns, left - fetched)));
    }
    outcome.calls.sort_by_key(|call| call.sent_ns);
    finish(&mut outcome, script, pages);
    outcome
}

fn finish(outcome: &mut Outcome, script: &Script, pages: u64) {
    let mut new: Vec<u64> = outcome
        .calls
        .iter()
        .filter(|call| call.new_items > 0)
        .map(|call| call.answered_ns)
        .collect();
    new.sort_unstable();
    let end_ns = outcome
        .calls
        .iter()
        .map(|call| call.answered_ns)
        .max()
        .unwrap_or(0);
    outcome.backfill = Some(Window {
        start_ns: 0,
        end_ns,
    });
    outcome.end_ns = end_ns;
    outcome.stores = new
        .iter()
        .map(|&at_ns| Store {
            at_ns,
            stream: 0,
            pages: 1,
            items: PAGE,
            state_bytes: 600,
            held_pages: 3,
            held_bytes: 90_000,
        })
        .collect();
    for second in 1..end_ns / SECOND {
        let at_ns = second * SECOND;
        let done = new.partition_point(|at| *at <= at_ns) as u64;
        let left_pages = pages - done;
        // Whoever knows is off by what they say themselves; the others go by their mean rate.
        let eta_ns = if script.knows {
            (end_ns - at_ns) * (97 + second % 7) / 100
        } else {
            at_ns / done.max(1) * left_pages
        };
        outcome.forecasts.push(Forecast {
            at_ns,
            done_pages: done,
            left_pages,
            eta_ns: Some(eta_ns),
            eta_least_ns: script.knows.then_some(eta_ns * 9 / 10),
            eta_most_ns: script.knows.then_some(eta_ns * 11 / 10),
        });
    }
}
