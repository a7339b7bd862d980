//! Each branch of the verdict, and the words.

use super::*;
use crate::measure::synthetic::{self, MS, SECOND, Script};
use crate::outcome::{Ending, Oracle, Outcome, TERMINATION};
use crate::scenario::{Connections, Journal};

const BASE: Script = Script {
    name: "single",
    role: Role::Baseline,
    chunks: 1,
    hold_ns: 300 * SECOND,
    pause_ns: 0,
    correct: true,
};

fn candidate(name: &'static str, chunks: u64, hold_ms: u64, pause_ms: u64) -> Script {
    Script {
        name,
        role: Role::Candidate,
        chunks,
        hold_ns: hold_ms * MS,
        pause_ns: pause_ms * MS,
        correct: true,
    }
}

fn judge(run: &Run) -> Judgement {
    Judgement::of(run, &Comparison::of(run))
}

fn judge_scripts(scripts: &[Script]) -> Judgement {
    judge(&synthetic::run_of(scripts))
}

/// All sentences with ordinary spaces.
fn words(judgement: &Judgement) -> String {
    let sentences: Vec<&str> = judgement
        .findings
        .iter()
        .map(|f| f.sentence.as_str())
        .collect();
    sentences.join("\n").replace('\u{a0}', " ")
}

#[track_caller]
fn assert_says(judgement: &Judgement, part: &str) {
    let words = words(judgement);
    assert!(words.contains(part), "`{part}` is not in:\n{words}");
}

#[test]
fn a_candidate_that_meets_the_objective_helps_and_is_recommended() {
    let judgement = judge_scripts(&[BASE, candidate("small", 1_500, 200, 100)]);
    assert_eq!(judgement.verdict, Verdict::Pass);
    assert_eq!(judgement.standings[1].1, Some(Effect::Helps));
    assert_says(&judgement, "small helps: readers wait");
    assert!(judgement.next.contains("small"), "{}", judgement.next);
}

#[test]
fn an_improvement_that_misses_by_far_is_called_not_fixed() {
    let judgement = judge_scripts(&[BASE, candidate("large", 15, 20_000, 100)]);
    assert_eq!(judgement.verdict, Verdict::ObjectiveMissed);
    assert_eq!(judgement.standings[1].1, Some(Effect::Helps));
    assert_says(&judgement, "Not fixed with large: readers still wait");
    assert!(
        judgement.next.contains("longest hold"),
        "{}",
        judgement.next
    );
}

#[test]
fn an_improvement_that_misses_by_little_helps() {
    let judgement = judge_scripts(&[BASE, candidate("medium", 200, 1_500, 1_500)]);
    assert_eq!(judgement.verdict, Verdict::ObjectiveMissed);
    assert_says(&judgement, "medium helps");
    assert_says(&judgement, "It still misses the objective of 1 s by");
}

#[test]
fn as_long_a_wait_for_longer_hurts() {
    let judgement = judge_scripts(&[BASE, candidate("longer", 1, 390_000, 0)]);
    assert_eq!(judgement.standings[1].1, Some(Effect::Hurts));
    assert_says(&judgement, "longer hurts");
}

#[test]
fn about_the_same_is_neutral() {
    let judgement = judge_scripts(&[BASE, candidate("same", 1, 310_000, 0)]);
    assert_eq!(judgement.standings[1].1, Some(Effect::Neutral));
    assert_says(&judgement, "same changes nothing readers notice");
}

#[test]
fn a_short_baseline_needs_no_chunks() {
    let short = Script {
        hold_ns: 4 * SECOND,
        ..BASE
    };
    let judgement = judge_scripts(&[short, candidate("chunks", 20, 200, 100)]);
    assert_eq!(judgement.standings[1].1, Some(Effect::Neutral));
    assert_says(
        &judgement,
        "Chunking is not what this database needs: single is over in 4.00 s",
    );
    assert_says(
        &judgement,
        "chunks shortens a wait that comes once and is soon over",
    );
    assert!(
        judgement.next.starts_with("Ship single"),
        "{}",
        judgement.next
    );
}

#[test]
fn a_baseline_within_the_objective_needs_no_chunks() {
    let mut run = synthetic::run_of(&[BASE, candidate("chunks", 200, 1_500, 500)]);
    run.scenario.model.objective.reader_p95_ms = 900_000;
    let judgement = judge(&run);
    assert_eq!(judgement.verdict, Verdict::Pass);
    assert_says(&judgement, "already meets the objective");
    run.scenario.model.database.connections = Connections::Split;
    assert_says(&judge(&run), "connections of their own");
    // A commit in a rollback journal keeps readers out, whatever connection they have.
    run.scenario.model.database.journal = Journal::Delete;
    assert_says(&judge(&run), "already meets the objective");
}

#[test]
fn a_wrong_strategy_has_no_p95_whatever_its_speed() {
    let wrong = Script {
        correct: false,
        ..candidate("wrong", 1_500, 200, 100)
    };
    let judgement = judge_scripts(&[BASE, wrong]);
    assert_eq!(judgement.verdict, Verdict::Incorrect);
    assert_says(
        &judgement,
        "wrong is incorrect with seed 1: values found 4 733 of 71 000 rows",
    );
    assert_eq!(judgement.standings[1].1, None);
}

