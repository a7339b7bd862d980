//! Whatever the shape of the work: the same rows, however often it dies on the way and whatever
//! others write meanwhile.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backfill::chunked::{
    Backfill, ChunkCost, Ending, Fixed, Pace, Pacer, ReaderSignal, Rollup, Shape, WalBudget, Work,
};
use backfill::database::{Access, Connections, Database, HandOff, Usage};
use backfill::{Runtime as _, TokioRuntime};
use fixture::stepping::{Stepping, Then};
use fixture::{Store, Told, chain, in_time, last_seen_job, last_seen_rollup, rollup};
use rusqlite::Connection;

const SHAPES: [Shape; 3] = [Shape::InPlace, Shape::TwoPhase, Shape::StorageOrder];

/// A database of one connection for reads, beside the others.
fn apart(store: &Store) -> Database<TokioRuntime> {
    let own = Connections::Shared(vec![store.connection()]);
    Database::new(TokioRuntime::new(), own, Duration::from_secs(5), ())
}

/// Transmissions with sparse ids, orphans, negative and zero timestamps, NULLs where they may be.
fn odd() -> Store {
    let store = Store::observed(40);
    store.sql(
        "DELETE FROM observations WHERE transmission_id IN (1, 2, 3, 17);
         DELETE FROM observations WHERE transmission_id IN (9, 23);
         DELETE FROM transmissions WHERE id IN (9, 23);
         UPDATE observations SET timestamp = -timestamp WHERE transmission_id = 5;
         UPDATE observations SET timestamp = 0 WHERE transmission_id IN (6, 40);
         UPDATE transmissions SET last_seen = 2000000000 WHERE id = 8;
         INSERT INTO observations(transmission_id, timestamp) VALUES (12, 1), (13, 2), (12, 3);
         INSERT INTO transmissions(id, hash) VALUES (9000000000, 'far');
         INSERT INTO observations(transmission_id, timestamp) VALUES (9000000000, 7)",
    );
    store
}

#[tokio::test]
async fn every_shape_comes_to_the_same_rows_with_and_without_a_connection_apart() {
    for shape in SHAPES {
        for rows in [1, 7, 1_000] {
            for with_apart in [false, true] {
                let store = odd();
                let expected = store.expected();
                let told = Told::default();
                let mut run = rollup(&store.database(), shape, rows).observed(told.observer());
                if with_apart {
                    run = run.reading_apart(apart(&store));
                }
                let report = run.run().await.unwrap();
                assert_eq!(report.ending, Ending::Done);
                assert_eq!(store.last_seen(), expected, "{shape:?} {rows}");
                assert_eq!(report.progress.processed, report.progress.total);
                let (last, _) = *told.pairs().last().unwrap();
                assert_eq!(last, report.progress.processed);
                let left = "SELECT count(*) FROM sqlite_schema WHERE name LIKE '_backfill%'";
                assert_eq!(store.number(left), 0, "no scratch table is left");
            }
        }
    }
}

#[tokio::test]
async fn a_null_counts_as_less_than_any_value() {
    for shape in SHAPES {
        let store = Store::new(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, latest INTEGER);
             CREATE TABLE o(id INTEGER PRIMARY KEY, t_id INTEGER, at INTEGER);
             INSERT INTO t(id, latest) VALUES (1, NULL), (2, NULL), (3, 5), (4, NULL);
             INSERT INTO o(t_id, at) VALUES (1, -3), (3, 4), (4, NULL), (NULL, 9)",
        );
        let job = Rollup {
            name: "latest".to_owned(),
            table: "t".to_owned(),
            key: "id".to_owned(),
            column: "latest".to_owned(),
            source: "o".to_owned(),
            source_key: "id".to_owned(),
            refers: "t_id".to_owned(),
            value: "at".to_owned(),
        };
        let pacer = Fixed::new(2, Duration::ZERO).unwrap();
        let run = Backfill::rollup(store.database(), &job, shape, pacer).unwrap();
        run.run().await.unwrap();
        let latest = store.pairs("SELECT id, coalesce(latest, 99) FROM t ORDER BY id");
        assert_eq!(latest, [(1, -3), (2, 99), (3, 5), (4, 99)], "{shape:?}");
    }
}

