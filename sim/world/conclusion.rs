//! From what happened in a cell to its outcome: verdicts, counters, digests.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::host::Backfilled;
use super::{Cell, Part};
use crate::digest::Digest;
use crate::load::Plan;
use crate::oracle::{Evidence, judge};
use crate::outcome::{BACKFILL, NO_BACKFILL, Oracle, Outcome};
use crate::recorder::Record;

/// The outcome of `cell`, whose database is open as `connection`, and as it was `before`.
pub(super) fn outcome(
    cell: &Cell<'_>,
    connection: &Connection,
    before: &Connection,
    plan: &Plan,
    mut record: Record,
    backfilled: Backfilled,
) -> rusqlite::Result<Outcome> {
    let (name, strategy) = match cell.part {
        Part::Strategy(name, strategy) => (name, Some(strategy)),
        Part::NoBackfill(_) => (NO_BACKFILL, None),
    };
    let workload = cell.workload;
    let evidence = Evidence {
        connection,
        before,
        task: workload.task(),
        rows: workload.rows(),
        source_rows: workload.source_rows(),
        rows_done: workload.rows_done(),
        changes_per_row: workload.changes_per_row(),
        record: &record,
        strategy,
        ending: &backfilled.ending,
    };
    let (oracles, told) = (judge(workload, &evidence)?, evidence.told());
    let rows_hash = workload.rows_hash(connection)?;
    record.holds.sort_by_key(|hold| hold.acquired_ns);
    record.requests.sort_by_key(|&(index, _)| index);
    let mut counters = counters(&record, &backfilled);
    if strategy.is_some_and(|strategy| strategy.kind.works_in_chunks()) {
        counters.insert(
            "operator_false_all_clears".to_owned(),
            told.false_all_clears,
        );
        counters.insert("operator_stalest_ns".to_owned(), told.stalest_ns);
    }
    if cell.scenario.model.cache.is_some() {
        counters.insert("cache_waits".to_owned(), record.cache_waits);
        counters.insert("cache_wait_ns_max".to_owned(), record.cache_wait_ns_max);
    }
    let requests = std::mem::take(&mut record.requests);
    Ok(Outcome {
        strategy: name.to_owned(),
        role: strategy.map(|strategy| strategy.role),
        seed: cell.seed,
        digest: digest(&record.log, &counters, &oracles, &rows_hash),
        plan_hash: plan.hash().to_owned(),
        backfill: backfilled.window,
        ending: backfilled.ending,
        end_ns: backfilled.end_ns,
        requests: requests.into_iter().map(|(_, request)| request).collect(),
        holds: record.holds,
        chunks: record.chunks,
        counters,
        oracles,
        rows_hash,
        log: record.log,
    })
}

/// Counted work and events, by name.
fn counters(record: &Record, backfilled: &Backfilled) -> BTreeMap<String, u64> {
    let busy = record.holds.iter().map(|hold| u64::from(hold.busy_retries));
    let by_backfill = record.holds.iter().filter(|hold| hold.user == BACKFILL);
    let mut counters: BTreeMap<String, u64> = [
        ("chunks", record.chunks.len() as u64),
        ("requests", record.requests.len() as u64),
        ("operator_polls", record.polls),
        ("operator_unanswered", record.unanswered_polls),
        ("busy_retries", busy.sum()),
        (
            "backfill_rows_changed",
            by_backfill.map(|hold| hold.rows_changed).sum(),
        ),
    ]
    .into_iter()
    .chain(backfilled.work.named())
    .map(|(name, count)| (name.to_owned(), count))
    .collect();
    if let Some(last) = record.chunks.last() {
        counters.insert("rows_processed".to_owned(), last.processed);
    }
    counters
}

/// SHA-256 over the log, the counters, the verdicts and the rows.
fn digest(
    log: &[String],
    counters: &BTreeMap<String, u64>,
    oracles: &[Oracle],
    rows_hash: &str,
) -> String {
    let mut digest = Digest::default();
    for line in log {
        digest.add(line);
        digest.add("\n");
    }
    for (name, count) in counters {
        digest.add(format!("{name} {count}\n"));
    }
    for oracle in oracles {
        let Oracle {
            name,
            passed,
            detail,
        } = oracle;
        digest.add(format!("{name} {passed} {detail}\n"));
    }
    digest.add(rows_hash);
    digest.hex()
}
