//! Small cells: what is right passes every oracle, what is not is caught by the one meant for it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::scenario::{Model, Scenario, Strategy, StrategyKind};
use super::world::{self, Cell};
use super::{Outcome, control};
use crate::scenario::Role;
use crate::sheet::execution::Part;

fn world_of(kind: StrategyKind) -> Scenario {
    let plain = Scenario {
        name: "test".to_owned(),
        question: "Does it work?".to_owned(),
        model: Model::default(),
        device: None,
    };
    control::world(&plain, kind)
}

fn run(scenario: &Scenario, kind: StrategyKind) -> Outcome {
    let strategy = Strategy {
        kind,
        role: Role::Candidate,
    };
    let cell = Cell {
        scenario,
        workload: "",
        seed: 1,
        data: &(),
        part: Part::Strategy(kind.name(), &strategy),
    };
    world::run(cell, &Arc::default(), &AtomicBool::new(false)).unwrap()
}

fn failed(outcome: &Outcome) -> Vec<String> {
    let failed = outcome.oracles.iter().filter(|one| !one.passed);
    failed
        .map(|one| format!("{}: {}", one.name, one.detail))
        .collect()
}

#[test]
fn every_control_is_caught_by_the_oracle_meant_for_it_and_by_no_other() {
    for kind in StrategyKind::CHEATS {
        let outcome = run(&world_of(kind), kind);
        let failed = failed(&outcome);
        let meant = kind.meant_oracle().unwrap();
        eprintln!("{kind:?} {failed:?}");
        assert!(
            failed.iter().any(|one| one.starts_with(meant)),
            "{kind:?} {failed:?}"
        );
    }
}

#[test]
fn what_is_right_passes_where_controls_fail() {
    for kind in [
        StrategyKind::Fifo,
        StrategyKind::Overflow,
        StrategyKind::Immediate,
        StrategyKind::Barging,
    ] {
        let outcome = run(&world_of(kind), kind);
        let fallbacks = outcome.fallbacks();
        eprintln!(
            "{kind:?} {} requests {fallbacks} {:?}",
            outcome.requests.len(),
            outcome.counters
        );
        assert!(
            failed(&outcome).is_empty(),
            "{kind:?} {:?}",
            failed(&outcome)
        );
    }
}
