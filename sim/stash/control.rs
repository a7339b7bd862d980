//! The built-in controls, and the small world in which each has to show what is wrong with it.
//!
//! It is the same for all: a stash that is a little too small, few of whose clients never come and
//! some of whom go away, so that everything happens that there is, often.

use super::scenario::{Model, Requests, Scenario, Stash, Strategy, StrategyKind, Workload};
use crate::scenario::{Network, Role};

/// A stash that is full most of the time.
fn stash() -> Stash {
    Stash {
        capacity_bytes: 2 << 20,
        overflow_bytes: 1 << 20,
        ttl_ms: 300,
        wait_ms: 200,
        waiting_bytes: 2 << 20,
        // The plain one knows no shares.
        owner_percent: 100,
        ..Stash::default()
    }
}

fn requests() -> Requests {
    Requests {
        for_s: 3.0,
        owners: 4,
        median_bytes: 128 << 10,
        most_bytes: 1 << 20,
        lost_share: 0.2,
        impatient_share: 0.2,
        patience_ms: 100,
        probe_share: 0.1,
        ..Requests::default()
    }
}

/// The world of the control of this kind in a run of `scenario`.
#[must_use]
pub(super) fn world(scenario: &Scenario, kind: StrategyKind) -> Scenario {
    let workload = Workload {
        load: Some(1.2),
        ..Workload::default()
    };
    let control = Strategy {
        kind,
        role: Role::Control,
    };
    let mut seeds = scenario.model.seeds.clone();
    seeds.0.truncate(1);
    let model = Model {
        seeds,
        stash: stash(),
        requests: requests(),
        network: Network {
            latency_ms: 5,
            tick_ms: 1,
        },
        workloads: [(String::new(), workload)].into_iter().collect(),
        strategies: [(kind.name().to_owned(), control)].into_iter().collect(),
        ..Model::default()
    };
    Scenario {
        model,
        ..scenario.clone()
    }
}
