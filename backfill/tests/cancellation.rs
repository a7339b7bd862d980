//! A cancelled backfill stops where it is, says so, and goes on from there later.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use backfill::chunked::{Backfill, Ending, Fixed, Job};
use backfill::database::Access;
use backfill::ledger::Status;
use fixture::stepping::{Stepping, Then};
use fixture::{Store, Told, backfill, between, in_time, last_seen_job};
use tokio_util::sync::CancellationToken;

/// SQL that is at work for a minute or so: nobody waits for it while interrupts work, and where
/// they do not, the test fails rather than hang in a thread that cannot be stopped.
const ENDLESS: &str = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
                          WHERE i < 200000000) SELECT count(*) FROM n)";

#[tokio::test]
async fn a_run_cancelled_midway_is_completed_by_the_next() {
    let (store, untouched) = (Store::observed(10_000), Store::observed(10_000));
    let (database, cancel, told) = (store.database(), CancellationToken::new(), Told::default());
    let (mut tell, stop) = (told.observer(), cancel.clone());
    let pacer = Fixed::new(1_000, Duration::from_millis(80)).unwrap();
    let run = Backfill::new(database.clone(), last_seen_job(), pacer)
        .cancelled_by(cancel)
        .observed(move |progress| {
            tell(progress);
            if progress.processed == 3_000 {
                stop.cancel();
            }
        });
    let report = in_time(run.run()).await.unwrap();
    assert_eq!(report.ending, Ending::Cancelled);
    assert_eq!((report.chunks, report.progress.processed), (3, 3_000));
    assert_eq!(
        told.pairs().len(),
        3,
        "the end differs in nothing from the third call"
    );
    let written = "SELECT count(*) FROM transmissions WHERE last_seen > 0";
    assert_eq!(store.number(written), 3_000);
    let entry = store.entry("last_seen").unwrap();
    assert_eq!(entry.status, Status::Cancelled);
    assert_eq!(entry.rows_processed, 3_000);

    let resumed = backfill(&database, 1_000).run().await.unwrap();
    let uninterrupted = backfill(&untouched.database(), 1_000).run().await.unwrap();
    assert_eq!((resumed.ending, resumed.chunks), (Ending::Done, 7));
    assert_eq!(resumed.progress, uninterrupted.progress);
    assert_eq!(resumed.scanned, uninterrupted.scanned);
    assert_eq!(store.last_seen(), untouched.last_seen());
    assert_eq!(store.entry("last_seen"), untouched.entry("last_seen"));
}

