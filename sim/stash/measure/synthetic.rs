//! Outcomes made by hand, for tests of what is made from them.

use crate::outcome::Ending;
use crate::scenario::Role;
use crate::stash::scenario::StrategyKind;
use crate::stash::{Fate, Limits, Objective, Outcome, Request, Run};

/// A request of this fate that was in line for `waited_ns`.
pub(super) fn request(fate: Fate, waited_ns: Option<u64>) -> Request {
    Request {
        name: String::new(),
        intended_ns: 0,
        bytes: 1,
        put: Some((10, 0)),
        settled_ns: Some(10 + waited_ns.unwrap_or(0)),
        stored: (fate == Fate::Stored).then_some(0),
        waited: waited_ns.is_some(),
        passed: false,
        fate,
        finished_ns: Some(100),
    }
}

/// Every oracle has passed.
pub(super) fn outcome(kind: StrategyKind, seed: u64, requests: Vec<Request>) -> Outcome {
    Outcome {
        strategy: kind.name().to_owned(),
        workload: "busy".to_owned(),
        role: Some(match kind {
            StrategyKind::Immediate | StrategyKind::Barging => Role::Baseline,
            _ => Role::Candidate,
        }),
        kind,
        asked: true,
        seed,
        digest: String::new(),
        plan_hash: String::new(),
        ending: Ending::Done,
        end_ns: 1_000,
        limits: Limits {
            main_bytes: 100,
            overflow_bytes: 0,
            waiting_bytes: 50,
            payloads: 10,
            waiters: 10,
            owner_percent: 50,
            ttl_ns: 1_000,
            wait_ns: 500,
        },
        requests,
        moments: Vec::new(),
        counters: std::collections::BTreeMap::new(),
        oracles: Vec::new(),
        log: Vec::new(),
    }
}

/// A run of these, in which immediate's fallbacks are wanted to be more.
pub(super) fn run(outcomes: Vec<Outcome>) -> Run {
    Run {
        name: "test".to_owned(),
        question: "Is it?".to_owned(),
        options: Vec::new(),
        scenario_hash: String::new(),
        command: String::new(),
        objective: Objective {
            fallbacks_of_immediate: Some(0.5),
            wait_p95_ms: Some(0.000_1),
        },
        outcomes,
        counterfactuals: Vec::new(),
        controls: Vec::new(),
        complete: true,
    }
}
