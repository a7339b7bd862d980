//! The built-in controls, and the small world in which each has to show what is wrong with it.
//!
//! The database and the disk are the scenario's, but that reads have connections of their own.
//! History and users are always the same: a history that is listed long before it is processed.

use super::scenario::{Load, Pipeline, Scenario, Strategy, StrategyKind};
use crate::listing::scenario::Client;
use crate::processing::scenario::{Budget, Phases};
use crate::scenario::{Connections, HandOff, Role};
use crate::upstream::Settings;

/// The world of the control of this kind in a run of `scenario`.
pub(super) fn world(scenario: &Scenario, kind: StrategyKind) -> Scenario {
    let mut world = scenario.clone();
    let model = &mut world.model;
    model.seeds.0.truncate(1);
    model.pipeline = Pipeline {
        transmissions: 200,
        batch: 250,
        process_us: 5_000,
        ..Pipeline::default()
    };
    model.upstream = Settings {
        objects: 2_000,
        latency_ms: 100,
        ..Settings::default()
    };
    model.client = Client {
        burst: 1,
        rate_per_s: Some(model.upstream.rate_per_s),
        ..Client::default()
    };
    model.budget = Budget::default();
    model.load = Load {
        reads_per_s: 0.0,
        inserts_per_s: 5.0,
        inserts_for_s: 20.0,
    };
    model.phases = Phases {
        horizon_s: 600.0,
        ..Phases::default()
    };
    model.outage.clear();
    model.lock.clear();
    model.crash = None;
    model.database.connections = Connections::Split;
    model.database.reader_connections = 2;
    model.database.hand_off = HandOff::Fifo;
    model.disk.free_mib = None;
    model.strategies.clear();
    let control = Strategy {
        kind,
        role: Role::Control,
    };
    model.strategies.insert(kind.name().to_owned(), control);
    world
}
