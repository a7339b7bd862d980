//! Hostile rows and traffic: what is honest leaves them right, and the proposal never ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod library;

use backfill_sim::measure::{Comparison, Judgement, Verdict};
use backfill_sim::outcome::{Ending, Outcome, RequestKind};
use backfill_sim::scenario::{self, Role, Scenario};
use library::run;

fn hostile(strategies: &[&str]) -> Scenario {
    let quick = ["must_fail=[]".to_owned()];
    let mut scenario = scenario::load("hostile-rows", &quick).unwrap();
    let names: Vec<String> = strategies.iter().map(ToString::to_string).collect();
    scenario.keep_strategies(&names).unwrap();
    scenario
}

fn failed(outcome: &Outcome) -> Vec<&str> {
    let failed = outcome.oracles.iter().filter(|oracle| !oracle.passed);
    failed.map(|oracle| oracle.name.as_str()).collect()
}

#[test]
fn honest_strategies_leave_hostile_rows_right() {
    let honest = [
        "single-transaction",
        "fixed-100-100ms",
        "fixed-20-20ms",
        "slo-3x-in-place",
        "slo-3x-two-phase",
        "slo-3x-storage-order",
    ];
    let run = run(&hostile(&honest), 2, false);
    assert_eq!(run.outcomes.len(), honest.len());
    for outcome in run.outcomes.iter().chain(&run.counterfactuals) {
        assert_eq!(failed(outcome), [""; 0], "{}", outcome.strategy);
        for kind in [
            RequestKind::InsertTransmission,
            RequestKind::InsertLateObservation,
            RequestKind::DeleteTransmission,
        ] {
            let mut requests = outcome.requests.iter();
            assert!(
                requests.any(|one| one.kind == kind && !one.failed),
                "{kind:?}"
            );
        }
        assert!(outcome.requests.iter().all(|request| !request.failed));
    }
}

#[test]
fn the_proposal_never_ends_and_is_wrong_and_not_merely_unfinished() {
    let mut scenario = hostile(&["proposal-as-written"]);
    scenario.model.strategies[0].role = Role::Candidate;
    let run = run(&scenario, 2, false);
    let outcome = &run.outcomes[0];
    let Ending::Endless { transactions, rows } = outcome.ending else {
        panic!("{:?}", outcome.ending);
    };
    assert!(rows > 1_420 && transactions > rows);
    assert!(failed(outcome).contains(&"termination"));
    let judgement = Judgement::of(&run, &Comparison::of(&run));
    assert_eq!(judgement.verdict, Verdict::Incorrect);
    let said = &judgement.findings[0].sentence;
    assert!(
        said.contains("termination found the backfill never ends"),
        "{said}"
    );
}

/// The UPDATE as it ran in production takes 0 for "not done", too. It ends, and is wrong.
#[test]
fn the_update_as_it_ran_in_production_is_wrong_on_hostile_rows() {
    let run = run(&hostile(&["update-as-in-production"]), 2, false);
    assert_eq!(failed(&run.outcomes[0]), ["values", "no-lowering"]);
}
