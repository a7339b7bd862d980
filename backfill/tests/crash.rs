//! A run that dies anywhere is completed by the next one, to the same rows and the same counts as
//! a run that never died.
//!
//! It dies in two ways. Dropped: its future goes away, as when a task is aborted, and its
//! connection rolls back. Lost: what is on the disk at that moment, file and log, is all that is
//! left, as when the process is killed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

use std::collections::BTreeMap;
use std::time::Duration;

use backfill::chunked::{Backfill, Fixed, Report};
use backfill::ledger::{Entry, Status};
use fixture::stepping::{Stepping, Then};
use fixture::{Store, Told, backfill, in_time, last_seen_job};
use proptest::prelude::*;

/// Runs to the crash at `step`, and gives back what is left on the disk at that moment and after
/// the drop; `None` if the run had ended before.
async fn crashed(rows: &Store, chunk: u64, step: usize) -> Option<(Store, Store)> {
    let dropped = rows.copy();
    let runtime = Stepping::at(step, Then::Hang);
    let run = backfill(&dropped.database_on(runtime.clone()), chunk).run();
    let mut lost = None;
    let ended = in_time(runtime.crash_then(run, || lost = Some(dropped.copy()))).await;
    ended.map_or_else(|| Some((lost.unwrap(), dropped)), |_| None)
}

/// The ledger's entry must speak of the rows beside it, and of no others.
fn assert_ledger_and_rows_agree(store: &Store) {
    let Some(entry) = store.entry("last_seen") else {
        return;
    };
    let written = store.number("SELECT count(*) FROM transmissions WHERE last_seen > 0");
    assert_eq!(entry.rows_processed, written.unsigned_abs());
}

#[tokio::test]
async fn a_run_that_dies_between_any_two_steps_is_completed_by_the_next() {
    let rows = Store::observed(23);
    let whole = rows.copy();
    let uninterrupted = backfill(&whole.database(), 5).run().await.unwrap();
    let mut crashes = 0;
    while let Some((lost, dropped)) = crashed(&rows, 5, crashes).await {
        // Two steps claim; then each chunk has two, of which the second stores it.
        let stored = u64::try_from(crashes).unwrap().saturating_sub(2) / 2;
        for store in [lost, dropped] {
            store.assert_sound();
            assert_ledger_and_rows_agree(&store);
            let resumed = backfill(&store.database(), 5).run().await.unwrap();
            assert_eq!(resumed.chunks, 5 - stored.min(5), "crash at step {crashes}");
            assert_eq!(resumed.progress, uninterrupted.progress);
            assert_eq!(resumed.scanned, uninterrupted.scanned);
            assert_eq!(store.last_seen(), whole.last_seen());
            assert_eq!(store.entry("last_seen"), whole.entry("last_seen"));
        }
        crashes += 1;
    }
    assert_eq!(
        crashes, 14,
        "claim, five chunks and the end have two steps each"
    );
}

#[tokio::test]
async fn a_run_that_dies_again_and_again_gets_there() {
    let store = Store::observed(40);
    let expected = store.expected();
    let mut deaths = 0;
    let report = loop {
        // Far enough for one chunk each time.
        let runtime = Stepping::at(4, Then::Hang);
        let run = backfill(&store.database_on(runtime.clone()), 7).run();
        if let Some(report) = in_time(runtime.crash(run)).await {
            break report.unwrap();
        }
        deaths += 1;
        assert!(deaths <= 6, "every run stores a chunk before it dies");
    };
    assert_eq!(report.chunks, 0, "the last run only notes the end");
    assert_eq!((report.progress.processed, report.scanned), (40, 40));
    assert_eq!(store.last_seen(), expected);
}

