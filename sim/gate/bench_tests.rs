//! Every verdict, from figures made up for it.

use serde_json::{Value, json};

use super::*;
use crate::gate::table::{Severity, Table};
use crate::gate::{Metric, Trace, text};
use crate::scenario::Family;

/// A strategy with the p95 of its readers for each seed, ns; `digest` makes its events others.
fn strategy(name: &str, role: &str, p95_ns: &[u64], digest: &str) -> Value {
    let cells = p95_ns.iter().zip(1..).map(|(p95_ns, seed)| {
        json!({
            "seed": seed,
            "digest": format!("{digest}{seed}"),
            "plan_hash": format!("plan{seed}"),
            "correct": true,
            "duration_ns": 10 * p95_ns,
            "readers": {
                "backfill": { "p95_ns": p95_ns, "count": 2_000, "failed": 0 },
                "no_backfill": { "p95_ns": 1_000_000, "count": 2_000, "failed": 0 },
            },
            "counters": { "syncs": 3 },
            "oracles": [{ "name": "values", "passed": true, "detail": "" }],
        })
    });
    json!({ "name": name, "role": role, "cells": cells.collect::<Vec<Value>>() })
}

fn document(strategies: &[Value]) -> Value {
    json!({
        "schema_version": 1, "scenario": "made-up", "scenario_hash": "0123",
        "strategies": strategies,
    })
}

/// Six seeds of `ours`, ns.
const OLD: [u64; 6] = [
    10_000_000, 20_000_000, 30_000_000, 15_000_000, 12_000_000, 18_000_000,
];

fn times(factors: [f64; 6]) -> Vec<u64> {
    let all = OLD.iter().zip(factors);
    all.map(|(old, factor)| (*old as f64 * factor) as u64)
        .collect()
}

fn run(p95_ns: &[u64], digest: &str) -> Value {
    document(&[
        strategy("single-transaction", "baseline", &[100_000_000; 6], "base"),
        strategy("ours", "candidate", p95_ns, digest),
        strategy("a-cheat", "control", &[1], "cheat"),
    ])
}

fn table(expect: &str) -> Table {
    Table {
        expect: expect.to_owned(),
        strategy: None,
        abs_floor: None,
        severity: Severity::Fail,
        min_samples: None,
        why: None,
    }
}

fn gate(table: &Table) -> Gate {
    let names = ["single-transaction", "ours"];
    let place = "scenarios/made-up.toml:31".to_owned();
    table.gate(Family::Columns, Some(&names), place).unwrap()
}

fn accepted(document: &Value) -> Baseline {
    let summary = Summary::read(document).unwrap();
    let metrics = Metric::all(Family::Columns);
    Baseline::of(&summary, &metrics, &Witness::default())
}

fn judged_with(table: &Table, new: &Value, old: &Value) -> Judged {
    let (gates, baseline) = ([gate(table)], accepted(old));
    let bench = Bench {
        gates: &gates,
        baseline: Some(&baseline),
        witness: None,
        partial: false,
    };
    let mut judged = bench.judge(new).unwrap();
    assert_eq!(judged.len(), 1, "only the candidate is judged");
    judged.remove(0)
}

fn against(new: &[u64], expect: &str) -> Judged {
    judged_with(&table(expect), &run(new, "new"), &run(&OLD, "old"))
}

fn absolute(expect: &str) -> Judged {
    judged_with(&table(expect), &run(&OLD, "old"), &run(&OLD, "old"))
}

const HELD: &str = "reader.p95 / baseline <= 1.05";

#[test]
fn what_is_the_same_in_every_event_is_identical() {
    let same = judged_with(&table(HELD), &run(&OLD, "old"), &run(&OLD, "old"));
    assert_eq!(
        (same.verdict, same.change),
        (Verdict::Pass, Some(Change::Identical))
    );
    assert_eq!(same.test, None);
}

/// What a loop that holds its connection a tenth longer does to its readers.
#[test]
fn a_tenth_longer_with_every_seed_is_regressed() {
    let worse = against(&times([1.1; 6]), HELD);
    assert_eq!(
        (worse.verdict, worse.change),
        (Verdict::Fail, Some(Change::Regressed))
    );
    let uneven = against(&times([1.11, 1.08, 1.14, 1.09, 1.1, 1.12]), HELD);
    assert_eq!(uneven.change, Some(Change::Regressed));
    let test = uneven.test.unwrap();
    assert!(
        test.low > 1.05 && test.high < 1.15 && test.p < 0.001,
        "{test:?}"
    );
    assert!(uneven.detail.contains("6/6 worse"), "{}", uneven.detail);
}

