//! From what happened in a cell to its outcome: verdicts, counters, digest.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::host::Processed;
use super::{Cell, Part};
use crate::digest::Digest;
use crate::disk::Work;
use crate::load::Plan;
use crate::outcome::NO_BACKFILL;
use crate::processing::items::Items;
use crate::processing::keeper;
use crate::processing::oracle::{Auditor, Evidence, judge};
use crate::processing::outcome::{Outcome, Task};
use crate::processing::recorder::{Record, Recorder};
use crate::processing::replay::Replay;
use crate::sheet::digest;

/// What is left of a world.
pub(super) struct Seen<'a> {
    pub(super) connection: &'a Connection,
    pub(super) items: &'a Items,
    pub(super) auditor: &'a Auditor,
    pub(super) recorder: &'a Recorder,
    pub(super) plan: Option<&'a Plan>,
    pub(super) work: Work,
    pub(super) processed: Processed,
}

/// The outcome of `cell`.
pub(super) fn outcome(cell: &Cell<'_>, seen: Seen<'_>) -> rusqlite::Result<Outcome> {
    let (name, strategy) = match cell.part {
        Part::Strategy(name, strategy) => (name, Some(strategy)),
        Part::Nothing(_) => (NO_BACKFILL, None),
    };
    let model = &cell.scenario.model;
    let mut log = seen.recorder.log.take();
    let record = seen.recorder.take();
    let roll_backs = seen.processed.roll_backs;
    let all = Replay::of(model, seen.items, seen.items.count(), roll_backs);
    let oracles = match strategy {
        Some(strategy) => {
            let evidence = Evidence {
                connection: seen.connection,
                model,
                strategy,
                items: seen.items,
                roll_backs,
                replay: &all,
                record: &record,
                ending: &seen.processed.ending,
            };
            judge(&evidence, seen.auditor)?
        }
        None => Vec::new(),
    };
    log.holds.sort_by_key(|hold| hold.acquired_ns);
    log.requests.sort_by_key(|&(index, _)| index);
    let counters = counters(&record, seen.work);
    let budget = strategy.map(|strategy| keeper::budget(model, strategy));
    let limited = |most: u64| (most < u64::MAX).then_some(most);
    Ok(Outcome {
        strategy: name.to_owned(),
        role: strategy.map(|strategy| strategy.role),
        kind: strategy.map(|strategy| strategy.kind),
        efficiency_percent: strategy.and_then(|strategy| strategy.efficiency_percent),
        seed: cell.seed,
        digest: digest(&log.log, &counters, &oracles),
        plan_hash: plan_hash(seen.items, seen.plan),
        processing: seen.processed.window,
        ending: seen.processed.ending,
        end_ns: seen.processed.end_ns,
        task: Task {
            items: model.items.count,
            batch: model.items.batch,
            budget_objects: budget.and_then(|held| limited(held.objects)),
            budget_bytes: budget.and_then(|held| limited(held.bytes)),
        },
        moments: record.moments,
        writes: record.writes,
        stalls: record.stalls,
        disturbances: record.disturbances,
        requests: log.requests.into_iter().map(|(_, one)| one).collect(),
        holds: log.holds,
        counters,
        oracles,
        log: log.log,
    })
}

/// Counted work and events, by name.
fn counters(record: &Record, work: Work) -> BTreeMap<String, u64> {
    let noted = record.counters.iter().map(|(name, count)| (*name, *count));
    noted
        .chain(work.named())
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
}

/// SHA-256 over every thousandth item as it is first seen, and the planned reads.
fn plan_hash(items: &Items, plan: Option<&Plan>) -> String {
    let mut digest = Digest::default();
    for number in (1..=items.count()).step_by(1_000) {
        digest.add(format!("{:?}\n", items.item(number, 0)));
    }
    if let Some(plan) = plan {
        digest.add(plan.hash());
    }
    digest.hex()
}
