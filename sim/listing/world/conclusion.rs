//! From what happened in a cell to its outcome: verdicts, counters, digest.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::client;
use super::host::Backfilled;
use super::{Cell, Part};
use crate::digest::{self, Digest};
use crate::disk::Work;
use crate::listing::oracle::{Auditor, Evidence, Terms, judge};
use crate::listing::outcome::{CallKind, Disturbance, Outcome, Task};
use crate::listing::recorder::{Record, Recorder};
use crate::listing::scenario::StrategyKind;
use crate::load::Plan;
use crate::outcome::NO_BACKFILL;
use crate::upstream::Upstream;

/// What is left of a world.
pub(super) struct Seen<'a> {
    pub(super) connection: &'a Connection,
    pub(super) api: &'a Upstream,
    pub(super) auditor: &'a Auditor,
    pub(super) recorder: &'a Recorder,
    pub(super) plan: Option<&'a Plan>,
    pub(super) work: Work,
    pub(super) backfilled: Backfilled,
}

/// The outcome of `cell`.
pub(super) fn outcome(cell: &Cell<'_>, seen: Seen<'_>) -> rusqlite::Result<Outcome> {
    let (name, strategy) = match cell.part {
        Part::Strategy(name, strategy) => (name, Some(strategy)),
        Part::NoBackfill(_) => (NO_BACKFILL, None),
    };
    let mut log = seen.recorder.log.take();
    let mut record = seen.recorder.take();
    record.disturbances.extend(storms(cell));
    let name_of = |stream: usize| &*cell.data.streams[stream].name;
    let oracles = match strategy {
        Some(_) => {
            let evidence = Evidence {
                connection: seen.connection,
                streams: &cell.data.streams,
                deleted: &|stream, position| seen.api.is_deleted(name_of(stream), position),
                arrived: &|stream, id| seen.api.has_arrived(name_of(stream), id),
                ending: &seen.backfilled.ending,
                calls: &record.calls,
                terms: terms(cell, &seen.backfilled),
            };
            judge(&evidence, seen.auditor)?
        }
        None => Vec::new(),
    };
    log.holds.sort_by_key(|hold| hold.acquired_ns);
    log.requests.sort_by_key(|&(index, _)| index);
    let counters = counters(&record, &seen);
    Ok(Outcome {
        shape: cell.data.shape.clone(),
        strategy: name.to_owned(),
        role: strategy.map(|strategy| strategy.role),
        bound: strategy.is_some_and(|one| one.kind == StrategyKind::EqualCount),
        meant_oracle: strategy.and_then(|one| one.kind.meant_oracle()),
        seed: cell.data.seed,
        digest: digest::of_cell(&log.log, &counters, &oracles),
        plan_hash: plan_hash(cell, seen.plan),
        backfill: seen.backfilled.window,
        ending: seen.backfilled.ending,
        end_ns: seen.backfilled.end_ns,
        task: task(cell),
        calls: record.calls,
        stores: record.stores,
        forecasts: record.forecasts,
        disturbances: record.disturbances,
        requests: log.requests.into_iter().map(|(_, one)| one).collect(),
        holds: log.holds,
        counters,
        oracles,
        log: log.log,
    })
}

fn terms(cell: &Cell<'_>, backfilled: &Backfilled) -> Terms {
    let model = &cell.scenario.model;
    let faults = &model.upstream.faults;
    Terms {
        requests_per_ks: client::requests_per_ks(model),
        burst: u64::from(model.client.burst),
        page: model.client.page,
        pages_held: slots(cell) + 1,
        limit: model.client.limit,
        crashes: backfilled.crashes,
        faults: *faults != crate::upstream::Faults::default() || model.partition.is_some(),
    }
}

fn slots(cell: &Cell<'_>) -> u64 {
    let client = &cell.scenario.model.client;
    u64::from(match cell.part {
        Part::Strategy(_, strategy) => strategy.slots(client),
        Part::NoBackfill(_) => client.slots,
    })
}

/// What there was to fetch. An API is asked at least once about a stream.
fn task(cell: &Cell<'_>) -> Task {
    let model = &cell.scenario.model;
    let page = u64::from(model.client.page);
    let streams = cell.data.streams.iter().map(|stream| &stream.objects);
    let pages_of = |objects: u32| u64::from(objects).div_ceil(page).max(1);
    let pages: u64 = streams.clone().map(|objects| pages_of(objects.len())).sum();
    let chain = streams
        .clone()
        .map(|all| pages_of(all.longest_second()))
        .max();
    let requests_per_ks = client::requests_per_ks(model);
    let latency_ns = model.upstream.latency_ms * 1_000_000;
    let by_rate_ns = u128::from(pages) * 1_000_000_000_000 / u128::from(requests_per_ks.max(1));
    Task {
        objects: streams
            .clone()
            .map(|objects| u64::from(objects.len()))
            .sum(),
        pages,
        range: cell.data.streams[0].objects.range(),
        requests_per_ks,
        burst: u64::from(model.client.burst),
        latency_ns,
        slots: slots(cell),
        by_rate_ns: u64::try_from(by_rate_ns).unwrap_or(u64::MAX),
        by_chain_ns: chain.unwrap_or(1) * latency_ns,
    }
}

/// When the API refused, as the scenario says.
fn storms(cell: &Cell<'_>) -> impl Iterator<Item = Disturbance> {
    let windows = cell.scenario.model.upstream.faults.windows();
    windows.map(|(what, window)| Disturbance {
        what: what.to_owned(),
        window,
    })
}

/// Counted work and events, by name.
fn counters(record: &Record, seen: &Seen<'_>) -> BTreeMap<String, u64> {
    let of = |kind: CallKind| record.calls.iter().filter(|call| call.kind == kind).count() as u64;
    let largest = |what: fn(&crate::listing::outcome::Store) -> u64| {
        record.stores.iter().map(what).max().unwrap_or(0)
    };
    [
        ("requests", record.calls.len() as u64),
        (
            "wasted_requests",
            of(CallKind::Empty) + of(CallKind::Refetched),
        ),
        ("limited_requests", of(CallKind::Limited)),
        ("failed_requests", of(CallKind::Failed)),
        ("abandoned_requests", of(CallKind::Abandoned)),
        ("objects_brought_again", record.brought_again),
        ("transactions", record.stores.len() as u64),
        ("state_bytes_most", largest(|store| store.state_bytes)),
        ("held_bytes_most", largest(|store| store.held_bytes)),
        ("crashes", seen.backfilled.crashes),
    ]
    .into_iter()
    .chain(seen.work.named())
    .map(|(name, count)| (name.to_owned(), count))
    .collect()
}

fn plan_hash(cell: &Cell<'_>, plan: Option<&Plan>) -> String {
    let mut digest = Digest::default();
    digest.add(&cell.data.digest);
    if let Some(plan) = plan {
        digest.add(plan.hash());
    }
    digest.hex()
}
