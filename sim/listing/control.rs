//! The built-in controls, and the small world in which each has to show what is wrong with it.
//!
//! The disk and the database are the scenario's. Objects, limits and faults are always the same,
//! few and as hostile as the control's mistake needs them: ties at page edges for who leaves out a
//! second, objects that go for who trusts a cursor, a storm of refusals for who tries again below
//! the limiter.

use super::scenario::{Client, Phases, Scenario, Strategy, StrategyKind};
use crate::scenario::{Connections, HandOff, Role};
use crate::upstream::{Faults, Settings, Shape, Storm, UnknownCursor};

/// Objects: a dozen pages.
const OBJECTS: u64 = 1_200;
/// Objects that a control with a limit may store.
const LIMIT: u64 = 300;

fn upstream(kind: StrategyKind) -> Settings {
    let plain = Settings {
        shape: Shape::TiesAtPageEdges,
        objects: OBJECTS,
        latency_ms: 100,
        ..Settings::default()
    };
    match kind {
        StrategyKind::RetryOutside => Settings {
            faults: Faults {
                storm: vec![Storm {
                    after_s: 1.0,
                    for_s: 10.0,
                    share: 0.7,
                    retry_after_s: 0.0,
                }],
                ..Faults::default()
            },
            rate_per_s: 5.0,
            burst: 5,
            ..plain
        },
        StrategyKind::CursorTrusted => Settings {
            faults: Faults {
                unknown_cursor: UnknownCursor::SilentEnd,
                delete_cursor_share: 0.3,
                ..Faults::default()
            },
            ..plain
        },
        StrategyKind::RefetchingSplit | StrategyKind::ProbeDiscarded => Settings {
            shape: Shape::Uniform,
            ..plain
        },
        _ => plain,
    }
}

fn client(kind: StrategyKind) -> Client {
    let limit = (kind == StrategyKind::LimitCompletes).then_some(LIMIT);
    Client {
        burst: 1,
        limit,
        ..Client::default()
    }
}

/// The world of the control of this kind in a run of `scenario`.
#[must_use]
pub fn world(scenario: &Scenario, kind: StrategyKind) -> Scenario {
    let mut world = scenario.clone();
    let model = &mut world.model;
    model.seeds.0.truncate(1);
    model.shapes.clear();
    model.streams = None;
    model.upstream = upstream(kind);
    model.client = client(kind);
    model.load = super::scenario::Load::default();
    model.phases = Phases {
        horizon_s: 600.0,
        ..Phases::default()
    };
    model.crash = None;
    model.partition = None;
    model.database.connections = Connections::Shared;
    model.database.hand_off = HandOff::Fifo;
    model.disk.free_mib = None;
    model.sink = super::scenario::Sink::default();
    model.strategies.clear();
    let control = Strategy {
        kind,
        role: Role::Control,
        segments: None,
        ways: None,
        slots: None,
        blind: None,
    };
    model.strategies.insert(kind.name().to_owned(), control);
    world
}
