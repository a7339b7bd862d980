//! Verdicts, and that every sentence says what the figures say: also when the candidate loses.

use super::*;
use crate::listing::Outcome;
use crate::listing::measure::synthetic::{
    SECOND, call, control, oracle, read_run, run, run_of, took,
};
use crate::listing::{CallKind, Forecast};
use crate::measure::unit::NBSP;
use crate::outcome::Ending;

fn judged(run: &Run) -> Judgement {
    Judgement::of(run, &Comparison::of(run))
}

fn sentences(judgement: &Judgement) -> String {
    let all: Vec<&str> = judgement
        .findings
        .iter()
        .map(|one| &*one.sentence)
        .collect();
    all.join("\n").replace(NBSP, " ")
}

fn baseline(shape: &str, name: &str, pages: u64, took_ns: u64) -> Outcome {
    let mut outcome = took(shape, name, pages, took_ns, 0);
    outcome.role = Some(Role::Baseline);
    outcome
}

/// 4 s is the floor of both shapes.
fn good() -> Vec<Outcome> {
    vec![
        took("uniform", "adaptive", 100, 4 * SECOND, 0),
        baseline("uniform", "fixed-50", 100, 4 * SECOND),
        took("burst", "adaptive", 100, 4 * SECOND, 1),
        baseline("burst", "fixed-50", 100, 36 * SECOND),
    ]
}

#[test]
fn a_candidate_that_meets_everything_passes_and_the_gain_is_named() {
    let judgement = judged(&run_of(good()));
    assert_eq!(judgement.verdict, Verdict::Pass);
    let headline = judgement.headline.replace(NBSP, " ");
    assert_eq!(
        headline,
        "adaptive meets the objective on all 2 shapes: at most 1.000 × the floor (uniform), 1.00 % of answered requests wasted (burst)."
    );
    let next = judgement.next.replace(NBSP, " ");
    assert_eq!(
        next,
        "Ship adaptive: the next best, fixed-50, takes 3.00 × its time, and 9.00 × on burst."
    );
    let text = sentences(&judgement);
    assert!(
        text.contains("adaptive is 3.00 × as quick as fixed-50 in the geometric mean of 2 shapes, from 1.00 × (uniform) to 9.00 × (burst)."),
        "{text}"
    );
    assert_eq!(judgement.trust()[0][..20], *"controls: 2/2 caught");
}

#[test]
fn a_candidate_that_loses_is_told_who_wins_and_by_how_much() {
    let mut outcomes = good();
    outcomes[2] = took("burst", "adaptive", 100, 8 * SECOND, 3);
    outcomes[3] = baseline("burst", "fixed-50", 100, 4 * SECOND);
    let judgement = judged(&run_of(outcomes));
    assert_eq!(judgement.verdict, Verdict::ObjectiveMissed);
    let headline = judgement.headline.replace(NBSP, " ");
    assert_eq!(
        headline,
        "adaptive misses the objective on 1 of 2 shapes, by most on burst: 3.00 % of its answered requests brought nothing new, at most 1 % wanted."
    );
    assert!(
        judgement.next.starts_with("Take fixed-50 instead"),
        "{}",
        judgement.next
    );
    let text = sentences(&judgement);
    assert!(
        text.contains("fixed-50 is quicker than adaptive: 1.41 × as quick in the geometric mean of 2 shapes, from 1.00 × (uniform) to 2.00 × (burst)."),
        "{text}"
    );
    assert!(
        text.contains("adaptive misses the objective on burst, seed 1: 3.00 % of its answered requests brought nothing new, at most 1 % wanted; 2.000 × the floor, at most 1.02 × wanted."),
        "{text}"
    );
    assert!(
        text.contains("adaptive meets the objective on 1 of 2 shapes"),
        "{text}"
    );
}

#[test]
fn when_everybody_misses_the_quickest_is_looked_at() {
    let outcomes = vec![
        took("burst", "adaptive", 100, 8 * SECOND, 0),
        baseline("burst", "fixed-50", 100, 6 * SECOND),
    ];
    let next = judged(&run_of(outcomes)).next.replace(NBSP, " ");
    assert_eq!(
        next,
        "Look at the calls of adaptive on burst beside those of fixed-50, the quickest there with 6.00 s."
    );
    let alone = vec![took("burst", "adaptive", 100, 8 * SECOND, 0)];
    let next = judged(&run_of(alone)).next;
    assert!(
        next.contains("no other strategy of this run is quicker"),
        "{next}"
    );
}

#[test]
fn a_verdict_is_the_worst_there_is_to_say() {
    let with = |change: &dyn Fn(&mut Run)| {
        let mut run = run_of(good());
        change(&mut run);
        judged(&run).verdict
    };
    let wrong = |run: &mut Run, index: usize| {
        run.outcomes[index].oracles.push(oracle("exact-ids", false));
    };
    let late = |run: &mut Run, index: usize| run.outcomes[index].ending = Ending::OutOfTime;
    let slip = |run: &mut Run| run.controls.push(control("blind", false));
    assert_eq!(with(&|run| run.complete = false), Verdict::Incomplete);
    assert_eq!(
        with(&|run| wrong(run, 1)),
        Verdict::Incorrect,
        "a baseline too"
    );
    assert_eq!(
        with(&|run| {
            wrong(run, 0);
            slip(run);
        }),
        Verdict::Incorrect
    );
    assert_eq!(with(&slip), Verdict::Fail);
    assert_eq!(
        with(&|run| {
            late(run, 3);
            slip(run);
        }),
        Verdict::Fail
    );
    assert_eq!(
        with(&|run| late(run, 3)),
        Verdict::Unfinished,
        "a baseline too"
    );
    assert_eq!(with(&|run| run.outcomes.clear()), Verdict::NoData);
    let only_baselines = |run: &mut Run| run.outcomes.retain(|one| one.strategy != "adaptive");
    assert_eq!(with(&only_baselines), Verdict::NoData);
    let slow_baseline = |run: &mut Run| run.outcomes[1].task.by_rate_ns = 1;
    assert_eq!(
        with(&slow_baseline),
        Verdict::Pass,
        "only candidates have to meet it"
    );
}

