//! The built-in controls, and the small world in which each has to show what is wrong with it.
//!
//! The database and the disk are the scenario's, but that reads have connections of their own.
//! Items and faults are always the same: few accounts that everybody changes and closes, a history
//! from the first item on, and whatever else the control's mistake needs.

use super::scenario::{
    Budget, Effect, Items, Load, Lock, Outage, Phases, Scenario, Strategy, StrategyKind,
};
use crate::scenario::{Connections, HandOff, Role};

/// Few accounts, changed again and again.
fn items() -> Items {
    Items {
        count: 6_000,
        batch: 200,
        accounts: 400,
        opened_share: 0.5,
        skew: 1.0,
        touches: 2,
        closes_share: 0.05,
        sources: 2,
        note_bytes: 40,
        process_us: 200,
        history_from: 0.0,
    }
}

/// Long enough that batches gather while a write is under way, whatever the disk, and ended in the
/// middle of one, of which each takes 40 ms at least.
fn locks() -> Vec<Lock> {
    let lock = |after_s, for_s| Lock { after_s, for_s };
    vec![lock(0.05, 0.113), lock(0.4, 0.131), lock(0.8, 0.171)]
}

fn budget(kind: StrategyKind) -> Budget {
    let objects = match kind {
        StrategyKind::EvictBeforeCommit | StrategyKind::WaiterNotWoken => 500,
        StrategyKind::GateOpen => 300,
        _ => 100_000,
    };
    Budget { objects, mib: 64 }
}

/// The world of the control of this kind in a run of `scenario`.
#[must_use]
pub(super) fn world(scenario: &Scenario, kind: StrategyKind) -> Scenario {
    let mut world = scenario.clone();
    let model = &mut world.model;
    model.seeds.0.truncate(1);
    model.items = items();
    let asks = kind == StrategyKind::CountedEarly;
    model.effect = Effect {
        share: if asks { 0.1 } else { 0.0 },
        inputs: 300,
        latency_ms: 5,
        rate_per_s: 2_000.0,
        burst: 100,
        ..Effect::default()
    };
    model.budget = budget(kind);
    model.load = Load::default();
    model.phases = Phases {
        horizon_s: 600.0,
        ..Phases::default()
    };
    let fails = matches!(
        kind,
        StrategyKind::CountedEarly | StrategyKind::WaiterNotWoken
    );
    // A write that fails is what these two are about.
    model.outage = if fails {
        vec![Outage {
            after_s: 0.02,
            for_s: 3.0,
        }]
    } else {
        Vec::new()
    };
    model.lock = if fails { Vec::new() } else { locks() };
    model.roll_back = Vec::new();
    model.poison = None;
    model.crash = None;
    // Or whoever processes would wait with the writer, and never get ahead of it.
    model.database.connections = Connections::Split;
    model.database.reader_connections = 2;
    model.database.hand_off = HandOff::Fifo;
    model.disk.free_mib = None;
    model.strategies.clear();
    let control = Strategy {
        kind,
        role: Role::Control,
        objects: None,
        mib: None,
        efficiency_percent: None,
    };
    model.strategies.insert(kind.name().to_owned(), control);
    world
}
