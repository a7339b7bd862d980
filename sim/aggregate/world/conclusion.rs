//! From what happened in a cell to its outcome: verdicts, counters, digest.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::host::Ran;
use super::{Cell, Part, Plans};
use crate::aggregate::oracle::{Evidence, Found, judge};
use crate::aggregate::outcome::{Outcome, counter};
use crate::aggregate::recorder::Record;
use crate::aggregate::traffic::Crowd;
use crate::digest::{self, Digest};
use crate::disk::Work;
use crate::outcome::{Ending, NO_BACKFILL};

/// What is left of a world.
pub(super) struct Seen<'a> {
    pub(super) connection: &'a Connection,
    pub(super) crowd: &'a Crowd,
    pub(super) plans: &'a Plans,
    pub(super) work: Work,
    pub(super) ran: Ran,
}

/// The outcome of `cell`.
pub(super) fn outcome(cell: &Cell<'_>, seen: Seen<'_>) -> rusqlite::Result<Outcome> {
    let recorder = &seen.crowd.recorder;
    let mut log = recorder.log.take();
    let mut record = recorder.take();
    let (name, strategy) = match cell.part {
        Part::Strategy(name, strategy) => (name, Some(strategy)),
        Part::Nothing(_) => (NO_BACKFILL, None),
    };
    let done = seen.ran.ending == Ending::Done;
    let totals = seen.crowd.kept.totals(seen.connection)?.filter(|_| done);
    let found = totals.map(|totals| Found::of(seen.connection, seen.crowd, totals));
    let found = found.transpose()?;
    let oracles = match (strategy, seen.ran.window) {
        (Some(strategy), Some(window)) => judge(&Evidence {
            connection: seen.connection,
            strategy,
            crowd: seen.crowd,
            found: found.as_ref(),
            ending: &seen.ran.ending,
            window,
            again: seen.ran.again,
            record: &record,
            log: &log,
        })?,
        _ => Vec::new(),
    };
    let until_ns = seen.ran.window.map_or(0, |window| window.end_ns);
    // What a second run did is judged, and measured nowhere.
    record.transactions.retain(|one| one.at_ns <= until_ns);
    record.chunks.retain(|one| one.at_ns <= until_ns);
    log.chunks.retain(|one| one.at_ns <= until_ns);
    log.holds.sort_by_key(|hold| hold.acquired_ns);
    let mut requests: Vec<_> = log.requests.into_iter().map(|(_, one)| one).collect();
    requests.sort_by_key(|request| request.intended_ns);
    let counters = counters(&record, &seen);
    Ok(Outcome {
        strategy: name.to_owned(),
        workload: cell.workload.to_owned(),
        role: strategy.map(|strategy| strategy.role),
        kind: strategy.map(|strategy| strategy.kind),
        seed: cell.seed,
        digest: digest::of_cell(&log.log, &counters, &oracles),
        plan_hash: plan_hash(cell, seen.plans),
        rebuild: seen.ran.window,
        ending: seen.ran.ending,
        end_ns: seen.ran.end_ns,
        counts: found.map(|found| found.compared),
        chunks: record.chunks,
        transactions: record.transactions,
        progress: log.chunks,
        disturbances: record.disturbances,
        requests,
        holds: log.holds,
        counters,
        oracles,
        log: log.log,
    })
}

/// Counted work and events, by name.
fn counters(record: &Record, seen: &Seen<'_>) -> BTreeMap<String, u64> {
    let noted = record.counters.iter().map(|(name, count)| (*name, *count));
    let added = (counter::ADDED, seen.crowd.added.len() as u64);
    noted
        .chain([added])
        .chain(seen.work.named())
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
}

/// SHA-256 over the table of views and the planned requests.
fn plan_hash(cell: &Cell<'_>, plans: &Plans) -> String {
    let mut digest = Digest::default();
    digest.add(&cell.data.digest);
    digest.add(plans.reads.hash());
    digest.add(plans.adds.hash());
    digest.hex()
}