#[test]
fn a_caught_control_is_counted_and_one_that_passes_fails_the_run() {
    let control = Script {
        role: Role::Control,
        correct: false,
        ..candidate("cheat", 15, 20_000, 0)
    };
    let small = candidate("small", 1_500, 200, 100);
    let judgement = judge_scripts(&[BASE, small, control]);
    assert_eq!(judgement.verdict, Verdict::Pass);
    assert_says(&judgement, "Controls: 1/1 caught.");
    let judgement = judge_scripts(&[
        BASE,
        small,
        Script {
            correct: true,
            ..control
        },
    ]);
    assert_eq!(judgement.verdict, Verdict::Fail);
    assert_says(&judgement, "Controls: 0/1 caught.");
    assert!(
        judgement.headline.contains("cheat"),
        "{}",
        judgement.headline
    );
}

/// What a cell looks like whose backfill ended like that: its other oracles passed.
fn stop(outcome: &mut Outcome, ending: Ending) {
    outcome.oracles = vec![Oracle {
        name: TERMINATION.to_owned(),
        passed: false,
        detail: format!("{ending:?}"),
    }];
    outcome.ending = ending;
}

#[test]
fn a_backfill_that_did_not_finish_does_not_meet_anything() {
    let mut run = synthetic::run_of(&[BASE, candidate("small", 1_500, 200, 100)]);
    stop(&mut run.outcomes[2], Ending::OutOfTime);
    let judgement = judge(&run);
    assert_eq!(judgement.verdict, Verdict::Unfinished);
    assert_eq!(judgement.headline, "small did not finish.");
    assert_says(
        &judgement,
        "small did not finish with seed 1: it was still running at the horizon.",
    );
}

/// Data is wrong or it is not: not having finished is another matter.
#[test]
fn a_strategy_that_failed_is_not_said_to_leave_wrong_data() {
    let mut run = synthetic::run_of(&[BASE, candidate("small", 1_500, 200, 100)]);
    stop(&mut run.outcomes[2], Ending::Failed("disk full".to_owned()));
    let judgement = judge(&run);
    assert_eq!(judgement.verdict, Verdict::Unfinished);
    assert_says(
        &judgement,
        "small did not finish with seed 1: it failed: disk full.",
    );
    run.outcomes[3].oracles[0].passed = false;
    assert_eq!(judge(&run).verdict, Verdict::Incorrect);
}

/// A full disk catches every cheat and proves nothing about the oracles.
#[test]
fn a_control_that_did_not_finish_was_not_caught() {
    let control = Script {
        role: Role::Control,
        correct: false,
        ..candidate("cheat", 15, 20_000, 0)
    };
    let mut run = synthetic::run_of(&[BASE, control]);
    for outcome in &mut run.outcomes[2..] {
        stop(outcome, Ending::OutOfTime);
    }
    let judgement = judge(&run);
    assert_eq!(judgement.verdict, Verdict::Unfinished);
    assert_says(&judgement, "Controls: 0/1 caught.");
}

#[test]
fn no_reads_are_no_data_and_never_a_pass() {
    let mut run = synthetic::run_of(&[BASE]);
    for outcome in &mut run.outcomes {
        outcome.requests.clear();
    }
    assert_eq!(judge(&run).verdict, Verdict::NoData);
    run.outcomes.clear();
    assert_eq!(judge(&run).verdict, Verdict::NoData);
}

#[test]
fn an_interrupted_run_is_not_judged() {
    let mut run = synthetic::run();
    run.complete = false;
    assert_eq!(judge(&run).verdict, Verdict::Incomplete);
}

#[test]
fn failed_reads_and_few_samples_are_remarked_on() {
    let mut run = synthetic::run_of(&[Script {
        hold_ns: 12 * SECOND,
        ..BASE
    }]);
    for request in &mut run.outcomes[0].requests {
        request.failed = request.kind.is_read();
    }
    let judgement = judge(&run);
    assert_says(&judgement, "reads failed or stayed unanswered with single");
    assert_says(&judgement, "few samples");
}

#[test]
fn the_baseline_is_described_with_figures() {
    let judgement = judge(&synthetic::run());
    assert_says(
        &judgement,
        "single-transaction holds the connection for 11.7 min; readers wait 11.",
    );
    assert_says(&judgement, "It misses the objective of 1 s by");
    assert_eq!(
        judgement.findings[0].strategy.as_deref(),
        Some("single-transaction")
    );
}

#[test]
fn what_cannot_be_compared_is_said() {
    let mut run = synthetic::run_of(&[BASE, candidate("small", 1_500, 200, 100)]);
    run.outcomes[2].plan_hash = "other".to_owned();
    run.counterfactuals[0].requests.truncate(4_000);
    let judgement = judge(&run);
    assert_says(
        &judgement,
        "With seed 1 the strategies did not see the same arrivals",
    );
    assert_says(&judgement, "the ratio compares different stretches");
}

/// Reads that take two seconds longer than their holds: that is no wait for the backfill.
#[test]
fn a_forecast_that_is_off_is_explained_for_the_worst_seed_and_the_others_are_named() {
    let mut run = synthetic::run_of(&[BASE, candidate("small", 1_500, 200, 100)]);
    assert!(!words(&judge(&run)).contains("the holds explain"));
    for (outcome, longer_s) in run.outcomes[2..].iter_mut().zip([3, 2]) {
        for request in &mut outcome.requests {
            request.finished_ns += longer_s * SECOND;
        }
    }
    let judgement = judge(&run);
    assert_says(
        &judgement,
        "With small, seed 1, the holds explain a p95 of 197 ms, simulated is 3.20 s",
    );
    assert_says(
        &judgement,
        "what runs on another connection meanwhile. The ",
    );
    assert_says(&judgement, "in service of their own");
    assert_says(&judgement, "So with seed 2.");
}