/// Many rows read at a time, few written: what was read is written in several transactions.
struct Uneven;

impl Pacer for Uneven {
    fn pace(&mut self, next: Work, _last: Option<&ChunkCost>) -> Pace {
        let rows = if next == Work::Write { 2 } else { 7 };
        Pace::of(NonZeroU64::new(rows).unwrap())
    }
}

/// A crash between any two steps, what was on the disk kept: the next run completes it, and counts
/// nothing twice. In storage order, once keeping what was read after every step, once never.
#[tokio::test]
async fn a_run_that_dies_between_any_two_steps_is_completed_by_the_next() {
    for (shape, kept_every) in [
        (Shape::TwoPhase, Duration::ZERO),
        (Shape::StorageOrder, Duration::ZERO),
        (Shape::StorageOrder, Duration::MAX),
    ] {
        let rows = Store::observed(12);
        let expected = rows.expected();
        for crash in 0.. {
            let store = rows.copy();
            let runtime = Stepping::at(crash, Then::Hang);
            let database = store.database_on(runtime.clone());
            let run = Backfill::rollup(database, &last_seen_rollup(), shape, Uneven)
                .unwrap()
                .keeping_every(kept_every)
                .run();
            let mut lost = None;
            let ended = in_time(runtime.crash_then(run, || lost = Some(store.copy()))).await;
            if ended.is_some() {
                assert!(crash > 12, "{shape:?} was crashed {crash} times");
                break;
            }
            let lost = lost.unwrap();
            lost.assert_sound();
            let report = rollup(&lost.database(), shape, 5).run().await.unwrap();
            assert_eq!(
                lost.last_seen(),
                expected,
                "{shape:?}, crash at step {crash}"
            );
            assert_eq!(
                report.progress.processed, 12,
                "{shape:?}, crash at step {crash}"
            );
        }
    }
}

/// Acts before each step of one kind.
struct Before<F>(Work, F);

impl<F: FnMut() + Send + 'static> Pacer for Before<F> {
    fn pace(&mut self, next: Work, _last: Option<&ChunkCost>) -> Pace {
        if next == self.0 {
            (self.1)();
        }
        Pace::of(NonZeroU64::new(5).unwrap())
    }
}

/// Asks for an empty queue before each step, and sends reads into the first, which is held up by a
/// lock until all of them wait: else it may be over before the first of them is looked at.
struct Crowded {
    database: Database<Stepping>,
    lock: Arc<Mutex<Connection>>,
    sent: bool,
    came: Arc<AtomicUsize>,
    told: Arc<Mutex<Vec<ChunkCost>>>,
}

/// Enough that a step in between would hardly ever be the last by chance.
const READS: usize = 50;

impl Pacer for Crowded {
    fn pace(&mut self, _next: Work, last: Option<&ChunkCost>) -> Pace {
        self.told.lock().unwrap().extend(last);
        if !std::mem::replace(&mut self.sent, true) {
            let lock = self.lock.lock().unwrap();
            lock.execute_batch("BEGIN IMMEDIATE").unwrap();
            for _ in 0..READS {
                let (database, came) = (self.database.named("reader"), Arc::clone(&self.came));
                tokio::spawn(async move {
                    // All tasks share one thread: whoever sees it counted sees it wait.
                    came.fetch_add(1, Ordering::SeqCst);
                    database.read(|_| Ok(())).await
                });
            }
        }
        Pace {
            until_idle: Duration::from_secs(60),
            ..Pace::of(NonZeroU64::new(5).unwrap())
        }
    }
}

