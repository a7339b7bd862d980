//! Aggregate scenarios, through the library: the same every time, counts right whatever happens,
//! and each control caught by the oracle that is meant for it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod library;

use std::collections::BTreeMap;

use backfill_sim::aggregate::scenario::{Scenario, StrategyKind};
use backfill_sim::aggregate::{Outcome, counter, report};
use backfill_sim::outcome::Ending;
use backfill_sim::scenario::{self, Loaded, Seeds};
use library::run;

/// The scenario `name` with something changed; `strategies`, or all if none is named.
fn load(name: &str, strategies: &[&str], overrides: &[&str]) -> Scenario {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    let Loaded::Aggregate(mut scenario) = scenario::load_any(name, &overrides).unwrap() else {
        panic!("{name} is no aggregate scenario");
    };
    let strategies: Vec<String> = strategies.iter().map(ToString::to_string).collect();
    scenario.keep_strategies(&strategies).unwrap();
    *scenario
}

fn failed(outcome: &Outcome) -> Vec<&str> {
    let failed = outcome.oracles.iter().filter(|oracle| !oracle.passed);
    failed.map(|oracle| oracle.name.as_str()).collect()
}

/// A few seconds of everything.
fn small() -> Scenario {
    load("aggregate-small", &[], &["must_fail=[]"])
}

/// Digests of seed 1, one a line: strategy, workload and digest.
const DIGESTS: &str = include_str!("aggregate.digests");

/// A change of these lines is a change of every result: it has to be meant.
#[test]
fn the_digests_of_seed_1_are_those_checked_in() {
    let run = run(&small(), 2, true);
    let lines: Vec<String> = run
        .outcomes
        .iter()
        .chain(&run.counterfactuals)
        .map(|one| format!("{} {} {}", one.strategy, one.workload, one.digest))
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
fn strategies_of_a_workload_and_a_seed_see_the_same_and_others_something_else() {
    let mut scenario = small();
    scenario.model.seeds = Seeds(vec![1, 2]);
    scenario.model.crash = None;
    let run = run(&scenario, 2, false);
    let mut plans = BTreeMap::new();
    for one in &run.outcomes {
        let of_cell: &mut Vec<&str> = plans.entry((&*one.workload, one.seed)).or_default();
        of_cell.push(&one.plan_hash);
    }
    assert_eq!(plans.len(), 4);
    let mut all: Vec<&str> = plans
        .into_values()
        .flat_map(|mut of_cell| {
            of_cell.dedup();
            of_cell
        })
        .collect();
    assert_eq!(all.len(), 4, "one plan for all strategies");
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 4, "and another one for each workload and seed");
}

#[test]
fn each_control_is_caught_by_the_oracle_meant_for_it() {
    let scenario = load("aggregate-small", &["single-transaction"], &[]);
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

/// The scenario at its full size, but for those who use the database meanwhile.
#[test]
fn thirty_thousand_sessions_far_apart_are_sixty_thousand_to_the_original_and_not_to_chunks() {
    let scenario = load(
        "aggregate",
        &["carried-set", "chunked"],
        &[
            "must_fail=[]",
            "views.workloads=[\"far-apart\"]",
            "load.reads_per_s=0",
            "objective={}",
        ],
    );
    let outcomes = run(&scenario, 2, false).outcomes;
    let sessions: Vec<(&str, u64, u64)> = outcomes
        .iter()
        .map(|one| {
            let sessions = one.counts.unwrap().sessions;
            (one.strategy.as_str(), sessions.counted, sessions.direct)
        })
        .collect();
    assert_eq!(
        sessions,
        [("carried-set", 60_000, 30_000), ("chunked", 30_000, 30_000)]
    );
    for outcome in &outcomes {
        assert_eq!(failed(outcome), [""; 0], "{:?}", outcome.oracles);
        assert_eq!(outcome.ending, Ending::Done);
    }
    assert_eq!(outcomes[1].chunks.len(), 120, "60 000 views, 500 at a time");
}

#[test]
fn killed_after_every_chunk_it_counts_the_same_and_what_fits_nowhere_is_set_aside() {
    let scenario = load("aggregate-small", &["chunked"], &["must_fail=[]"]);
    for outcome in run(&scenario, 2, false).outcomes {
        assert_eq!(failed(&outcome), [""; 0], "{:?}", outcome.oracles);
        // Where views are added in front of it, there may be one chunk more.
        let chunks = outcome.chunks.len() as u64;
        assert!(
            (12..=14).contains(&chunks),
            "6 000 views, 500 at a time: {chunks}"
        );
        assert_eq!(outcome.counters[counter::CRASHES], chunks);
        let refused: u64 = outcome.chunks.iter().map(|chunk| chunk.refused).sum();
        assert_eq!(refused, 12);
    }
}
