//! Processing scenarios, through the library: the same every time, nothing lost whatever happens,
//! and each control caught by the oracle that is meant for it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod library;

use std::collections::BTreeMap;

use backfill_sim::outcome::{Ending, Oracle};
use backfill_sim::processing::scenario::{Scenario, StrategyKind};
use backfill_sim::processing::{Outcome, counter, report};
use backfill_sim::scenario::{self, Loaded, Seeds};
use library::run;

/// The scenario `name` with something changed; `strategies`, or all if none is named.
fn load(name: &str, strategies: &[&str], overrides: &[&str]) -> Scenario {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    let Loaded::Processing(mut scenario) = scenario::load_any(name, &overrides).unwrap() else {
        panic!("{name} is no processing scenario");
    };
    let strategies: Vec<String> = strategies.iter().map(ToString::to_string).collect();
    scenario.keep_strategies(&strategies).unwrap();
    *scenario
}

/// Only what is ours, of whatever the controls do not matter for.
fn store(name: &str, overrides: &[&str]) -> Outcome {
    let overrides = [&["must_fail=[]"], overrides].concat();
    let run = run(&load(name, &["store"], &overrides), 2, false);
    let [outcome] = <[Outcome; 1]>::try_from(run.outcomes).unwrap();
    assert_eq!(failed(&outcome), [""; 0], "{:?}", outcome.oracles);
    assert_eq!(outcome.ending, Ending::Done);
    outcome
}

fn failed(outcome: &Outcome) -> Vec<&str> {
    let failed = outcome.oracles.iter().filter(|oracle| !oracle.passed);
    failed.map(|oracle| oracle.name.as_str()).collect()
}

fn detail<'a>(outcome: &'a Outcome, name: &str) -> &'a str {
    let mut oracles = outcome.oracles.iter();
    let found: Option<&Oracle> = oracles.find(|oracle| oracle.name == name);
    &found.unwrap().detail
}

/// A few seconds of everything: readers, an effect, a history, a lock.
fn small() -> Scenario {
    load(
        "stall-then-mutate",
        &[],
        &["items.count=4_000", "effect.inputs=50", "must_fail=[]"],
    )
}

/// Digests of seed 1, one a line: strategy and digest.
const DIGESTS: &str = include_str!("processing.digests");

/// A change of these lines is a change of every result: it has to be meant.
#[test]
fn the_digests_of_seed_1_are_those_checked_in() {
    let run = run(&small(), 2, true);
    let lines: Vec<String> = run
        .outcomes
        .iter()
        .chain(&run.counterfactuals)
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
    assert!(one.len() > 5, "{:?}", one.keys());
    assert!(one == two);
}

#[test]
fn strategies_of_a_seed_see_the_same_items_and_other_seeds_others() {
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
    let scenario = load("stall-then-mutate", &["store"], &["items.count=500"]);
    let controls = run(&scenario, 2, false).controls;
    assert_eq!(controls.len(), StrategyKind::CHEATS.len());
    for (control, kind) in controls.iter().zip(StrategyKind::CHEATS) {
        let meant = kind.meant_oracle().unwrap();
        assert!(
            failed(control).contains(&meant),
            "{kind:?} {:?}",
            control.oracles
        );
    }
}

#[test]
fn killed_after_every_write_it_loses_nothing_and_repeats_no_more_than_it_held() {
    let outcome = store("crash-replay", &["items.count=2_000"]);
    assert_eq!(
        outcome.counter(counter::CRASHES),
        20,
        "a run writes one batch of 100"
    );
    let most = outcome.counter(counter::ITEMS_REPEATED_MOST);
    assert!((100..=3_100).contains(&most), "{most}");
}

#[test]
fn while_writes_fail_memory_is_bounded_and_nothing_is_lost() {
    let outcome = store(
        "outage",
        &[
            "items.count=20_000",
            "items.batch=500",
            "items.process_us=200",
            "budget.objects=10_000",
            "outage=[{after_s=1, for_s=60}]",
            "items.history_from=0.1",
        ],
    );
    assert!(outcome.counter(counter::FAILED_WRITES) > 10);
    assert!(detail(&outcome, "memory").contains("the budget and one batch"));
    let stalled = outcome
        .stalls
        .iter()
        .any(|one| one.duration_ns() > 50_000_000_000);
    assert!(stalled, "with memory full, processing waits");
    let end_ns = outcome.processing.unwrap().end_ns;
    assert!(end_ns > 76_000_000_000, "15 s before it and 61 s of it");
}

#[test]
fn going_back_is_as_if_it_had_never_been_there() {
    let outcome = store(
        "rollback",
        &[
            "items.count=10_000",
            "items.batch=200",
            "roll_back=[{at_item=3_000, to_item=2_500}, {at_item=5_050, to_item=4_070}, \
             {at_item=10_000, to_item=2_100}]",
            "lock=[{after_s=0.5, for_s=2.0}]",
        ],
    );
    assert_eq!(outcome.counter(counter::ROLL_BACKS), 3);
}

#[test]
fn rows_that_are_refused_hold_up_nobody() {
    let outcome = store("poison-row", &["items.count=5_000", "items.batch=100"]);
    assert_eq!(
        outcome.counter(counter::REFUSED),
        100,
        "50 repaired, 50 set aside"
    );
    assert!(detail(&outcome, "rows").contains("50 dead letters"));
}