/// Those who came during a step go before the next one, in whatever order they are served.
#[tokio::test]
async fn a_step_waits_for_the_queue_to_run_empty() {
    let store = Store::observed(12);
    let lock = Arc::new(Mutex::new(store.connection()));
    let came: Arc<AtomicUsize> = Arc::default();
    let (held, counted) = (Arc::clone(&lock), Arc::clone(&came));
    // A step that finds the database locked sleeps before it tries again.
    let runtime = Stepping::on_sleep(move |_| {
        let held = held.lock().unwrap();
        if counted.load(Ordering::SeqCst) == READS && !held.is_autocommit() {
            held.execute_batch("COMMIT").unwrap();
        }
    });
    let users: Arc<Mutex<Vec<&'static str>>> = Arc::default();
    let noted = Arc::clone(&users);
    let shared = Connections::Shared(vec![store.connection()]);
    let observer = move |usage: &Usage| noted.lock().unwrap().push(usage.user);
    let database = Database::new(runtime, shared, Duration::from_secs(20), observer)
        .handing_over(HandOff::Random(1));
    let told = Arc::default();
    let pacer = Crowded {
        database: database.clone(),
        lock,
        sent: false,
        came,
        told: Arc::clone(&told),
    };
    let own = database.named("backfill");
    Backfill::new(own, last_seen_job(), pacer)
        .run()
        .await
        .unwrap();
    let users = users.lock().unwrap();
    // Its claim and its first step, all who came meanwhile, then the rest of it.
    let mut expected = vec!["backfill"; 2];
    expected.extend(["reader"; READS]);
    expected.extend(["backfill"; 3]);
    assert_eq!(*users, expected);
    assert!(told.lock().unwrap().iter().all(|cost| !cost.in_order));
}

/// Between two steps as long as the pacer says; not before the first, and not after the last.
#[tokio::test(start_paused = true)]
async fn a_pause_is_made_between_two_steps() {
    let store = Store::observed(12);
    let database = store.database();
    let pause = Duration::from_secs(1_000);
    let pacer = Fixed::new(5, pause).unwrap();
    let began = database.runtime().now();
    Backfill::new(database.clone(), last_seen_job(), pacer)
        .run()
        .await
        .unwrap();
    let pauses = (database.runtime().now() - began).as_secs() / pause.as_secs();
    assert_eq!(pauses, 2);
}

/// Somebody reads from an old snapshot and keeps the log from being copied back: nothing is
/// written until that is over.
#[tokio::test]
async fn a_log_that_is_too_long_stops_the_writing() {
    let store = Store::observed(300);
    let database = store.database();
    database
        .write(|connection| connection.execute_batch("PRAGMA wal_autocheckpoint = 0"))
        .await
        .unwrap();
    let old = store.connection();
    let held = "BEGIN; SELECT count(*) FROM observations";
    old.execute_batch(held).unwrap();
    let budget = WalBudget {
        checkpoint_pages: 5,
        most_pages: 10,
    };
    let own = apart(&store);
    let run = rollup(&database, Shape::TwoPhase, 5)
        .reading_apart(own.clone())
        .within(budget);
    let run = tokio::spawn(run.run());
    while own.wal().await.unwrap().pages < budget.most_pages {
        tokio::task::yield_now().await;
    }
    // It may have been between its look at the log and the write that follows it.
    let stopped = loop {
        let before = own.wal().await.unwrap().pages;
        TokioRuntime::new().sleep(Duration::from_millis(50)).await;
        if own.wal().await.unwrap().pages == before {
            break before;
        }
    };
    assert!(stopped < 60, "{stopped} pages");
    assert!(!run.is_finished());
    old.execute_batch("COMMIT").unwrap();
    assert_eq!(in_time(run).await.unwrap().unwrap().ending, Ending::Done);
    assert_eq!(store.last_seen(), store.expected());
}

/// The live path raises a row, deletes another and adds one, between reading and writing.
#[tokio::test]
async fn what_others_write_between_reading_and_writing_is_not_taken_back() {
    for shape in [Shape::TwoPhase, Shape::StorageOrder] {
        let store = Store::observed(12);
        let live = store.connection();
        let mut moment = 1_900_000_000;
        let mut id = 1;
        let pacer = Before(Work::Write, move || {
            moment += 1;
            live.execute_batch(&format!(
                "INSERT INTO observations(transmission_id, timestamp) VALUES ({id}, {moment});
                 UPDATE transmissions SET last_seen = max(last_seen, {moment}) WHERE id = {id};
                 DELETE FROM observations WHERE transmission_id = {id} + 6;
                 DELETE FROM transmissions WHERE id = {id} + 6;
                 INSERT INTO transmissions(hash, last_seen) VALUES ('live' || {moment}, {moment})",
            ))
            .unwrap();
            id = 1 + id % 6;
        });
        let run = Backfill::rollup(store.database(), &last_seen_rollup(), shape, pacer);
        run.unwrap().run().await.unwrap();
        assert_eq!(store.last_seen(), store.expected(), "{shape:?}");
        assert!(store.number("SELECT max(last_seen) FROM transmissions") > 1_900_000_000);
    }
}

