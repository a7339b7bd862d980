//! Stash scenarios, through the library: the same every time, nobody passed, and each control
//! caught by the oracle that is meant for it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod library;

use std::collections::BTreeMap;

use backfill_sim::measure::Verdict;
use backfill_sim::scenario::{self, Loaded, Seeds};
use backfill_sim::stash::scenario::{Scenario, StrategyKind};
use backfill_sim::stash::{Fate, Outcome, Request, Run, counter, report};
use library::run;

/// The scenario `name` with something changed; `strategies`, or all if none is named.
fn load(name: &str, strategies: &[&str], overrides: &[&str]) -> Scenario {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    let Loaded::Stash(mut scenario) = scenario::load_any(name, &overrides).unwrap() else {
        panic!("{name} is no stash scenario");
    };
    let strategies: Vec<String> = strategies.iter().map(ToString::to_string).collect();
    scenario.keep_strategies(&strategies).unwrap();
    *scenario
}

fn small() -> Scenario {
    load("stash-small", &[], &["requests.for_s=0.6", "must_fail=[]"])
}

fn failed(outcome: &Outcome) -> Vec<&str> {
    let failed = outcome.oracles.iter().filter(|oracle| !oracle.passed);
    failed.map(|oracle| oracle.name.as_str()).collect()
}

fn of<'a>(run: &'a Run, strategy: &str) -> &'a Outcome {
    let mut all = run.outcomes.iter();
    all.find(|one| one.strategy == strategy).unwrap()
}

/// The put of this name with this strategy.
fn put<'a>(run: &'a Run, strategy: &str, name: &str) -> &'a Request {
    let mut all = of(run, strategy).requests.iter();
    all.find(|one| one.name == name).unwrap()
}

fn verdict(run: &Run) -> Verdict {
    report::Evidence::of(run).judgement.verdict
}

/// Digests of seed 1, one a line: strategy and digest.
const DIGESTS: &str = include_str!("stash.digests");

/// A change of these lines is a change of every result: it has to be meant.
#[test]
fn the_digests_of_seed_1_are_those_checked_in() {
    let run = run(&small(), 2, true);
    let outcomes = run.outcomes.iter();
    let lines: Vec<String> = outcomes
        .map(|one| format!("{} {}", one.strategy, one.digest))
        .collect();
    assert_eq!(lines, DIGESTS.lines().collect::<Vec<_>>());
}

#[test]
fn a_report_does_not_depend_on_how_many_cells_run_at_a_time() {
    let written = |jobs| {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("report");
        report::write(&run(&small(), jobs, false), &out).unwrap();
        let entries = std::fs::read_dir(&out).unwrap().map(Result::unwrap);
        entries
            .map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap()))
            .collect::<BTreeMap<_, _>>()
    };
    let (one, two) = (written(1), written(2));
    assert!(one.len() > 8, "{:?}", one.keys());
    assert!(one == two);
}

#[test]
fn strategies_of_a_seed_see_the_same_requests_and_other_seeds_others() {
    let mut scenario = small();
    scenario.model.seeds = Seeds(vec![1, 2]);
    let run = run(&scenario, 2, false);
    let plans = |seed| {
        let of_seed = run.outcomes.iter().filter(move |one| one.seed == seed);
        let mut plans: Vec<&str> = of_seed.map(|one| &*one.plan_hash).collect();
        plans.dedup();
        plans
    };
    assert_eq!((plans(1).len(), plans(2).len()), (1, 1));
    assert_ne!(plans(1), plans(2));
}

#[test]
fn each_control_is_caught_by_the_oracle_meant_for_it() {
    let scenario = load(
        "stash-small",
        &["fifo", "immediate"],
        &["requests.for_s=0.1"],
    );
    let controls = run(&scenario, 2, false).controls;
    assert_eq!(controls.len(), StrategyKind::CHEATS.len());
    for (control, kind) in controls.iter().zip(StrategyKind::CHEATS) {
        let meant = kind.meant_oracle().unwrap();
        let failed = failed(control);
        assert!(failed.contains(&meant), "{kind:?} {:?}", control.oracles);
    }
}

#[test]
fn in_line_results_find_the_room_that_they_find_nowhere_else() {
    let run = run(&load("stash-small", &[], &["must_fail=[]"]), 2, false);
    assert_eq!(verdict(&run), Verdict::Pass);
    for outcome in &run.outcomes {
        assert_eq!(failed(outcome), [""; 0], "{:?}", outcome.oracles);
    }
    let (fifo, immediate) = (of(&run, "fifo"), of(&run, "immediate"));
    assert!(immediate.fallbacks() >= 10, "{}", immediate.fallbacks());
    assert!(fifo.fallbacks() * 20 <= immediate.fallbacks());
    assert!(fifo.requests.iter().any(|one| one.waited_ns() > Some(0)));
    assert_eq!(fifo.counter(counter::INVERSIONS), 0);
    assert!(of(&run, "barging").counter(counter::INVERSIONS) > 0);
    let limits = fifo.limits;
    let most = limits.main_bytes + limits.waiting_bytes;
    assert!(fifo.counter(counter::WITH_WAITING_MOST) <= most);
}

#[test]
fn a_large_result_gets_its_turn_in_line_and_starves_without_one() {
    let run = run(&load("stash-starvation", &[], &[]), 2, false);
    assert_eq!(verdict(&run), Verdict::Pass);
    let large = put(&run, "fifo", "large");
    assert_eq!(
        (large.fate, large.waited_ns()),
        (Fate::Stored, Some(40_000_000))
    );
    let large = put(&run, "barging", "large");
    assert_eq!(
        (large.fate, large.waited_ns()),
        (Fate::TimedOut, Some(500_000_000))
    );
    assert_eq!(of(&run, "barging").counter(counter::STARVED), 1);
}

#[test]
fn what_expires_makes_room_without_anybody_asking() {
    let run = run(&load("stash-expiry", &[], &[]), 2, false);
    assert_eq!(verdict(&run), Verdict::Pass);
    let fifo = of(&run, "fifo");
    assert_eq!(put(&run, "fifo", "next").fate, Fate::Stored);
    assert_eq!(fifo.counter(counter::WOKEN_BY_EXPIRY), 1);
    assert!(fifo.counter(counter::EXPIRY_WAKE_MOST) <= 1_000_000);
    assert_eq!(put(&run, "barging", "next").fate, Fate::TimedOut);
}

#[test]
fn what_is_expected_and_does_not_come_fails_the_run() {
    let strategies = &["fifo"];
    let mut scenario = load("stash-starvation", strategies, &[]);
    scenario.model.expect[0].waited_ms = Some(30);
    let run = run(&scenario, 1, false);
    assert_eq!(failed(of(&run, "fifo")), ["expectations"]);
    assert_eq!(verdict(&run), Verdict::Incorrect);
}

#[test]
fn a_promise_that_is_not_kept_is_said() {
    let overrides = &["objective.wait_p95_ms=0.5", "must_fail=[]"];
    let run = run(
        &load("stash-small", &["fifo", "immediate"], overrides),
        2,
        false,
    );
    assert_eq!(verdict(&run), Verdict::ObjectiveMissed);
}

#[test]
fn who_is_told_that_there_is_no_other_way_does_no_work_twice() {
    let overrides = &["stash.fallback=\"refuse\"", "must_fail=[]"];
    let run = run(
        &load("stash-small", &["immediate", "fifo"], overrides),
        2,
        false,
    );
    let immediate = of(&run, "immediate");
    assert_eq!(immediate.counter(counter::WORK_AGAIN), 0);
    assert!(immediate.counter(counter::TOLD_NO) > 0);
}