#[tokio::test]
async fn a_pause_ends_when_the_run_is_cancelled() {
    let store = Store::observed(10);
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let pacer = Fixed::new(2, Duration::from_secs(86_400)).unwrap();
    let run = Backfill::new(store.database(), last_seen_job(), pacer)
        .cancelled_by(cancel)
        .run();
    let run = tokio::spawn(run);
    while store
        .entry("last_seen")
        .is_none_or(|entry| entry.rows_processed == 0)
    {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    let report = in_time(run).await.unwrap().unwrap();
    assert_eq!((report.ending, report.chunks), (Ending::Cancelled, 1));
}

#[tokio::test]
async fn a_run_cancelled_before_it_starts_writes_no_row() {
    let store = Store::observed(10);
    let cancel = CancellationToken::new();
    cancel.cancel();
    let run = backfill(&store.database(), 5).cancelled_by(cancel);
    let report = in_time(run.run()).await.unwrap();
    assert_eq!((report.ending, report.chunks), (Ending::Cancelled, 0));
    assert_eq!(store.number("SELECT sum(last_seen) FROM transmissions"), 0);
    assert_eq!(store.entry("last_seen").unwrap().status, Status::Cancelled);
}

#[tokio::test]
async fn a_chunk_cancelled_inside_its_statement_stores_nothing_of_itself() {
    let store = Store::observed(30);
    // Steps 0 and 1 claim, 2 and 3 are the first chunk's, 4 is the second one's body.
    let runtime = Stepping::at(4, Then::GoOn);
    let cancel = CancellationToken::new();
    let endless = Job::new(
        "last_seen",
        "transmissions",
        "id",
        &format!("CASE WHEN id <= 15 THEN 1 ELSE {ENDLESS} END"),
        "last_seen = 7",
    )
    .unwrap();
    let database = store.database_on(runtime.clone());
    let pacer = Fixed::new(10, Duration::ZERO).unwrap();
    let run = Backfill::new(database.clone(), endless, pacer).cancelled_by(cancel.clone());
    let (report, ()) = in_time(async {
        tokio::join!(run.run(), async {
            runtime.reached().await;
            cancel.cancel();
        })
    })
    .await;
    let report = report.unwrap();
    assert_eq!((report.ending, report.chunks), (Ending::Cancelled, 1));
    let sevens = "SELECT max(id), count(*) FROM transmissions WHERE last_seen = 7";
    assert_eq!(store.pairs(sevens), [(10, 10)]);
    let entry = store.entry("last_seen").unwrap();
    assert_eq!(
        (entry.status, entry.rows_processed),
        (Status::Cancelled, 10)
    );

    // A job that ends, under the same name: said by nobody to be another one.
    store.sql("UPDATE _async_migrations SET job = NULL");
    let resumed = in_time(backfill(&database, 10).run()).await.unwrap();
    assert_eq!((resumed.ending, resumed.chunks), (Ending::Done, 2));
    assert_eq!(resumed.progress.processed, 30);
}

#[tokio::test]
async fn a_transaction_cancelled_inside_its_body_stores_nothing_and_frees_the_connection() {
    let store = Store::observed(3);
    let (database, cancel) = (store.database(), CancellationToken::new());
    let stop = cancel.clone();
    let transact = database.transact(Access::Write, cancel, move |connection| {
        connection.execute("UPDATE transmissions SET last_seen = 9", [])?;
        stop.cancel();
        connection.query_row(&format!("SELECT {ENDLESS}"), [], |row| row.get::<_, i64>(0))
    });
    let (result, usage) = in_time(transact).await;
    assert!(result.unwrap_err().is_interrupt());
    assert_eq!(usage.rows_changed, 0);
    let sum = "SELECT sum(last_seen) FROM transmissions";
    let read = database.read(move |connection| connection.query_row(sum, [], |row| row.get(0)));
    let sum: i64 = in_time(read).await.unwrap();
    assert_eq!(sum, 0);
}

#[tokio::test]
async fn a_chunk_cancelled_while_it_waits_for_the_lock_is_not_tried_to_its_timeout() {
    let store = Store::observed(10);
    let cancel = CancellationToken::new();
    let (stop, blocker) = (cancel.clone(), Arc::new(Mutex::new(store.connection())));
    let taken = Arc::clone(&blocker);
    let pacer = between(5, move |chunks| {
        if chunks == 1 {
            let blocker = taken.lock().unwrap();
            blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
        }
    });
    // The run sleeps only to wait for the lock: twice for its chunk, then for its last note.
    let runtime = Stepping::on_sleep(move |sleeps| match sleeps {
        1 => stop.cancel(),
        2 => blocker.lock().unwrap().execute_batch("ROLLBACK").unwrap(),
        _ => {}
    });
    let database = store.database_on(runtime);
    let run = Backfill::new(database, last_seen_job(), pacer).cancelled_by(cancel);
    let report = in_time(run.run()).await.unwrap();
    assert_eq!((report.ending, report.chunks), (Ending::Cancelled, 1));
    assert_eq!(store.entry("last_seen").unwrap().status, Status::Cancelled);
    let resumed = backfill(&store.database(), 5).run().await.unwrap();
    assert_eq!((resumed.chunks, resumed.progress.processed), (1, 10));
}