#[tokio::test]
async fn a_run_is_not_resumed_in_another_order() {
    let store = Store::observed(12);
    let runtime = Stepping::at(6, Then::Hang);
    let run = rollup(&store.database_on(runtime.clone()), Shape::StorageOrder, 5).run();
    assert!(in_time(runtime.crash_then(run, || {})).await.is_none());
    let in_place = rollup(&store.database(), Shape::InPlace, 5);
    let error = in_place.run().await.unwrap_err();
    assert!(chain(&error).contains("storage order"), "{}", chain(&error));
    let resumed = rollup(&store.database(), Shape::StorageOrder, 5)
        .run()
        .await;
    assert_eq!(resumed.unwrap().ending, Ending::Done);
    // In place and in two phases go by the same keys, and may take over from each other.
    let store = Store::observed(12);
    let runtime = Stepping::at(6, Then::Hang);
    let run = rollup(&store.database_on(runtime.clone()), Shape::TwoPhase, 5).run();
    assert!(in_time(runtime.crash_then(run, || {})).await.is_none());
    let in_place = rollup(&store.database(), Shape::InPlace, 5);
    in_place.run().await.unwrap();
    assert_eq!(store.last_seen(), store.expected());
}

#[tokio::test]
async fn storage_order_needs_rowids() {
    let store = Store::new(
        "CREATE TABLE t(id TEXT NOT NULL UNIQUE, latest INTEGER);
         CREATE TABLE o(id INTEGER PRIMARY KEY, t_id TEXT, at INTEGER)",
    );
    let job = Rollup {
        table: "t".to_owned(),
        key: "id".to_owned(),
        column: "latest".to_owned(),
        source: "o".to_owned(),
        refers: "t_id".to_owned(),
        value: "at".to_owned(),
        ..last_seen_rollup()
    };
    let pacer = Fixed::new(2, Duration::ZERO).unwrap();
    let run = Backfill::rollup(store.database(), &job, Shape::StorageOrder, pacer).unwrap();
    let error = chain(&run.run().await.unwrap_err());
    assert!(error.contains("not the rowid"), "{error}");
}

/// Two phases: what keeps the writer's connection is the writing alone.
#[tokio::test]
async fn reads_go_over_the_connection_apart() {
    for shape in [Shape::TwoPhase, Shape::StorageOrder] {
        let store = Store::observed(40);
        let seen: Arc<Mutex<Vec<Usage>>> = Arc::default();
        let noted = Arc::clone(&seen);
        let shared = Connections::Shared(vec![store.connection()]);
        let database = Database::new(
            TokioRuntime::new(),
            shared,
            Duration::from_secs(5),
            move |usage: &Usage| noted.lock().unwrap().push(*usage),
        );
        let run = rollup(&database, shape, 5).reading_apart(apart(&store));
        run.run().await.unwrap();
        let reads = |usage: &&Usage| usage.access == Access::Read;
        assert_eq!(seen.lock().unwrap().iter().filter(reads).count(), 0);
    }
}

/// A log that would pass SQLite's 1000 pages stays below them: it is copied back on the way.
#[tokio::test]
async fn the_log_is_copied_back_before_a_commit_would_have_to() {
    for budget in [None, Some(WalBudget::default())] {
        let store = Store::observed(3_000);
        let own = apart(&store);
        // So that the log does not go away with the last connection.
        let kept = store.connection();
        kept.execute_batch("PRAGMA wal_autocheckpoint = 0").unwrap();
        let database = store.database();
        database
            .write(|connection| connection.execute_batch("PRAGMA wal_autocheckpoint = 0"))
            .await
            .unwrap();
        let mut run = rollup(&database, Shape::TwoPhase, 5).reading_apart(own.clone());
        if let Some(budget) = budget {
            run = run.within(budget);
        }
        run.run().await.unwrap();
        let pages = own.wal().await.unwrap().pages;
        assert_eq!(pages > 1_000, budget.is_none(), "{pages} pages");
        assert_eq!(store.last_seen(), store.expected());
    }
}

