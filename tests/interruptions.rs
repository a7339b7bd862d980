//! Backfills that are cancelled, killed, or lose their ledger: they go on from where they were, and
//! the operator is never told that all is clear meanwhile.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod library;

use backfill_sim::measure::{Comparison, Judgement, Operator, Run};
use backfill_sim::outcome::{Ending, Outcome};
use backfill_sim::scenario;
use library::run;

/// The scenario without its controls, which have tests of their own.
fn all_of(name: &str, overrides: &[&str]) -> Run {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    let mut scenario = scenario::load(name, &overrides).unwrap();
    scenario.model.must_fail.0.clear();
    run(&scenario, 2, false)
}

fn told(run: &Run) -> Operator {
    Judgement::of(run, &Comparison::of(run)).operator.unwrap()
}

/// How often a line of the log ends so.
fn events(outcome: &Outcome, what: &str) -> usize {
    outcome
        .log
        .iter()
        .filter(|line| line.ends_with(what))
        .count()
}

fn chunked(run: &Run) -> impl Iterator<Item = &Outcome> {
    run.outcomes
        .iter()
        .filter(|outcome| outcome.strategy != "single-transaction")
}

#[test]
fn whoever_is_stopped_goes_on_and_the_operator_knows() {
    for (name, event) in [
        ("cancelled", "backfill starts"),
        ("killed", "backfill killed"),
    ] {
        let run = all_of(name, &[]);
        for outcome in chunked(&run) {
            let failed: Vec<_> = outcome.oracles.iter().filter(|one| !one.passed).collect();
            assert!(failed.is_empty(), "{name} {}: {failed:?}", outcome.strategy);
            assert_eq!(outcome.ending, Ending::Done);
            assert_eq!(events(outcome, "backfill starts"), 2, "{name}");
            assert!(events(outcome, event) > 0, "{name}");
        }
        let told = told(&run);
        assert_eq!(told.false_all_clears, 0);
        assert!(told.polls - told.unanswered > 100, "{told:?}");
        assert!(told.stalest_ns <= 6_000_000_000, "{told:?}");
    }
}

#[test]
fn one_that_was_killed_for_good_is_never_called_done() {
    let run = all_of("killed", &["cancel={ after_s = 0.4, how = \"killed\" }"]);
    for outcome in chunked(&run) {
        assert_eq!(outcome.ending, Ending::Killed);
        assert!(outcome.correct(), "{:?}", outcome.oracles);
        // The last answer, after the whole recovery.
        let mut polls = outcome.log.iter().filter(|line| line.contains(" poll "));
        let last = polls.next_back().unwrap();
        assert!(last.contains("migrating"), "{last}");
    }
    assert_eq!(told(&run).false_all_clears, 0);
}

#[test]
fn a_ledger_that_is_lost_is_not_an_empty_one() {
    let run = all_of("ledger-lost", &[]);
    for outcome in chunked(&run) {
        assert_eq!(outcome.ending, Ending::Done);
        assert!(outcome.correct(), "{:?}", outcome.oracles);
        let unreadable = outcome
            .log
            .iter()
            .filter(|line| line.contains("unreadable"));
        assert!(unreadable.count() >= 10, "ten polls at least ask meanwhile");
    }
    assert_eq!(told(&run).false_all_clears, 0);
}
