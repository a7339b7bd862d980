//! What is said, and how it is meant.

use super::*;
use crate::measure::Verdict;
use crate::measure::unit::NBSP;
use crate::processing::Outcome;
use crate::processing::measure::synthetic::{
    self, SECOND, count as counted, idle, oracle, run_of, took,
};
use crate::processing::outcome::counter;

fn judged(run: &Run) -> Judgement {
    judge(run, &Comparison::of(run))
}

fn plain(text: &str) -> String {
    text.replace(NBSP, " ")
}

/// The tone of the sentence that contains `words`.
fn tone(judgement: &Judgement, words: &str) -> Option<Tone> {
    let mut findings = judgement.findings.iter();
    let found = findings.find(|one| plain(&one.sentence).contains(words));
    found.map(|one| one.tone)
}

fn baseline(strategy: &str, took_ns: u64) -> Outcome {
    Outcome {
        role: Some(Role::Baseline),
        ..took(strategy, took_ns)
    }
}

#[test]
fn a_pass_says_what_it_came_to_and_against_whom() {
    let mut run = run_of(vec![
        took("store", 2 * SECOND),
        baseline("synchronous", 5 * SECOND),
    ]);
    run.objective.times_synchronous = Some(2.0);
    let judgement = judged(&run);
    assert_eq!(judgement.verdict, Verdict::Pass);
    assert_eq!(
        plain(&judgement.headline),
        "store meets the objective: 5 000 items/s, 2.50 × synchronous."
    );
    assert_eq!(judgement.next, "Take store.");
    let sentence = "store takes 2.00 s, 5 000 items/s: 2.50 × synchronous.";
    assert_eq!(tone(&judgement, sentence), Some(Tone::Good));
    assert!(judgement.trust[0].starts_with("controls: 2/2 caught"));
}

#[test]
fn who_is_quicker_without_being_asked_for_anything_is_named() {
    let run = run_of(vec![
        took("store", 2 * SECOND),
        baseline("unbounded", SECOND),
    ]);
    let judgement = judged(&run);
    assert!(judgement.next.contains("unbounded is quicker"));
    assert_eq!(tone(&judgement, "0.50 × unbounded"), Some(Tone::Note));
}

#[test]
fn a_miss_leads_and_says_what_was_wanted() {
    let mut run = run_of(vec![
        took("store", 4 * SECOND),
        baseline("synchronous", 5 * SECOND),
    ]);
    run.objective.times_synchronous = Some(2.0);
    let judgement = judged(&run);
    assert_eq!(judgement.verdict, Verdict::ObjectiveMissed);
    let phrase = "1.25 × the items per second of synchronous, at least 2 × wanted";
    assert!(plain(&judgement.headline).contains(phrase));
    let sentence = format!("store misses the objective with seed 1: {phrase}.");
    assert_eq!(tone(&judgement, &sentence), Some(Tone::Bad));
}

#[test]
fn wrong_data_has_no_sentence_about_its_speed() {
    let mut run = run_of(vec![took("store", 4 * SECOND)]);
    run.outcomes[0].oracles.push(oracle("rows", false));
    let judgement = judged(&run);
    assert_eq!(judgement.verdict, Verdict::Incorrect);
    assert_eq!(
        tone(&judgement, "rows found 7 of 9 000 rows"),
        Some(Tone::Bad)
    );
    assert_eq!(tone(&judgement, "items/s"), None);
}

#[test]
fn what_is_held_above_the_budget_is_bad_only_for_who_promises_to_keep_it() {
    let with = |name: &str, objects| {
        let mut outcome = took(name, SECOND);
        counted(&mut outcome, counter::OBJECTS_MOST, objects);
        counted(&mut outcome, counter::BYTES_MOST, 5_000);
        counted(&mut outcome, counter::BATCH_OBJECTS_MOST, 500);
        judged(&run_of(vec![outcome]))
    };
    let above = "501 objects above the budget and one batch";
    assert_eq!(tone(&with("store", 3_001), above), Some(Tone::Bad));
    assert_eq!(tone(&with("count-only", 3_001), above), Some(Tone::Note));
    let within = "holds up to 2 500 objects, 5.00 kB: within the budget and one batch";
    assert_eq!(tone(&with("store", 2_500), within), Some(Tone::Good));
}

#[test]
fn stalls_recovery_rereads_crashes_and_refusals_have_a_sentence_each() {
    let mut run = synthetic::run();
    for outcome in &mut run.outcomes {
        counted(outcome, counter::REFUSED, 3);
        counted(outcome, counter::RECALLS, 2);
    }
    let judgement = judged(&run);
    for words in [
        "store 13 %, 2.30 s at once",
        "until its backlog was written: unbounded",
        "store 920 ms, 1.00 × what the writing takes",
        "Held above the budget and one batch: unbounded",
        "store 500 rows and 2 calls",
        "store 300 items, 300 at once",
        "store 3 rows",
    ] {
        assert_eq!(
            tone(&judgement, words),
            Some(Tone::Note),
            "{words}: {judgement:#?}"
        );
    }
    let silent = judged(&run_of(vec![took("store", SECOND)]));
    assert_eq!(silent.findings.len(), 1, "{:?}", silent.findings);
}

#[test]
fn few_reads_and_different_items_are_remarked_on() {
    let mut run = synthetic::read_run();
    assert_eq!(tone(&judged(&run), "few samples"), Some(Tone::Note));
    assert_eq!(tone(&judged(&run), "plan hashes differ"), None);
    run.counterfactuals[0].plan_hash = "other".to_owned();
    assert_eq!(tone(&judged(&run), "plan hashes differ"), Some(Tone::Bad));
}

#[test]
fn nothing_at_all_is_nothing_to_judge() {
    assert_eq!(judged(&run_of(Vec::new())).verdict, Verdict::NoData);
    let nothing = judged(&run_of(vec![idle("store", 1)]));
    assert!(!nothing.headline.is_empty());
}
