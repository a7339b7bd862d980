//! Outcomes without a simulation: one FIFO connection, planned reads and scripted holds.
//!
//! For tests of measuring and reporting, which must not depend on what the simulator does. The
//! arrivals come from one stream per seed, so every strategy of a seed sees the same ones.

use std::collections::BTreeMap;

use rand::Rng as _;

use super::Run;
use crate::disk::DeviceProfile;
use crate::outcome::{
    Chunk, Ending, Hold, NO_BACKFILL, Oracle, Outcome, Request, RequestKind, Window,
};
use crate::scenario::{Model, Phases, Role, Scenario, Strategy, StrategyKind};
use crate::seed::{self, Purpose, stream};

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000 * MS;

/// A strategy of the script.
#[derive(Clone, Copy)]
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) chunks: u64,
    pub(crate) hold_ns: u64,
    pub(crate) pause_ns: u64,
    pub(crate) correct: bool,
}

/// A run of two seeds: a transaction of 12 minutes, chunks that are too large, chunks that do.
pub(crate) fn run() -> Run {
    let script = |name, role, chunks, hold_ms: u64, correct| Script {
        name,
        role,
        chunks,
        hold_ns: hold_ms * MS,
        pause_ns: 100 * MS,
        correct,
    };
    run_of(&[
        script("single-transaction", Role::Baseline, 1, 700_000, true),
        script("chunked-5000", Role::Candidate, 15, 47_000, true),
        script("chunked-500", Role::Candidate, 150, 4_800, true),
        script("chunked-20", Role::Candidate, 3_600, 220, true),
        script("dressed", Role::Control, 15, 40_000, false),
    ])
}

/// Runs `scripts` with seeds 1 and 2.
pub(crate) fn run_of(scripts: &[Script]) -> Run {
    let scenario = scenario(scripts);
    let seeds = [1, 2];
    let phases = &scenario.model.phases;
    let outcomes = scripts
        .iter()
        .flat_map(|script| seeds.map(|seed| simulate(phases, Some(*script), seed, 0)))
        .collect::<Vec<_>>();
    let until_ns = outcomes
        .iter()
        .map(|outcome| outcome.end_ns)
        .max()
        .unwrap_or(0);
    let counterfactuals = seeds
        .map(|seed| simulate(phases, None, seed, until_ns))
        .to_vec();
    Run {
        scenario,
        scenario_hash: "5c".repeat(32),
        command: "cargo sim run cold-load --seeds 1,2".to_owned(),
        outcomes,
        counterfactuals,
        controls: Vec::new(),
        complete: true,
    }
}

fn scenario(scripts: &[Script]) -> Scenario {
    let mut model = Model::default();
    for script in scripts {
        let strategy = Strategy {
            kind: match script.role {
                Role::Baseline => StrategyKind::SingleTransaction,
                _ => StrategyKind::Chunked,
            },
            role: script.role,
            shape: None,
            reads: None,
            rows: None,
            pause_ms: Some(script.pause_ns / MS),
            pacer: None,
            coefficient: None,
            target_ms: None,
            interval_ms: None,
            p95_ms: None,
            times_no_backfill: None,
        };
        model.strategies.insert(script.name.to_owned(), strategy);
    }
    Scenario {
        name: "cold-load".to_owned(),
        question: "Does chunking fix what readers wait on a cold, slow disk?".to_owned(),
        model,
        profile: DeviceProfile {
            cpus: 2,
            vm_step_ps: 10_000,
            cached_read_ns: 1_000,
            cached_write_ns: 2_000,
            random_read_ns: 250_000,
            sequential_read_ns: 20_000,
            random_write_ns: 250_000,
            sequential_write_ns: 20_000,
            sync_ns: 1_000_000,
            queue_depth: 4,
        },
        file: None,
    }
}

/// A cell in which nothing happened.
pub(crate) fn idle(strategy: &str, seed: u64) -> Outcome {
    Outcome {
        strategy: strategy.to_owned(),
        role: None,
        seed,
        digest: format!("{seed:064x}"),
        plan_hash: format!("{:064x}", seed + 100),
        backfill: None,
        ending: Ending::NoBackfill,
        end_ns: SECOND,
        requests: Vec::new(),
        holds: Vec::new(),
        chunks: Vec::new(),
        counters: BTreeMap::new(),
        oracles: Vec::new(),
        rows_hash: String::new(),
        log: Vec::new(),
    }
}

