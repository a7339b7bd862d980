//! Small cells: what is right passes every oracle, what is not is caught by the one meant for it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::scenario::{Model, Scenario, Strategy, StrategyKind};
use super::world::{self, Cell, Data};
use super::{Outcome, Pair, control};
use crate::disk::DeviceProfile;
use crate::outcome::{Ending, Oracle};
use crate::scenario::Role;
use crate::sheet::Observed as _;
use crate::sheet::execution::Part;

fn scenario() -> Scenario {
    Scenario {
        name: "test".to_owned(),
        question: "Does it count?".to_owned(),
        model: Model::default(),
        device: DeviceProfile::built_in("nvme"),
    }
}

/// A cell of `scenario` with the strategy of this kind, which has chunks of 100 rows.
fn run(scenario: &Scenario, kind: StrategyKind, role: Role) -> Outcome {
    let strategy = Strategy {
        rows: kind.in_chunks().then_some(100),
        pause_ms: kind.in_chunks().then_some(50),
        carried: Some(100),
        ..Strategy::of(kind, role)
    };
    let workload = &scenario.model.views.workloads[0];
    let data = Data::new(&scenario.model, workload, 1).unwrap();
    let cell = Cell {
        scenario,
        workload,
        seed: 1,
        data: &data,
        part: Part::Strategy(kind.name(), &strategy),
    };
    world::run(cell, &Arc::default(), &AtomicBool::new(false)).unwrap()
}

fn failed(outcome: &Outcome) -> Vec<&Oracle> {
    let oracles = outcome.oracles.iter();
    oracles.filter(|one| !one.passed).collect()
}

#[test]
fn every_control_is_caught_by_the_oracle_meant_for_it() {
    for kind in StrategyKind::CHEATS {
        let world = control::world(&scenario(), kind);
        let outcome = run(&world, kind, Role::Control);
        let failed = failed(&outcome);
        let meant = failed
            .iter()
            .any(|one| Some(&*one.name) == kind.meant_oracle());
        assert!(meant, "{kind:?} {failed:?}");
    }
}

#[test]
fn what_is_right_passes_where_controls_fail() {
    for kind in StrategyKind::CHEATS {
        let world = control::world(&scenario(), kind);
        for right in [
            StrategyKind::Chunked,
            StrategyKind::CollectAll,
            StrategyKind::SingleTransaction,
        ] {
            let outcome = run(&world, right, Role::Candidate);
            let failed = failed(&outcome);
            assert!(failed.is_empty(), "{kind:?} {right:?} {failed:?}");
            assert_eq!(outcome.ending, Ending::Done);
        }
    }
}

/// What a baseline is known to leave wrong is a figure of it; said to be exact, it is caught.
#[test]
fn the_original_is_wrong_by_as_much_as_sessions_come_back_and_no_control_gets_away_with_it() {
    let world = control::world(&scenario(), StrategyKind::TruncatedSet);
    let baseline = run(&world, StrategyKind::CarriedSet, Role::Baseline);
    assert!(failed(&baseline).is_empty(), "{:?}", failed(&baseline));
    assert!(baseline.whole());
    let counts = baseline.counts.unwrap();
    let stored = Pair {
        counted: counts.sessions.counted,
        direct: counts.sessions.direct,
    };
    // All thousand come back after 199 others, where 100 are carried.
    assert!(stored.off() >= 1_000, "{stored:?}");
    assert_eq!(counts.views.off(), 0);
    let control = run(&world, StrategyKind::CarriedSet, Role::Control);
    assert!(failed(&control).iter().any(|one| one.name == "sessions"));
}

#[test]
fn killed_after_every_chunk_and_started_twice_it_counts_once() {
    let mut world = control::world(&scenario(), StrategyKind::DoubleStart);
    world.model.views.poison = 7;
    world.model.crash = Some(crate::processing::scenario::Crash {
        at_write: None,
        every_write: true,
        resume_after_s: 15.0,
    });
    let outcome = run(&world, StrategyKind::Chunked, Role::Candidate);
    assert!(failed(&outcome).is_empty(), "{:?}", failed(&outcome));
    let chunks = outcome.chunks.len();
    assert!(chunks >= 20, "2 000 views, 100 at a time");
    assert_eq!(outcome.disturbances.len(), chunks, "one for each chunk");
    let refused: u64 = outcome.chunks.iter().map(|chunk| chunk.refused).sum();
    assert_eq!(refused, 7);
}

#[test]
fn chunks_end_with_their_bytes_where_these_are_fewer() {
    let world = control::world(&scenario(), StrategyKind::LiveLost);
    let strategy = Strategy {
        rows: Some(100),
        pause_ms: Some(0),
        chunk_bytes: Some(4_000),
        ..Strategy::of(StrategyKind::Chunked, Role::Candidate)
    };
    let data = Data::new(&world.model, "small", 1).unwrap();
    let cell = Cell {
        scenario: &world,
        workload: "small",
        seed: 1,
        data: &data,
        part: Part::Strategy("chunked", &strategy),
    };
    let outcome = world::run(cell, &Arc::default(), &AtomicBool::new(false)).unwrap();
    assert!(failed(&outcome).is_empty(), "{:?}", failed(&outcome));
    let most = outcome
        .chunks
        .iter()
        .filter_map(|chunk| chunk.row_bytes)
        .max();
    assert!(most > Some(3_800) && most <= Some(4_000), "{most:?}");
    assert!(outcome.chunks.len() > 35, "more than 20 of 100 rows");
}
