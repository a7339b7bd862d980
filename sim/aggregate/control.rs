//! The built-in controls, and the small world in which each has to show what is wrong with it.
//!
//! The database and the disk are the scenario's, but that reads have connections of their own.
//! Views and users are always the same: few views of sessions that come back, some added meanwhile.

use indexmap::IndexMap;

use super::scenario::{Load, Scenario, Strategy, StrategyKind, Views, Workload};
use crate::processing::scenario::{Crash, Phases};
use crate::scenario::{Connections, HandOff, Role};

/// What each is given to do.
const WORKLOAD: &str = "small";
/// Sessions that come back when so many others have come.
const APART: u64 = 200;

/// The world of the control of this kind in a run of `scenario`.
#[must_use]
pub(super) fn world(scenario: &Scenario, kind: StrategyKind) -> Scenario {
    let mut world = scenario.clone();
    let model = &mut world.model;
    model.seeds.0.truncate(1);
    let small = Workload {
        count: 2_000,
        sessions: 1_000,
        apart: APART,
        inserts_per_s: 20.0,
        ..Workload::default()
    };
    model.views = Views {
        workloads: vec![WORKLOAD.to_owned()],
        own: IndexMap::from([(WORKLOAD.to_owned(), small)]),
        paths: 20,
        poison: 0,
        starts: if kind == StrategyKind::DoubleStart {
            2
        } else {
            1
        },
    };
    model.load = Load {
        reads_per_s: 50.0,
        inserts_for_s: 5.0,
    };
    model.phases = Phases {
        baseline_s: 1.0,
        recovery_s: 1.0,
        horizon_s: 600.0,
        ..Phases::default()
    };
    // What happens between two transactions is what this one is about.
    let apart = kind == StrategyKind::CursorApart;
    model.crash = apart.then_some(Crash {
        at_write: Some(3),
        every_write: false,
        resume_after_s: 15.0,
    });
    model.database.connections = Connections::Split;
    model.database.reader_connections = 2;
    model.database.hand_off = HandOff::Fifo;
    model.disk.free_mib = None;
    model.objective = Default::default();
    model.strategies.clear();
    let control = Strategy {
        rows: Some(100),
        pause_ms: Some(50),
        carried: (kind == StrategyKind::TruncatedSet).then_some(APART / 2),
        ..Strategy::of(kind, Role::Control)
    };
    model.strategies.insert(kind.name().to_owned(), control);
    world
}
