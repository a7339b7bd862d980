//! From what happened in a cell to its outcome: verdicts, counters, digest.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::host::{Plans, Ran};
use super::{Cell, Part};
use crate::digest::Digest;
use crate::disk::Work;
use crate::outcome::{Ending, NO_BACKFILL, Window};
use crate::pipeline::oracle::{Evidence, Fingerprint, judge};
use crate::pipeline::outcome::{Outcome, counter};
use crate::pipeline::recorder::{Record, Recorder};
use crate::pipeline::scenario::Model;
use crate::processing::Disturbance;
use crate::sheet::digest;
use crate::upstream::Upstream;

/// What the reference is called.
const REFERENCE: &str = "reference";
/// The status of an answer that refuses because there are too many requests.
const TOO_MANY: u16 = 429;

/// What is left of a world.
pub(super) struct Seen<'a> {
    pub(super) connection: &'a Connection,
    pub(super) model: &'a Model,
    pub(super) api: &'a Upstream,
    pub(super) recorder: &'a Recorder,
    pub(super) plans: &'a Plans,
    pub(super) work: Work,
    pub(super) ran: Ran,
}

/// The outcome of `cell`.
pub(super) fn outcome(cell: &Cell<'_>, seen: Seen<'_>) -> rusqlite::Result<Outcome> {
    let log = seen.recorder.log.take();
    let mut record = seen.recorder.take();
    let (name, role) = match cell.part {
        Part::Strategy(name, strategy, _) => (name, Some(strategy.role)),
        Part::Reference => (REFERENCE, None),
        Part::Nothing(_) => (NO_BACKFILL, None),
    };
    let kind = cell.part.kind();
    let done = seen.ran.ending == Ending::Done;
    let rows = done.then(|| Fingerprint::of(seen.connection)).transpose()?;
    let mut requests: Vec<_> = log.requests.into_iter().map(|(_, one)| one).collect();
    requests.sort_by_key(|request| request.intended_ns);
    let oracles = match cell.part {
        Part::Nothing(_) => Vec::new(),
        part => judge(&Evidence {
            connection: seen.connection,
            ending: &seen.ran.ending,
            rows: rows.as_ref(),
            reference: match part {
                Part::Strategy(_, _, reference) => Some(reference),
                _ => None,
            },
            objects: &cell.data.objects,
            history: seen.plans.history,
            inserts: seen.plans.inserts.requests(),
            requests: &requests,
            record: &record,
            holds: &log.holds,
        })?,
    };
    record.disturbances.extend(storms(&seen));
    let counters = counters(&record, &seen);
    let inserts = seen.plans.inserts.requests();
    Ok(Outcome {
        strategy: name.to_owned(),
        role,
        kind,
        seed: cell.data.seed,
        digest: digest(&log.log, &counters, &oracles),
        plan_hash: plan_hash(cell, &seen),
        pipeline: seen.ran.window,
        ending: seen.ran.ending,
        end_ns: seen.ran.end_ns,
        stages: windows(&record),
        progress: record.progress,
        moments: record.moments,
        disturbances: record.disturbances,
        requests,
        last_insert_ns: inserts.last().map(|insert| insert.at_ns),
        counters,
        oracles,
        log: log.log,
        // Nobody is compared with any other.
        rows: rows.filter(|_| matches!(cell.part, Part::Reference)),
    })
}

/// When each stage ran.
fn windows(record: &Record) -> [Option<Window>; 3] {
    let mut both = record.begun.into_iter().zip(record.ended);
    std::array::from_fn(|_| {
        let (start_ns, end_ns) = both.next()?;
        Some(Window {
            start_ns: start_ns?,
            end_ns: end_ns?,
        })
    })
}

/// When the API refused or was out, as the scenario says.
fn storms(seen: &Seen<'_>) -> impl Iterator<Item = Disturbance> {
    let windows = seen.model.upstream.faults.windows();
    windows.map(|(what, window)| Disturbance {
        what: what.to_owned(),
        window,
    })
}

/// Counted work and events, by name.
fn counters(record: &Record, seen: &Seen<'_>) -> BTreeMap<String, u64> {
    let asked = seen.api.log().counters();
    let limited = asked.by_status.get(&TOO_MANY).copied().unwrap_or(0);
    let of_api = [
        (counter::REQUESTS, asked.requests),
        (counter::LIMITED, limited),
    ];
    let noted = record.counters.iter().map(|(name, count)| (*name, *count));
    noted
        .chain(of_api)
        .chain(seen.work.named())
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
}

/// SHA-256 over the objects and what the scenario plans: the reference reads nothing of it.
fn plan_hash(cell: &Cell<'_>, seen: &Seen<'_>) -> String {
    let mut digest = Digest::default();
    digest.add(&cell.data.digest);
    digest.add(seen.plans.reads.hash());
    digest.add(seen.plans.inserts.hash());
    digest.hex()
}
