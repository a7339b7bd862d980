//! Small cells: what is right passes every oracle, what is not is caught by the one meant for it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::items::Items;
use super::scenario::{Model, Scenario, Strategy, StrategyKind};
use super::world::{self, Cell};
use super::{Outcome, control};
use crate::disk::DeviceProfile;
use crate::scenario::Role;
use crate::sheet::execution::Part;

fn scenario(model: Model) -> Scenario {
    Scenario {
        name: "test".to_owned(),
        question: "Does it work?".to_owned(),
        model,
        device: DeviceProfile::built_in("nvme"),
    }
}

fn run(scenario: &Scenario, kind: StrategyKind) -> Outcome {
    let strategy = Strategy {
        kind,
        role: Role::Candidate,
        objects: None,
        mib: None,
        efficiency_percent: None,
    };
    let cell = Cell {
        scenario,
        workload: "",
        seed: 1,
        data: &Arc::new(Items::new(&scenario.model, 1)),
        part: Part::Strategy(kind.name(), &strategy),
    };
    world::run(cell, &Arc::default(), &AtomicBool::new(false)).unwrap()
}

#[test]
fn every_control_is_caught_by_the_oracle_meant_for_it() {
    let plain = scenario(Model::default());
    for kind in StrategyKind::CHEATS {
        let world = control::world(&plain, kind);
        let outcome = run(&world, kind);
        let failed: Vec<_> = outcome.oracles.iter().filter(|one| !one.passed).collect();
        eprintln!("{kind:?} {:?}", failed);
        let meant = failed
            .iter()
            .any(|one| Some(&*one.name) == kind.meant_oracle());
        assert!(meant, "{kind:?} {failed:?}");
    }
}

#[test]
fn what_is_right_passes_where_controls_fail() {
    let plain = scenario(Model::default());
    for kind in StrategyKind::CHEATS {
        let world = control::world(&plain, kind);
        for right in [
            StrategyKind::Store,
            StrategyKind::Synchronous,
            StrategyKind::Wipe,
            StrategyKind::Unbounded,
        ] {
            let outcome = run(&world, right);
            eprintln!(
                "{kind:?} {right:?} {} s {:?}",
                outcome.end_ns / 1_000_000_000,
                outcome.counters
            );
            let failed: Vec<_> = outcome.oracles.iter().filter(|one| !one.passed).collect();
            assert!(failed.is_empty(), "{kind:?} {right:?} {failed:?}");
        }
    }
}