#[tokio::test]
async fn an_aborted_task_leaves_a_ledger_that_resumes_on_the_same_connection() {
    let store = Store::observed(30);
    let (expected, database, told) = (store.expected(), store.database(), Told::default());
    let (first_chunk, mut stored) = tokio::sync::mpsc::unbounded_channel();
    let pacer = Fixed::new(10, Duration::from_secs(86_400)).unwrap();
    let run = Backfill::new(database.clone(), last_seen_job(), pacer)
        .observed(move |progress| first_chunk.send(progress).unwrap());
    let task = tokio::spawn(run.run());
    assert_eq!(in_time(stored.recv()).await.unwrap().processed, 10);
    task.abort();
    assert!(in_time(task).await.unwrap_err().is_cancelled());
    assert_eq!(store.entry("last_seen").unwrap().status, Status::Running);
    let resumed = backfill(&database, 10).observed(told.observer());
    let report = in_time(resumed.run()).await.unwrap();
    assert_eq!((report.chunks, report.progress.processed), (2, 30));
    assert_eq!(told.pairs(), [(20, 30), (30, 30)]);
    assert_eq!(store.last_seen(), expected);
}

/// A transmission: how far its id is from the one before, its `last_seen`, its observations.
type Row = (i64, i64, Vec<i64>);

fn row() -> impl Strategy<Value = Row> {
    let gap = prop_oneof![4 => Just(1_i64), 2 => 2..9_i64, 1 => 1_000..1_000_000_i64];
    let last_seen =
        prop_oneof![3 => Just(0_i64), 1 => -3..4_i64, 1 => any::<i32>().prop_map(i64::from)];
    let moment =
        prop_oneof![1 => Just(0_i64), 2 => -3..4_i64, 2 => any::<i32>().prop_map(i64::from)];
    (gap, last_seen, prop::collection::vec(moment, 0..4))
}

/// Fills a store with `rows`, and says what must come out of them.
fn fill(before_first: i64, rows: &[Row]) -> (Store, BTreeMap<i64, i64>) {
    let store = Store::empty();
    let mut connection = store.connection();
    let transaction = connection.transaction().unwrap();
    let (mut id, mut expected) = (before_first, BTreeMap::new());
    for (gap, last_seen, moments) in rows {
        id += gap;
        let sql = "INSERT INTO transmissions(id, hash, last_seen) VALUES (?1, ?1, ?2)";
        transaction.execute(sql, [id, *last_seen]).unwrap();
        for moment in moments {
            let sql = "INSERT INTO observations(transmission_id, timestamp) VALUES (?1, ?2)";
            transaction.execute(sql, [id, *moment]).unwrap();
        }
        let latest = moments.iter().copied().fold(*last_seen, i64::max);
        expected.insert(id, latest);
    }
    transaction.commit().unwrap();
    (store, expected)
}

async fn complete(store: &Store, chunk: u64) -> (Report, Vec<(i64, i64)>, Entry) {
    let report = in_time(backfill(&store.database(), chunk).run())
        .await
        .unwrap();
    (report, store.last_seen(), store.entry("last_seen").unwrap())
}

async fn check(before_first: i64, rows: Vec<Row>, chunk: u64, step: usize) {
    let (store, expected) = fill(before_first, &rows);
    let (whole, values, entry) = complete(&store.copy(), chunk).await;
    assert_eq!(values, Vec::from_iter(expected));
    let observed = rows.iter().filter(|row| !row.2.is_empty()).count() as u64;
    assert_eq!(whole.progress.processed, observed);
    assert_eq!(whole.scanned, rows.len() as u64);
    let Some((lost, dropped)) = crashed(&store, chunk, step).await else {
        return;
    };
    for left in [lost, dropped] {
        let (resumed, resumed_values, resumed_entry) = complete(&left, chunk).await;
        assert_eq!(resumed.progress, whole.progress);
        assert_eq!(resumed.scanned, whole.scanned);
        assert_eq!(resumed_values, values);
        assert_eq!(resumed_entry, entry);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_resumed_run_equals_an_uninterrupted_one(
        before_first in prop_oneof![Just(0_i64), -40..40_i64],
        rows in prop::collection::vec(row(), 0..40),
        chunk in 1..15_u64,
        step in 0..16_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(check(before_first, rows, chunk, step));
    }
}