/// SQLite takes a quoted name that is no column for a text, and a text is larger than any number.
#[tokio::test]
async fn a_column_there_is_not_is_refused_before_anything_is_written() {
    for shape in SHAPES {
        for misspelt in 0..4 {
            let store = Store::observed(12);
            let before = store.last_seen();
            let mut job = last_seen_rollup();
            let name = [
                &mut job.column,
                &mut job.refers,
                &mut job.value,
                &mut job.source_key,
            ];
            "nowhere".clone_into(name.into_iter().nth(misspelt).unwrap());
            let pacer = Fixed::new(5, Duration::ZERO).unwrap();
            let run = Backfill::rollup(store.database(), &job, shape, pacer).unwrap();
            let ended = run.run().await;
            // In place nobody asks for the key of the source.
            if misspelt == 3 && shape == Shape::InPlace {
                assert!(ended.is_ok());
                continue;
            }
            let error = chain(&ended.unwrap_err());
            assert!(error.contains("cannot start"), "{shape:?}: {error}");
            assert_eq!(store.last_seen(), before);
        }
    }
}

/// The key compares without case, what refers to it with: chunks are cut by the key's order.
#[tokio::test]
async fn keys_and_what_refers_to_them_may_compare_differently() {
    for shape in [Shape::InPlace, Shape::TwoPhase] {
        for rows in [1, 2, 9] {
            let store = Store::new(
                "CREATE TABLE t(id TEXT COLLATE NOCASE NOT NULL UNIQUE, latest INTEGER);
                 CREATE TABLE o(id INTEGER PRIMARY KEY, t_id TEXT, at INTEGER);
                 INSERT INTO t(id) VALUES ('a'), ('B'), ('c'), ('100'), ('20');
                 INSERT INTO o(t_id, at) VALUES ('a', 1), ('B', 2), ('c', 3), ('100', 4), ('20', 5)",
            );
            let job = Rollup {
                table: "t".to_owned(),
                column: "latest".to_owned(),
                source: "o".to_owned(),
                refers: "t_id".to_owned(),
                value: "at".to_owned(),
                ..last_seen_rollup()
            };
            let pacer = Fixed::new(rows, Duration::ZERO).unwrap();
            let run = Backfill::rollup(store.database(), &job, shape, pacer).unwrap();
            run.run().await.unwrap();
            let filled = store.number("SELECT sum(latest) FROM t");
            assert_eq!(filled, 15, "{shape:?} {rows}");
        }
    }
}

/// What a run that was begun and forgotten has kept is no part of a new one.
#[tokio::test]
async fn a_new_run_takes_nothing_over_from_a_forgotten_one() {
    let store = Store::observed(12);
    store.sql(
        "CREATE TABLE _backfill_scratch_last_seen(key INTEGER PRIMARY KEY, value INTEGER);
         INSERT INTO _backfill_scratch_last_seen VALUES (3, 1900000000)",
    );
    let expected = store.expected();
    rollup(&store.database(), Shape::StorageOrder, 5)
        .run()
        .await
        .unwrap();
    assert_eq!(store.last_seen(), expected);
}

/// Who reads on the database that its own signal observes does not take itself for a reader.
#[tokio::test]
async fn a_signal_can_be_of_one_user() {
    let store = Store::observed(12);
    let signal = ReaderSignal::of_user("reader");
    let heard = |signal: &ReaderSignal| format!("{signal:?}").contains("newest_at: Some");
    let shared = Connections::Shared(vec![store.connection()]);
    let timeout = Duration::from_secs(5);
    let database = Database::new(TokioRuntime::new(), shared, timeout, signal.clone());
    let run = rollup(&database.named("backfill"), Shape::TwoPhase, 5).run();
    run.await.unwrap();
    assert!(!heard(&signal));
    database.named("reader").read(|_| Ok(())).await.unwrap();
    assert!(heard(&signal));
}
