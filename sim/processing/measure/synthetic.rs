//! Outcomes without a simulation: batches of equal length, writes of equal cost, an outage.
//!
//! For tests of measuring and reporting, which must not depend on what the simulator does.

use std::collections::BTreeMap;

use crate::outcome::{Ending, NO_BACKFILL, Oracle, Request, RequestKind, Window};
use crate::processing::outcome::counter;
use crate::processing::scenario::StrategyKind;
use crate::processing::{Disturbance, Moment, Objective, Outcome, Run, Task, Write};
use crate::scenario::Role;

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000 * MS;
/// Items of a batch.
const BATCH: u64 = 100;

/// The kind of this name, where there is one.
fn kind(name: &str) -> Option<StrategyKind> {
    serde_json::from_value(name.into()).ok()
}

/// A cell in which nothing happened, and rightly so.
pub(crate) fn idle(strategy: &str, seed: u64) -> Outcome {
    Outcome {
        strategy: strategy.to_owned(),
        role: Some(Role::Candidate),
        kind: kind(strategy),
        efficiency_percent: None,
        seed,
        digest: format!("{seed:064x}"),
        plan_hash: format!("{:064x}", seed + 100),
        processing: None,
        ending: Ending::Done,
        end_ns: SECOND,
        task: Task {
            items: 10_000,
            batch: BATCH,
            budget_objects: Some(2_000),
            budget_bytes: Some(1_000_000),
        },
        moments: Vec::new(),
        writes: Vec::new(),
        stalls: Vec::new(),
        disturbances: Vec::new(),
        requests: Vec::new(),
        holds: Vec::new(),
        counters: BTreeMap::new(),
        oracles: vec![oracle("rows", true)],
        log: Vec::new(),
    }
}

/// A cell that took `took_ns`, with seed 1.
pub(crate) fn took(strategy: &str, took_ns: u64) -> Outcome {
    Outcome {
        processing: Some(Window {
            start_ns: 0,
            end_ns: took_ns,
        }),
        end_ns: took_ns,
        ..idle(strategy, 1)
    }
}

pub(crate) fn oracle(name: &str, passed: bool) -> Oracle {
    Oracle {
        name: name.to_owned(),
        passed,
        detail: if passed {
            "9 000 of 9 000 rows are as they should be".to_owned()
        } else {
            "7 of 9 000 rows are not as they should be".to_owned()
        },
    }
}

/// A cell of a built-in control that `by` caught.
pub(crate) fn control(name: &str, by: &str) -> Outcome {
    let mut outcome = took(name, SECOND);
    outcome.role = Some(Role::Control);
    outcome.oracles.push(oracle(by, false));
    outcome
}

pub(crate) fn count(outcome: &mut Outcome, name: &str, value: u64) {
    outcome.counters.insert(name.to_owned(), value);
}

pub(crate) fn disturbance(what: &str, start_ns: u64, end_ns: u64) -> Disturbance {
    Disturbance {
        what: what.to_owned(),
        window: Window { start_ns, end_ns },
    }
}

pub(crate) fn moment(at_ns: u64, processed: u64, committed: u64) -> Moment {
    let unsaved = processed.saturating_sub(committed);
    Moment {
        at_ns,
        objects: unsaved + 300,
        bytes: (unsaved + 300) * 200,
        unsaved,
        processed,
        committed,
    }
}

/// A write of so many batches.
pub(crate) fn write(at_ns: u64, took_ns: u64, last_try_ns: u64, batches: u64) -> Write {
    let items = batches * BATCH;
    Write {
        at_ns,
        took_ns,
        last_try_ns,
        batches,
        items,
        rows: 2 * items,
        history_rows: 0,
        outputs: items / 10,
        retries: 0,
    }
}

pub(crate) fn read(intended_ns: u64, took_ns: u64) -> Request {
    Request {
        service: crate::outcome::Service::default(),
        kind: RequestKind::Stats,
        intended_ns,
        acquired_ns: intended_ns,
        finished_ns: intended_ns + took_ns,
        failed: false,
    }
}

pub(crate) fn run_of(outcomes: Vec<Outcome>) -> Run {
    Run {
        name: "outage".to_owned(),
        question: "Does processing go on while nothing can be written?".to_owned(),
        options: vec![
            ("items.count".to_owned(), "10000".to_owned()),
            ("budget.objects".to_owned(), "2000".to_owned()),
        ],
        scenario_hash: "5c".repeat(32),
        command: "cargo sim run outage --seed 1".to_owned(),
        objective: Objective::default(),
        outcomes,
        counterfactuals: Vec::new(),
        controls: vec![
            control("gate-open", "memory"),
            control("queued-twice", "history"),
        ],
        complete: true,
    }
}

/// A strategy of the script.
struct Script {
    name: &'static str,
    role: Role,
    /// How long processing takes for a batch.
    batch_ns: u64,
    /// Batches that may wait to be written; 0 writes each before the next.
    behind: u64,
    /// Rows read again with every batch.
    reloads: u64,
}

