//! Figures of outcomes made by hand, what is asked of them, and what a run comes to.

use super::synthetic::{outcome, request, run};
use super::*;
use crate::measure::Verdict;
use crate::stash::Fate::{Refused, Stored, TimedOut};
use crate::stash::Request;
use crate::stash::scenario::StrategyKind;

/// As many fallbacks, half of them after a wait, and one that was stored.
fn fallbacks(many: usize) -> Vec<Request> {
    let of = |nth: usize| match nth % 2 {
        0 => request(Refused, None),
        _ => request(TimedOut, Some(50)),
    };
    (0..many).map(of).chain([request(Stored, None)]).collect()
}

fn judged(run: &Run) -> (Verdict, Comparison) {
    let comparison = Comparison::of(run);
    (finding::judge(run, &comparison).verdict, comparison)
}

#[test]
fn fallbacks_are_compared_with_those_of_the_same_seed_and_workload() {
    let mut elsewhere = outcome(StrategyKind::Immediate, 1, fallbacks(50));
    elsewhere.workload = "quiet".to_owned();
    elsewhere.asked = false;
    let run = run(vec![
        elsewhere,
        outcome(StrategyKind::Immediate, 1, fallbacks(10)),
        outcome(StrategyKind::Immediate, 2, fallbacks(20)),
        outcome(StrategyKind::Fifo, 1, fallbacks(5)),
        outcome(StrategyKind::Fifo, 2, fallbacks(4)),
    ]);
    let (verdict, comparison) = judged(&run);
    assert_eq!(verdict, Verdict::Pass);
    let pooled = comparison.strategies[2].pooled.as_ref().unwrap();
    assert_eq!(pooled.fallbacks_of_immediate(), Some(0.3));
    assert_eq!(pooled.worst_of_immediate, Some(0.5));
    assert_eq!((pooled.counted.timed_out, pooled.counted.waited), (4, 4));
    assert_eq!(pooled.fallback_share(), Some(9.0 / 11.0));
    assert_eq!(pooled.waits.as_slice(), [50; 4]);
}

#[test]
fn one_bad_seed_misses_and_nothing_to_compare_with_never_passes() {
    let fifo = |many| outcome(StrategyKind::Fifo, 1, fallbacks(many));
    let immediate = |many| outcome(StrategyKind::Immediate, 1, fallbacks(many));
    let verdict = |outcomes| judged(&run(outcomes)).0;
    assert_eq!(
        verdict(vec![immediate(10), fifo(6)]),
        Verdict::ObjectiveMissed
    );
    assert_eq!(verdict(vec![immediate(0), fifo(0)]), Verdict::NoData);
    assert_eq!(verdict(vec![fifo(1)]), Verdict::NoData);
}

#[test]
fn a_workload_that_is_not_asked_is_compared_only() {
    let mut fifo = outcome(StrategyKind::Fifo, 1, fallbacks(10));
    fifo.asked = false;
    let (verdict, comparison) = judged(&run(vec![fifo]));
    assert_eq!(verdict, Verdict::Pass);
    assert_eq!(comparison.strategies[0].cells[0].1.word(), "correct");
}

#[test]
fn a_long_wait_misses_and_where_nobody_waits_nothing_is_asked_of_waits() {
    let immediate = outcome(StrategyKind::Immediate, 1, fallbacks(10));
    let aims = |requests| {
        let run = run(vec![
            immediate.clone(),
            outcome(StrategyKind::Fifo, 1, requests),
        ]);
        let (verdict, comparison) = judged(&run);
        let (cell, _) = &comparison.strategies[1].cells[0];
        (verdict, aim::aims(cell, &run.objective).len())
    };
    assert_eq!(aims(vec![request(Stored, None)]), (Verdict::Pass, 1));
    let long = vec![request(Stored, Some(200))];
    assert_eq!(aims(long), (Verdict::ObjectiveMissed, 2));
}