#[test]
fn clear_and_large_are_both_needed() {
    let slightly = against(&times([1.04, 1.03, 1.04, 1.05, 1.04, 1.03]), HELD);
    assert_eq!(
        (slightly.verdict, slightly.change),
        (Verdict::Pass, Some(Change::Changed))
    );
    assert!(
        slightly.test.unwrap().low > 1.0,
        "clear, and within the tolerance"
    );
    let better = against(&times([0.8, 0.81, 0.79, 0.8, 0.82, 0.8]), HELD);
    assert_eq!(
        (better.verdict, better.change),
        (Verdict::Pass, Some(Change::Improved))
    );
    let unsure = against(&times([1.6, 0.7, 1.5, 0.8, 1.6, 0.9]), HELD);
    assert_eq!(
        (unsure.verdict, unsure.change),
        (Verdict::Insufficient, Some(Change::Unstable))
    );
    let elsewhere = against(&OLD, HELD);
    assert_eq!(
        (elsewhere.verdict, elsewhere.change),
        (Verdict::Pass, Some(Change::Changed))
    );
}

#[test]
fn one_seed_can_tell_no_more_than_that_it_is_another() {
    let one = |p95_ns: u64, digest| document(&[strategy("ours", "candidate", &[p95_ns], digest)]);
    let old = one(10_000_000, "old");
    let far = judged_with(&table(HELD), &one(12_000_000, "new"), &old);
    assert_eq!(
        (far.verdict, far.change),
        (Verdict::Insufficient, Some(Change::Unstable))
    );
    let near = judged_with(&table(HELD), &one(10_100_000, "new"), &old);
    assert_eq!(
        (near.verdict, near.change),
        (Verdict::Pass, Some(Change::Changed))
    );
}

#[test]
fn a_difference_below_the_floor_is_none() {
    let mut floor = table(HELD);
    floor.abs_floor = Some("5ms".to_owned());
    let new = run(&times([1.1; 6]), "new");
    let within = judged_with(&floor, &new, &run(&OLD, "old"));
    assert_eq!(within.change, Some(Change::Changed));
    floor.abs_floor = Some("1ms".to_owned());
    let beyond = judged_with(&floor, &new, &run(&OLD, "old"));
    assert_eq!(beyond.change, Some(Change::Regressed));
    let mut quiet = table("reader.p95 / no_backfill <= 3");
    quiet.abs_floor = Some("29ms".to_owned());
    let old = run(&OLD, "old");
    assert_eq!(judged_with(&quiet, &old, &old).verdict, Verdict::Pass);
    quiet.abs_floor = Some("28ms".to_owned());
    assert_eq!(judged_with(&quiet, &old, &old).verdict, Verdict::Fail);
}

#[test]
fn from_nothing_to_something_is_worse_whatever_the_ratio() {
    let failing = |failed: u64, digest| {
        let mut run = run(&OLD, digest);
        run["strategies"][1]["cells"][2]["readers"]["backfill"]["failed"] = failed.into();
        run
    };
    let gate = table("reader.failed / baseline <= 1.05");
    let worse = judged_with(&gate, &failing(2, "new"), &failing(0, "old"));
    assert_eq!(
        (worse.verdict, worse.change),
        (Verdict::Fail, Some(Change::Regressed))
    );
    assert_eq!(worse.seed, Some(3));
    let better = judged_with(&gate, &failing(0, "new"), &failing(2, "old"));
    assert_eq!(better.change, Some(Change::Improved));
    let mut floor = gate.clone();
    floor.abs_floor = Some("2".to_owned());
    let few = judged_with(&floor, &failing(2, "new"), &failing(0, "old"));
    assert_eq!(few.change, Some(Change::Changed));
}

#[test]
fn seeds_are_counted_where_nothing_is_tested() {
    assert_eq!(
        absolute("reader.p95 <= 30ms for all seeds").verdict,
        Verdict::Pass
    );
    let worst = absolute("reader.p95 < 30ms");
    assert_eq!((worst.verdict, worst.seed), (Verdict::Fail, Some(3)));
    assert_eq!(worst.actual, Some(Actual::Whole(30_000_000)));
    assert_eq!(
        absolute("reader.p95 < 30ms for 80% of seeds").verdict,
        Verdict::Pass
    );
    assert_eq!(
        absolute("reader.p95 < 20ms for 80% of seeds").verdict,
        Verdict::Fail
    );
    assert_eq!(
        absolute("reader.p95 <= 10ms for any seed").verdict,
        Verdict::Pass
    );
    assert_eq!(
        absolute("reader.p95 < 10ms for any seed").verdict,
        Verdict::Fail
    );
    assert_eq!(
        absolute("reader.p95 / single-transaction <= 0.3").verdict,
        Verdict::Pass
    );
    assert_eq!(
        absolute("reader.p95 / single-transaction <= 0.29").verdict,
        Verdict::Fail
    );
    assert_eq!(absolute("counter.syncs == 3").verdict, Verdict::Pass);
    let mut warned = table("counter.syncs < 3");
    warned.severity = Severity::Warn;
    let old = run(&OLD, "old");
    assert_eq!(judged_with(&warned, &old, &old).verdict, Verdict::Warn);
}