#[test]
fn wrong_data_has_no_duration_and_is_no_rival() {
    let mut run = run_of(good());
    for index in [1, 3] {
        run.outcomes[index].oracles.push(oracle("exact-ids", false));
    }
    let judgement = judged(&run);
    assert_eq!(
        judgement.headline,
        "fixed-50 leaves wrong data behind on uniform."
    );
    let text = sentences(&judgement);
    assert!(
        text.contains("fixed-50 is incorrect on uniform, seed 1: exact-ids found 4 733 of 1 500 000 objects are missing. It has no duration. So on 1 more shape."),
        "{text}"
    );
    assert!(!text.contains("as quick"), "{text}");
}

#[test]
fn small_shapes_are_compared_with_the_quickest() {
    let outcomes = vec![
        took("one-object", "adaptive", 1, 105, 0),
        baseline("one-object", "fixed-50", 1, 100),
    ];
    let judgement = judged(&run_of(outcomes));
    let headline = judgement.headline.replace(NBSP, " ");
    assert_eq!(
        headline,
        "adaptive meets the objective on one-object: up to 50 pages 1.050 × the time of the quickest."
    );
    let next = judgement.next.replace(NBSP, " ");
    assert!(next.starts_with("Ship adaptive; fixed-50, which meets the objective too, is 1.05 ×"));
}

#[test]
fn what_was_said_of_the_time_left_is_held_against_the_truth() {
    let mut run = run_of(good());
    let said = |at_ns, eta_ns| Forecast {
        at_ns,
        done_pages: 0,
        left_pages: 0,
        eta_ns: Some(eta_ns),
        eta_least_ns: Some(eta_ns / 2),
        eta_most_ns: Some(eta_ns),
    };
    // Half-way 3 s instead of 2 s; later 1 s instead of 1 s. Nothing is said at 10 and 25 %.
    run.outcomes[0].forecasts = vec![said(2 * SECOND, 3 * SECOND), said(3 * SECOND, SECOND)];
    run.outcomes[2].forecasts = vec![said(2 * SECOND, 2 * SECOND)];
    let text = sentences(&judged(&run));
    assert!(
        text.contains("Half-way, what adaptive says of the time left is +50 % off at the farthest (uniform); its interval held the truth at 6 of 6 moments, from least to most 50 % of it in the median."),
        "{text}"
    );
}

/// What is said half-way has an end, and what is said later has none.
#[test]
fn an_interval_without_an_end_holds_nothing_and_is_counted_by_itself() {
    let mut run = run_of(good());
    let said = |at_ns, eta_most_ns| Forecast {
        at_ns,
        done_pages: 0,
        left_pages: 0,
        eta_ns: Some(SECOND),
        eta_least_ns: Some(SECOND),
        eta_most_ns,
    };
    run.outcomes[0].forecasts = vec![said(2 * SECOND, Some(2 * SECOND)), said(3 * SECOND, None)];
    run.outcomes[2].forecasts = vec![said(3 * SECOND, None)];
    let text = sentences(&judged(&run));
    assert!(
        text.contains("; its interval held the truth at 1 of 1 moments, from least to most 50 % of it in the median; at 4 it had no upper end."),
        "{text}"
    );
    run.outcomes[0].forecasts = vec![said(2 * SECOND, None)];
    let text = sentences(&judged(&run));
    assert!(
        text.contains("(uniform); at 5 it had no upper end."),
        "{text}"
    );
}

#[test]
fn who_sends_too_much_or_is_refused_is_named() {
    let mut run = run_of(good());
    run.outcomes[3].calls = (0..51)
        .map(|at| call(at, at + 9, CallKind::Limited))
        .collect();
    let text = sentences(&judged(&run));
    // The others send 100 at once: that is more than 50 too.
    assert!(
        text.contains("fixed-50 sent 100 requests within a second on uniform, seed 1: more than the 50 that rate and burst allow."),
        "{text}"
    );
    assert!(
        text.contains("Refused with 429, over all cells: fixed-50 51."),
        "{text}"
    );
    run.outcomes.iter_mut().for_each(|one| one.task.burst = 75);
    assert!(!sentences(&judged(&run)).contains("within a second"));
}

#[test]
fn strategies_that_saw_other_data_cannot_be_compared() {
    let mut run = run_of(good());
    run.outcomes[3].plan_hash = "other".to_owned();
    let text = sentences(&judged(&run));
    assert!(
        text.contains("On burst, seed 1, the strategies did not see the same data"),
        "{text}"
    );
}

#[test]
fn nobody_who_reads_is_not_spoken_of() {
    let (silent, read) = (sentences(&judged(&run())), sentences(&judged(&read_run())));
    assert!(!silent.contains("eaders"), "{silent}");
    assert!(
        read.contains("the readers' p95 1.50 × what it is without it"),
        "{read}"
    );
}