struct Arrival {
    at_ns: u64,
    service_ns: u64,
    kind: RequestKind,
}

/// Poisson reads at 50/s of 1 to 9 ms, one in eight a write, in order.
struct Arrivals {
    stream: rand_chacha::ChaCha8Rng,
    at_ns: f64,
}

impl Arrivals {
    fn next(&mut self) -> Arrival {
        let mut unit = || seed::unit(self.stream.next_u64());
        self.at_ns += -libm::log(1.0 - unit()) * 20e6;
        let service_ns = 1_000_000 + (unit() * 8e6) as u64;
        let kind = match (unit() * 8.0) as u64 {
            0 => RequestKind::InsertObservation,
            1..=2 => RequestKind::PacketDetail,
            3..=4 => RequestKind::Health,
            5 => RequestKind::PacketList,
            _ => RequestKind::Stats,
        };
        Arrival {
            at_ns: self.at_ns as u64,
            service_ns,
            kind,
        }
    }
}

/// One cell: requests and the backfill queue for one connection, first come, first served.
pub(crate) fn simulate(
    phases: &Phases,
    script: Option<Script>,
    seed: u64,
    until_ns: u64,
) -> Outcome {
    let mut outcome = idle(script.map_or(NO_BACKFILL, |script| script.name), seed);
    let start_ns = ((phases.warm_up_s + phases.baseline_s) * 1e9) as u64;
    let mut arrivals = Arrivals {
        stream: stream(seed, Purpose::Arrivals, "synthetic"),
        at_ns: 0.0,
    };
    let mut next = arrivals.next();
    let (mut free_ns, mut asks_ns, mut made) = (0_u64, start_ns, 0);
    let chunks = script.map_or(0, |script| script.chunks);
    let recovery_ns = (phases.recovery_s * 1e9) as u64;
    loop {
        if let Some(script) = script.filter(|_| made < chunks && asks_ns <= next.at_ns) {
            let acquired_ns = free_ns.max(asks_ns);
            free_ns = acquired_ns + script.hold_ns;
            outcome
                .holds
                .push(hold("backfill", asks_ns, acquired_ns, free_ns));
            asks_ns = free_ns + script.pause_ns;
            made += 1;
            let total = 71_000;
            let processed = total * made / chunks;
            outcome.chunks.push(Chunk {
                at_ns: free_ns,
                processed,
                total,
            });
            continue;
        }
        let done_ns = outcome
            .chunks
            .last()
            .map_or(0, |chunk| chunk.at_ns + recovery_ns);
        if made == chunks && next.at_ns > until_ns.max(done_ns) {
            outcome.end_ns = free_ns.max(until_ns).max(done_ns);
            break;
        }
        let acquired_ns = free_ns.max(next.at_ns);
        free_ns = acquired_ns + next.service_ns;
        let user = if next.kind.is_read() {
            "reader"
        } else {
            "writer"
        };
        outcome
            .holds
            .push(hold(user, next.at_ns, acquired_ns, free_ns));
        outcome.requests.push(Request {
            service: crate::outcome::Service::default(),
            kind: next.kind,
            intended_ns: next.at_ns,
            acquired_ns,
            finished_ns: free_ns,
            failed: false,
        });
        next = arrivals.next();
    }
    finish(&mut outcome, script, start_ns);
    outcome
}

fn hold(user: &'static str, queued_ns: u64, acquired_ns: u64, released_ns: u64) -> Hold {
    Hold {
        line: crate::outcome::Line::default(),
        user,
        write: user != "reader",
        queued_ns,
        acquired_ns,
        released_ns,
        busy_retries: 0,
        rows_changed: 0,
    }
}

fn finish(outcome: &mut Outcome, script: Option<Script>, start_ns: u64) {
    let Some(script) = script else {
        return;
    };
    let end_ns = outcome.chunks.last().map_or(start_ns, |chunk| chunk.at_ns);
    outcome.role = Some(script.role);
    outcome.backfill = Some(Window { start_ns, end_ns });
    outcome.ending = Ending::Done;
    outcome.counters = BTreeMap::from([
        ("chunks".to_owned(), script.chunks),
        ("rows_processed".to_owned(), 71_000),
    ]);
    outcome.oracles = vec![Oracle {
        name: "values".to_owned(),
        passed: script.correct,
        detail: if script.correct {
            "71 000 of 71 000 rows carry the computed value".to_owned()
        } else {
            "4 733 of 71 000 rows carry another value".to_owned()
        },
    }];
}