/// What the report is looked at with: 100 batches by four strategies, with an outage and a crash.
pub(crate) fn run() -> Run {
    let script = |name, role, batch_ms: u64, behind, reloads| Script {
        name,
        role,
        batch_ns: batch_ms * MS,
        behind,
        reloads,
    };
    let scripts = [
        script("synchronous", Role::Baseline, 200, 0, 8),
        script("wipe", Role::Baseline, 330, 0, 80),
        script("unbounded", Role::Baseline, 200, 1_000, 0),
        script("store", Role::Candidate, 200, 20, 5),
    ];
    let mut run = run_of(scripts.iter().map(|script| simulate(script, 1)).collect());
    run.objective = Objective {
        times_synchronous: Some(1.3),
        times_wipe: Some(1.5),
        reread_of_wipe: Some(0.25),
        recovery_times: Some(1.5),
        ..Objective::default()
    };
    run
}

/// The same with readers, whom the processing slows down by half.
pub(crate) fn read_run() -> Run {
    let mut run = run();
    let reads = |until_ns: u64, took_ns: u64| -> Vec<Request> {
        let at = (0..until_ns / (100 * MS)).map(|index| index * 100 * MS);
        at.map(|ns| read(ns, took_ns + ns % 7_000)).collect()
    };
    run.objective.reader_p95_times = Some(2.0);
    for outcome in &mut run.outcomes {
        outcome.requests = reads(outcome.end_ns, 3 * MS);
    }
    run.counterfactuals = vec![Outcome {
        role: None,
        ending: Ending::NoBackfill,
        requests: reads(90 * SECOND, 2 * MS),
        ..idle(NO_BACKFILL, 1)
    }];
    run
}

/// One cell: batches one after the other, writes one after the other, each of all that waits.
fn simulate(script: &Script, seed: u64) -> Outcome {
    let outage = Window {
        start_ns: 5 * SECOND,
        end_ns: 11 * SECOND,
    };
    let mut outcome = idle(script.name, seed);
    outcome.role = Some(script.role);
    outcome.disturbances = vec![
        disturbance("outage", outage.start_ns, outage.end_ns),
        disturbance("crash", 15 * SECOND, 15 * SECOND),
    ];
    let (batches, mut at_ns) = (100, 0_u64);
    let (mut done, mut written) = (0_u64, 0_u64);
    // When the write under way ends, and what is in the database then.
    let mut writing: Option<(u64, u64)> = None;
    while written < batches {
        let room = done < batches && done - written < script.behind.max(1);
        match writing {
            Some((ends_ns, until)) if ends_ns <= at_ns || !room => {
                if ends_ns > at_ns && done < batches {
                    outcome.stalls.push(Window {
                        start_ns: at_ns,
                        end_ns: ends_ns,
                    });
                }
                at_ns = at_ns.max(ends_ns);
                (written, writing) = (until, None);
                let now = moment(ends_ns, done * BATCH, written * BATCH);
                outcome.moments.push(now);
            }
            None if done > written => {
                let begins_ns = outage_ends(at_ns, outage);
                let took_ns = 60 * MS + (done - written) * 40 * MS;
                let ends_ns = begins_ns + took_ns;
                let one = write(ends_ns, ends_ns - at_ns, took_ns, done - written);
                outcome.writes.push(one);
                writing = Some((ends_ns, done));
            }
            _ => {
                let now = moment(at_ns, done * BATCH, written * BATCH);
                outcome.moments.push(now);
                at_ns += script.batch_ns;
                done += 1;
            }
        }
    }
    outcome.moments.sort_by_key(|moment| moment.at_ns);
    outcome.end_ns = at_ns;
    outcome.processing = Some(Window {
        start_ns: 0,
        end_ns: at_ns,
    });
    counted(&mut outcome, script, batches);
    outcome
}

/// `at_ns`, or the end of the outage it lies in.
fn outage_ends(at_ns: u64, outage: Window) -> u64 {
    if outage.contains(at_ns) {
        outage.end_ns
    } else {
        at_ns
    }
}

fn counted(outcome: &mut Outcome, script: &Script, batches: u64) {
    let most = |figure: fn(&Moment) -> u64| outcome.moments.iter().map(figure).max().unwrap_or(0);
    let (objects, bytes) = (most(|one| one.objects), most(|one| one.bytes));
    let all = [
        (counter::ROW_HITS, batches * (200 - script.reloads)),
        (counter::ROW_LOADS, batches * script.reloads),
        (counter::ROW_RELOADS, batches * script.reloads),
        (counter::OUTPUT_HITS, 900),
        (counter::CALLS, 100),
        (counter::ITEMS_REPEATED, 300),
        (counter::ITEMS_REPEATED_MOST, 300),
        (counter::OBJECTS_MOST, objects),
        (counter::BYTES_MOST, bytes),
        (counter::BATCH_OBJECTS_MOST, 250),
        (counter::BATCH_BYTES_MOST, 50_000),
    ];
    for (name, value) in all {
        count(outcome, name, value);
    }
}