#[test]
fn no_data_and_too_little_of_it_never_pass() {
    let old = run(&OLD, "old");
    let mut gone = old.clone();
    gone["strategies"][1]["cells"][1]["readers"]["backfill"] = json!({});
    let lost = judged_with(&table("reader.p95 < 1h"), &gone, &old);
    assert_eq!(lost.verdict, Verdict::NoData);
    assert_eq!(
        judged_with(&table(HELD), &gone, &old).verdict,
        Verdict::NoData
    );
    assert_eq!(
        judged_with(&table(HELD), &old, &gone).verdict,
        Verdict::NoData
    );
    let nobody = document(&[strategy("single-transaction", "baseline", &OLD, "old")]);
    assert_eq!(
        judged_with(&table("duration < 1h"), &nobody, &old).verdict,
        Verdict::NoData
    );
    let mut replanned = old.clone();
    replanned["strategies"][1]["cells"][1]["plan_hash"] = "another".into();
    assert_eq!(
        judged_with(&table(HELD), &replanned, &old).verdict,
        Verdict::NoData
    );
    let unpaired = table("reader.p95 / single-transaction <= 1");
    assert_eq!(
        judged_with(&unpaired, &replanned, &old).verdict,
        Verdict::NoData
    );
    let mut few = old.clone();
    few["strategies"][1]["cells"][1]["readers"]["backfill"]["count"] = 999.into();
    let few = judged_with(&table("reader.p95 < 1h"), &few, &old);
    assert_eq!(few.verdict, Verdict::Insufficient);
    assert!(
        few.detail.contains("999 requests with seed 2"),
        "{}",
        few.detail
    );
}

#[test]
fn wrong_data_has_no_figures() {
    let old = run(&OLD, "old");
    let mut wrong = old.clone();
    let cell = &mut wrong["strategies"][1]["cells"][4];
    cell["correct"] = false.into();
    cell["oracles"][0]["passed"] = false.into();
    let judged = judged_with(&table("duration < 1h"), &wrong, &old);
    assert_eq!(judged.verdict, Verdict::Fail);
    assert_eq!(
        judged.detail,
        "incorrect with seed 5: values failed; no figure counts"
    );
}

/// One clear change among many comparisons is less clear than alone.
#[test]
fn comparisons_share_one_chance_of_a_false_alarm() {
    let factors = times([1.16, 1.03, 1.12, 1.01, 1.14, 1.09]);
    let (old, new) = (run(&OLD, "old"), run(&factors, "new"));
    let baseline = accepted(&old);
    let judge = |n: usize| {
        let gates = vec![gate(&table(HELD)); n];
        let bench = Bench {
            gates: &gates,
            baseline: Some(&baseline),
            witness: None,
            partial: false,
        };
        let judged = bench.judge(&new).unwrap();
        assert_eq!(judged[0].test.unwrap().comparisons, n);
        judged[0].change
    };
    assert_eq!(judge(1), Some(Change::Regressed));
    assert_eq!(judge(12), Some(Change::Unstable));
}

/// Shapes of data are judged each for itself.
#[test]
fn what_a_strategy_was_given_to_do_is_judged_apart() {
    let mut old = document(&[strategy("ours", "candidate", &OLD[..2], "old")]);
    let shapes = ["even", "late"];
    for (cell, shape) in old["strategies"][0]["cells"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .zip(shapes)
    {
        cell["shape"] = shape.into();
        cell["seed"] = 1.into();
    }
    let (gates, baseline) = ([gate(&table("reader.p95 <= 10ms"))], accepted(&old));
    let bench = Bench {
        gates: &gates,
        baseline: Some(&baseline),
        witness: None,
        partial: false,
    };
    let judged = bench.judge(&old).unwrap();
    let found: Vec<(String, Verdict)> = judged
        .iter()
        .map(|one| (one.title(), one.verdict))
        .collect();
    assert_eq!(
        found,
        [
            ("ours, even".to_owned(), Verdict::Pass),
            ("ours, late".to_owned(), Verdict::Fail)
        ]
    );
}

/// The whole screen of a regression.
#[test]
fn a_failure_says_what_where_why_and_what_next() {
    let mut held = table(HELD);
    held.why = Some("readers share the connection".to_owned());
    let factors = times([1.16, 1.18, 1.2, 1.18, 1.17, 1.19]);
    let mut judged = judged_with(&held, &run(&factors, "new"), &run(&OLD, "old"));
    judged.divergence = Some("first divergence between t=12.4 s and 12.6 s (seed 3)".to_owned());
    let trace = Trace {
        scenario: "made-up",
        report: "reports/made-up",
    };
    let expected = "\
FAIL  made-up / ours   reader.p95 / baseline <= 1.05     scenarios/made-up.toml:31
            1.180 × [1.165, 1.195] 95 % CI over 6 seeds · 6/6 worse · 15.0 ms → 17.7 ms (median \
seed) · MDE 1.27 % · p < 0.0001 after Holm over 1 comparison (regressed)
      why   first divergence between t=12.4 s and 12.6 s (seed 3)
            readers share the connection
      repro cargo sim run made-up --seed 4 --strategy ours
      next  expected? `cargo sim baseline accept made-up --reason \"…\"` and commit \
reports/baselines/made-up.json
            not expected? open reports/made-up/index.html
";
    assert_eq!(text(&judged, trace), expected);
}
