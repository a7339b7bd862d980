//! The built-in controls, and the small hostile world in which each has to show what is wrong
//! with it.
//!
//! The database and the disk are the scenario's, but for the connection, which all share; rows and
//! traffic are always the same, about a hundredth of the full scale and as hostile as they can be
//! made. Nothing of it enters the scenario's own figures. A control is never short of room, and
//! stopped only where that is what it does badly: it is to be caught at what it does.

use crate::scenario::{
    Cancel, Connections, Dataset, HandOff, LedgerOutage, Load, Phases, Role, Scenario, Stop,
    Strategy, StrategyKind,
};

/// The rows of all controls: orphans first, true values of 0 and below, ids with gaps.
fn dataset() -> Dataset {
    Dataset {
        transmissions: 600,
        observations: 6_000,
        payload_bytes: 128,
        orphan_share: 0.05,
        zero_timestamp_share: 0.01,
        negative_timestamp_share: 0.01,
        id_stride: 3,
        ..Dataset::default()
    }
}

/// A little of everything, so that the slowest disk keeps up: 10 late observations a second for
/// the 3 s before the backfill leave some 30 rows with a time long past. Whoever has no snapshot is
/// to meet an insert every millisecond.
fn load(kind: StrategyKind) -> Load {
    let plain = Load {
        reads_per_s: 20.0,
        observations_per_s: 20.0,
        transmissions_per_s: 2.0,
        late_observations_per_s: 10.0,
        deletes_per_s: 2.0,
        ..Load::default()
    };
    match kind {
        StrategyKind::NoSnapshot => Load {
            transmissions_per_s: 1_000.0,
            ..plain
        },
        _ => plain,
    }
}

fn phases(kind: StrategyKind) -> Phases {
    let inserts_all_along = kind == StrategyKind::NoSnapshot;
    Phases {
        warm_up_s: 0.0,
        baseline_s: if inserts_all_along { 0.1 } else { 3.0 },
        recovery_s: 0.1,
        horizon_s: if inserts_all_along { 10.0 } else { 120.0 },
    }
}

/// Rows and pause, ms. One row a millisecond never catches up with an insert a millisecond; a
/// second between computing and writing leaves time for 20 observations, a third of them in the
/// chunk.
const fn settings(kind: StrategyKind) -> (u64, Option<u64>) {
    match kind {
        StrategyKind::DressedSingleTransaction => (50, None),
        StrategyKind::NoSnapshot => (1, Some(1)),
        StrategyKind::LateWrite => (200, Some(1_000)),
        // Long enough that whoever is stopped after STOPPED_AFTER_S is in the middle of it.
        StrategyKind::DoneAfterCancel | StrategyKind::ResumeFromZero => (50, Some(400)),
        _ => (50, Some(20)),
    }
}

/// Twelve chunks take at least 4.4 s; on the slowest disk this is after the third or so.
const STOPPED_AFTER_S: f64 = 2.0;

fn cancel(kind: StrategyKind) -> Option<Cancel> {
    kind.must_be_stopped().then_some(Cancel {
        after_s: STOPPED_AFTER_S,
        resume_after_s: (kind == StrategyKind::ResumeFromZero).then_some(0.5),
        how: Stop::Asked,
    })
}

/// Ten polls ask while it lasts. Who fails of it is started again, and waits until the run that
/// the ledger still knows of is dead.
fn outage(kind: StrategyKind) -> Option<LedgerOutage> {
    (kind == StrategyKind::BlindStatus).then_some(LedgerOutage {
        after_s: 0.1,
        for_s: 1.0,
    })
}

/// The strategy of the control of this kind.
#[must_use]
pub const fn strategy(kind: StrategyKind) -> Strategy {
    let (rows, pause_ms) = settings(kind);
    Strategy {
        kind,
        role: Role::Control,
        pacer: None,
        shape: None,
        reads: None,
        rows: Some(rows),
        pause_ms,
        coefficient: None,
        target_ms: None,
        interval_ms: None,
        p95_ms: None,
        times_no_backfill: None,
    }
}

/// The world of the control of this kind in a run of `scenario`.
#[must_use]
pub fn world(scenario: &Scenario, kind: StrategyKind) -> Scenario {
    let mut world = scenario.clone();
    world.file = None;
    let model = &mut world.model;
    model.database.file = None;
    model.job = None;
    model.readers.query.clear();
    model.writers.statement.clear();
    model.dataset = dataset();
    model.load = load(kind);
    model.phases = phases(kind);
    model.database.connections = Connections::Shared;
    model.database.hand_off = match kind {
        StrategyKind::PauseSkipped => HandOff::Random,
        _ => HandOff::Fifo,
    };
    model.disk.free_mib = None;
    model.cancel = cancel(kind);
    model.ledger_outage = outage(kind);
    if kind == StrategyKind::BlindStatus {
        model.operator.poll_every_ms = 100;
    }
    model.strategies.clear();
    let control = (kind.name().to_owned(), strategy(kind));
    model.strategies.extend([control]);
    world
}
