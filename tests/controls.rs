//! The controls: each caught by the oracle that is meant for it, and by nothing less.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod library;

use backfill_sim::control;
use backfill_sim::measure::{Comparison, Judgement, Run, Verdict};
use backfill_sim::outcome::{Ending, Outcome};
use backfill_sim::scenario::{self, Role, Scenario, StrategyKind};
use library::run;

fn smoke(overrides: &[&str]) -> Scenario {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    let mut scenario = scenario::load("smoke", &overrides).unwrap();
    let quick = ["single-transaction".to_owned()];
    scenario.keep_strategies(&quick).unwrap();
    scenario
}

fn judge(run: &Run) -> Judgement {
    Judgement::of(run, &Comparison::of(run))
}

fn failed(outcome: &Outcome) -> Vec<&str> {
    let failed = outcome.oracles.iter().filter(|oracle| !oracle.passed);
    failed.map(|oracle| oracle.name.as_str()).collect()
}

/// The control of this kind in its world, with something changed.
fn changed(kind: StrategyKind, change: impl FnOnce(&mut Scenario)) -> Outcome {
    let mut world = control::world(&smoke(&[]), kind);
    world.model.must_fail.0.clear();
    change(&mut world);
    run(&world, 1, false).outcomes.remove(0)
}

#[test]
fn each_is_caught_by_its_own_oracle_whatever_the_database_and_the_seed() {
    for overrides in [
        &[][..],
        &["seeds=[7]"],
        &["database.journal=delete", "database.synchronous=full"],
        &["database.connections=split", "disk.profile=sd-card"],
        &["disk.profile=in-memory", "disk.free_mib=1"],
        &["cancel.after_s=0.1"],
    ] {
        let run = run(&smoke(overrides), 2, false);
        let judgement = judge(&run);
        let line = judgement.controls.line();
        assert!(
            line.starts_with("controls: 10/10 caught: "),
            "{overrides:?}: {line}"
        );
    }
}

/// Where the disk keeps up with the traffic, each fails at its own mistake; only what is lowered
/// is wrong at the end as well.
#[test]
fn each_has_one_mistake() {
    let run = run(&smoke(&[]), 2, true);
    let found: Vec<(&str, Vec<&str>)> = run
        .controls
        .iter()
        .map(|outcome| (outcome.strategy.as_str(), failed(outcome)))
        .collect();
    let expected = [
        ("dressed-single-transaction", vec!["bounded-transactions"]),
        ("pause-skipped", vec!["pauses"]),
        ("no-snapshot", vec!["termination"]),
        ("no-cursor", vec!["ledger"]),
        ("sentinel-cursor", vec!["values"]),
        ("late-write", vec!["values", "no-lowering"]),
        ("done-after-cancel", vec!["ledger"]),
        ("progress-per-row", vec!["ledger-writes"]),
        ("resume-from-zero", vec!["progress", "resume"]),
        ("blind-status", vec!["status"]),
    ];
    assert_eq!(found, expected);
    let endless = |outcome: &&Outcome| matches!(outcome.ending, Ending::Endless { .. });
    let endless: Vec<&Outcome> = run.controls.iter().filter(endless).collect();
    assert_eq!(endless.len(), 1);
    assert_eq!(endless[0].strategy, "no-snapshot");
}

/// The worlds accuse nobody falsely: the backfill under test passes in each of them.
#[test]
fn an_honest_strategy_passes_in_the_world_of_every_control() {
    for kind in StrategyKind::CHEATS {
        let outcome = changed(kind, |world| {
            let honest = world.model.strategies.get_mut(kind.name()).unwrap();
            honest.kind = StrategyKind::Chunked;
            honest.role = Role::Candidate;
            honest.pause_ms = Some(20);
            honest.rows = Some(50);
        });
        assert_eq!(failed(&outcome), [""; 0], "{}", kind.name());
        assert_eq!(outcome.ending, Ending::Done);
    }
}

/// Without what it is made to stumble over, a control does no wrong: it is the world that shows it.
#[test]
fn without_hostile_traffic_the_mistakes_do_not_show() {
    let quiet = |world: &mut Scenario| {
        world.model.load.late_observations_per_s = 0.0;
        world.model.load.observations_per_s = 0.0;
        world.model.load.transmissions_per_s = 0.0;
    };
    for kind in [
        StrategyKind::NoSnapshot,
        StrategyKind::SentinelCursor,
        StrategyKind::LateWrite,
    ] {
        let outcome = changed(kind, quiet);
        assert_eq!(failed(&outcome), [""; 0], "{}", kind.name());
    }
}

/// An oracle that sees nothing lets its control slip, and the run fails; so it does when another
/// oracle happens to fail.
#[test]
fn a_blind_oracle_fails_the_run() {
    let seeing = run(&smoke(&[]), 2, false);
    assert_ne!(judge(&seeing).verdict, Verdict::Fail);
    for (blind, caught) in [
        ("pauses", 9),
        ("ledger", 8),
        ("values", 9),
        ("no-lowering", 9),
        ("bounded-transactions", 9),
        ("ledger-writes", 9),
        ("resume", 9),
        ("status", 9),
    ] {
        let mut run = seeing.clone();
        for outcome in run.controls.iter_mut().chain(&mut run.outcomes) {
            let all = outcome.oracles.iter_mut();
            all.filter(|one| one.name == blind)
                .for_each(|one| one.passed = true);
        }
        let judgement = judge(&run);
        assert_eq!(judgement.verdict, Verdict::Fail, "{blind}");
        let line = judgement.controls.line();
        let count = format!("controls: {caught}/10 caught: ");
        assert!(line.starts_with(&count), "{line}");
        for (meant, mistaken) in [
            (
                "no-lowering",
                "late-write NOT by no-lowering, its own oracle, but by values",
            ),
            (
                "resume",
                "resume-from-zero NOT by resume, its own oracle, but by progress",
            ),
        ] {
            assert_eq!(line.contains(mistaken), blind == meant, "{line}");
        }
    }
}

#[test]
fn a_scenario_says_which_controls_it_has() {
    let listed = |names: &str| run(&smoke(&[&format!("must_fail={names}")]), 2, false);
    let none = listed("[]");
    assert!(none.controls.is_empty() && none.complete);
    assert_eq!(judge(&none).controls.line(), "controls: none");
    let one = listed("['no-cursor']");
    let line = judge(&one).controls.line();
    assert_eq!(line, "controls: 1/1 caught: no-cursor by ledger");
    let wrong = scenario::load("smoke", &["must_fail=['no-curser']".to_owned()]).unwrap_err();
    assert!(
        format!("{wrong:?}").contains("did you mean `no-cursor`?"),
        "{wrong:?}"
    );
}

/// Controls are beside the scenario, and change nothing in it.
#[test]
fn controls_do_not_disturb_the_scenarios_own_figures() {
    let with = run(&smoke(&[]), 2, false);
    let without = run(&smoke(&["must_fail=[]"]), 1, false);
    let digests = |run: &Run| -> Vec<String> {
        let all = run.outcomes.iter().chain(&run.counterfactuals);
        all.map(|outcome| outcome.digest.clone()).collect()
    };
    assert_eq!(digests(&with), digests(&without));
    let names = |run: &Run| -> Vec<String> {
        let comparison = Comparison::of(run);
        comparison
            .strategies
            .into_iter()
            .map(|one| one.name)
            .collect()
    };
    assert_eq!(names(&with), names(&without));
}
