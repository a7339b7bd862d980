//! From what happened in a cell to its outcome: verdicts, counters, digest.

use std::collections::BTreeMap;

use super::Cell;
use crate::digest;
use crate::outcome::Ending;
use crate::stash::keeper;
use crate::stash::oracle::{Evidence, judge};
use crate::stash::outcome::{Outcome, counter};
use crate::stash::plan::Plan;
use crate::stash::recorder::{Record, Recorder};
use crate::stash::scenario::Strategy;

/// What is left of a world.
pub(super) struct Seen<'a> {
    pub(super) name: &'a str,
    pub(super) strategy: &'a Strategy,
    pub(super) plan: &'a Plan,
    pub(super) recorder: &'a Recorder,
    pub(super) ending: Ending,
    /// Whether the objective is asked here.
    pub(super) asked: bool,
}

/// The outcome of `cell`.
pub(super) fn outcome(cell: &Cell<'_>, seen: Seen<'_>) -> Outcome {
    let model = &cell.scenario.model;
    let limits = keeper::limits(model, seen.strategy.kind);
    let log = seen.recorder.log();
    let mut record = seen.recorder.lock();
    let evidence = Evidence {
        strategy: seen.name,
        kind: seen.strategy.kind,
        limits,
        expected: &model.expect,
        ending: &seen.ending,
    };
    let oracles = judge(&evidence, &mut record);
    let counters = counters(&record);
    Outcome {
        strategy: seen.name.to_owned(),
        workload: cell.workload.to_owned(),
        role: Some(seen.strategy.role),
        kind: seen.strategy.kind,
        asked: seen.asked,
        seed: cell.seed,
        digest: digest::of_cell(&log, &counters, &oracles),
        plan_hash: seen.plan.hash.clone(),
        ending: seen.ending,
        end_ns: record.auditor.moment().at_ns,
        limits,
        requests: std::mem::take(&mut record.requests),
        moments: std::mem::take(&mut record.moments),
        counters,
        oracles,
        log,
    }
}

/// Counted work and events, by name.
fn counters(record: &Record) -> BTreeMap<String, u64> {
    let tally = record.auditor.tally;
    let watched = [
        (counter::INVERSIONS, tally.inversions),
        (counter::STARVED, tally.starved),
        (counter::HELD_MOST, tally.held_most),
        (counter::WITH_WAITING_MOST, tally.with_waiting_most),
        (counter::HELD_MEAN, record.auditor.held_mean()),
        (counter::WOKEN_BY_EXPIRY, tally.woken_by_expiry),
        (counter::EXPIRY_WAKE_MOST, tally.expiry_wake_most_ns),
        (counter::EXPIRED, tally.expired),
    ];
    let noted = record.counters.iter().map(|(name, count)| (*name, *count));
    let all = noted.chain(watched);
    all.map(|(name, count)| (name.to_owned(), count)).collect()
}
