//! One run at a time, that can be stopped, is seen like any other backfill, and outlasts a lock.

use std::num::NonZeroU32;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use backfill::TokioRuntime;
use backfill::aggregate::{Aggregate, Rebuild};
use backfill::chunked::{Backfill, BackfillError, Ending, Fixed};
use backfill::database::{Connections, Database, DatabaseError};
use backfill::ledger::{self, Status};
use backfill::listing::RetryPolicy;
use backfill::runner::Runner;
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use crate::driven::{Driven, Then};
use crate::fixture::{Store, between, chain, in_time};
use crate::views::{Watched, complete, direct, figures, rebuild, some, stats};

const LONG: Duration = Duration::from_secs(86_400);

/// In chunks of 5 with `pause` between them, like one that knows nothing of other runs.
fn plain(database: &Database<TokioRuntime>, pause: Duration) -> Backfill<TokioRuntime> {
    let pacer = Fixed::new(5, pause).unwrap();
    Rebuild::new(&stats()).on(database.clone(), pacer)
}

/// Waits until a run has stored so many rows.
async fn until_stored(store: &Store, rows: u64) {
    let connection = store.connection();
    let stored = || {
        let all = ledger::migrations(&connection).unwrap_or_default();
        all.first()
            .is_some_and(|migration| migration.rows_processed == rows)
    };
    in_time(async {
        while !stored() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_second_start_is_refused_or_follows_the_first() {
    let store = some(20);
    let cancel = CancellationToken::new();
    let first = plain(&store.database(), LONG).cancelled_by(cancel.clone());
    let first = tokio::spawn(first.run());
    until_stored(&store, 5).await;
    let error = plain(&store.database(), Duration::ZERO)
        .run()
        .await
        .unwrap_err();
    assert!(
        matches!(error, BackfillError::Held { run: 1, .. }),
        "{error}"
    );
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let second = plain(&store.database(), Duration::ZERO)
        .following(move |migration| tell.send(migration.rows_processed).unwrap());
    let second = tokio::spawn(second.run());
    assert_eq!(in_time(told.recv()).await, Some(5));
    cancel.cancel();
    for run in [first, second] {
        let report = in_time(run).await.unwrap().unwrap();
        assert_eq!(report.ending, Ending::Cancelled);
    }
    let runs = ledger::migrations(&store.connection()).unwrap()[0].runs;
    assert_eq!(runs, 1);
    let resumed = plain(&store.database(), Duration::ZERO)
        .run()
        .await
        .unwrap();
    assert_eq!((resumed.ending, resumed.chunks), (Ending::Done, 3));
    assert_eq!(figures(&store), direct(&store));
}

#[tokio::test]
async fn two_starts_in_one_process_are_one_run() {
    let store = some(20);
    let database = store.database();
    let runner = Runner::new(database.clone());
    let first = runner.start(plain(&database, LONG));
    in_time(async {
        while first.progress().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let again = runner.start(plain(&database, Duration::ZERO));
    assert_eq!(again.progress().unwrap().processed, 5);
    again.cancel();
    let ended = in_time(first.ended()).await.unwrap();
    assert_eq!(ended.as_ref().as_ref().unwrap().ending, Ending::Cancelled);
}

#[tokio::test]
async fn one_that_was_thought_dead_stores_nothing_beside_its_successor() {
    let store = some(20);
    let path = store.path();
    // Where the first one is about to begin its second chunk, another takes over and goes on.
    let runtime = Driven::new(move |step| {
        if step == 4 {
            let second = Connection::open(&path).unwrap();
            let connections = Connections::Shared(vec![second]);
            let database = Database::new(Driven::calm(), connections, LONG, ());
            let run = rebuild(&database, 5).run();
            at_once(run);
        }
        Then::GoOn
    });
    let first = rebuild(&store.database_on(runtime), 5).run();
    let error = in_time(first).await.unwrap_err();
    assert!(
        matches!(error, BackfillError::TurnOver { processed: 5, .. }),
        "{error}"
    );
    assert_eq!(figures(&store), direct(&store));
}

/// Polls a future that never has to wait for anybody else.
fn at_once(future: impl Future) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    while future.as_mut().poll(&mut context).is_pending() {}
}

#[tokio::test]
async fn one_that_is_cancelled_stops_between_chunks_and_in_a_pause_and_is_resumed() {
    let store = some(20);
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let act = move |chunks| {
        if chunks == 2 {
            stop.cancel();
        }
    };
    let database = store.database_on(Driven::calm());
    let run = Rebuild::new(&stats()).on(database, between(5, act));
    let report = in_time(run.cancelled_by(cancel).run()).await.unwrap();
    assert_eq!((report.ending, report.chunks), (Ending::Cancelled, 2));
    let entry = store.entry("page_view_stats").unwrap();
    assert_eq!(
        (entry.status, entry.rows_processed),
        (Status::Cancelled, 10)
    );
    stats().read(&store.connection()).unwrap_err();
    let resumed = complete(&store, 5).await;
    assert_eq!((resumed.ending, resumed.chunks), (Ending::Done, 2));
    assert_eq!(figures(&store), direct(&store));
}

#[tokio::test]
async fn one_that_is_cancelled_inside_a_chunk_leaves_nothing_of_it() {
    let store = some(20);
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let runtime = Driven::new(move |step| {
        if step == 4 {
            stop.cancel();
        }
        Then::GoOn
    });
    let run = rebuild(&store.database_on(runtime), 5).cancelled_by(cancel);
    let report = in_time(run.run()).await.unwrap();
    assert_eq!((report.ending, report.chunks), (Ending::Cancelled, 1));
    assert_eq!(store.number("SELECT passed FROM _aggregates"), 5);
    complete(&store, 5).await;
    assert_eq!(figures(&store), direct(&store));
}

/// A policy whose waits are known.
fn tries(attempts: u32) -> RetryPolicy {
    RetryPolicy {
        attempts: NonZeroU32::new(attempts).unwrap(),
        base: Duration::from_secs(1),
        cap: Duration::from_secs(2),
        seed: 1,
    }
}

/// Runs with another connection holding the lock before steps `from` to `upto`, on a database that
/// waits for nobody by itself.
async fn locked(
    store: &Store,
    (from, upto): (usize, usize),
    retry: RetryPolicy,
) -> (Result<(), BackfillError>, Duration) {
    let other = store.connection();
    let runtime = Driven::new(move |step| {
        if step == from {
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
        }
        if step == upto {
            other.execute_batch("COMMIT").unwrap();
        }
        Then::GoOn
    });
    let connections = Connections::Shared(vec![store.connection()]);
    let database = Database::new(runtime.clone(), connections, Duration::ZERO, ());
    let pacer = Fixed::new(5, Duration::ZERO).unwrap();
    let rebuild = Rebuild::new(&stats()).retrying(retry);
    let run = rebuild.on(database, pacer).noting_every(LONG);
    let ended = in_time(run.run()).await;
    (ended.map(drop), runtime.slept())
}

#[tokio::test]
async fn a_chunk_that_finds_the_database_locked_is_tried_again_after_a_wait() {
    let store = some(20);
    // Each try has two steps: it begins, and it is rolled back.
    let (ended, slept) = locked(&store, (4, 10), tries(8)).await;
    ended.unwrap();
    assert!(
        slept > Duration::ZERO && slept <= Duration::from_secs(1 + 2 + 2),
        "{slept:?}"
    );
    assert_eq!(figures(&store), direct(&store));
}

#[tokio::test]
async fn one_that_stays_locked_ends_with_what_and_where_and_can_be_resumed() {
    let store = some(20);
    let (ended, _) = locked(&store, (4, usize::MAX), tries(3)).await;
    let error = ended.unwrap_err();
    let BackfillError::Chunk {
        after,
        processed,
        source,
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((after.as_str(), *processed), ("key 5", 5));
    assert!(
        matches!(source, DatabaseError::Busy { .. }),
        "{}",
        chain(&error)
    );
    complete(&store, 5).await;
    assert_eq!(figures(&store), direct(&store));
}

#[tokio::test]
async fn whatever_else_fails_is_not_tried_again() {
    let store = some(20);
    store.sql(
        "CREATE TABLE sessions_seen(value TEXT PRIMARY KEY);
               CREATE TRIGGER broken AFTER INSERT ON sessions_seen
               BEGIN SELECT json_extract('{', '$'); END",
    );
    let runtime = Driven::calm();
    let run = rebuild(&store.database_on(runtime.clone()), 5).run();
    let said = chain(&in_time(run).await.unwrap_err());
    assert!(said.contains("the chunk after the start failed"), "{said}");
    assert!(said.contains("malformed JSON"), "{said}");
    assert_eq!(runtime.slept(), Duration::ZERO);
    let entry = store.entry("page_view_stats").unwrap();
    assert_eq!((entry.status, entry.rows_processed), (Status::Failed, 0));
    store.sql("DROP TRIGGER broken");
    complete(&store, 5).await;
    assert_eq!(figures(&store), direct(&store));
}

#[tokio::test]
async fn who_watches_and_panics_harms_nobody() {
    let (store, watched) = (some(20), Watched::default());
    let mut watcher = watched.watcher();
    let rebuild = Rebuild::new(&stats()).watched(move |chunk| {
        watcher(chunk);
        assert!(chunk.upto != 10, "no second chunk, please");
    });
    let pacer = Fixed::new(5, Duration::ZERO).unwrap();
    let run = rebuild.on(store.database_on(Driven::calm()), pacer);
    let report = in_time(run.run()).await.unwrap();
    assert_eq!((report.chunks, report.observer_panics), (4, 1));
    assert_eq!(watched.of(|chunk| chunk.upto), [5, 10, 15, 20]);
    assert_eq!(figures(&store), direct(&store));
}

#[tokio::test]
async fn it_is_seen_where_all_backfills_are() {
    let store = some(20);
    let runtime = Driven::dying(6);
    let run = rebuild(&store.database_on(runtime.clone()), 5).run();
    in_time(runtime.run(run, || {})).await;
    let shown = || ledger::migrations(&store.connection()).unwrap().remove(0);
    let migration = shown();
    assert_eq!(
        (&*migration.name, migration.status),
        ("page_view_stats", Status::Running)
    );
    assert_eq!((migration.rows_processed, migration.rows_total), (10, 20));
    complete(&store, 5).await;
    let migration = shown();
    assert_eq!((migration.status, migration.runs), (Status::Done, 2));
    assert_eq!((migration.rows_processed, migration.rows_total), (20, 20));
}

#[tokio::test]
async fn two_aggregates_of_one_table_know_nothing_of_each_other() {
    let store = some(20);
    let all = Aggregate::new("all views", "page_views", "id", Vec::new()).unwrap();
    complete(&store, 5).await;
    store.sql("INSERT INTO page_views VALUES (NULL, NULL, 'blog', 's', 0)");
    let pacer = Fixed::new(7, Duration::ZERO).unwrap();
    let run = Rebuild::new(&all).on(store.database_on(Driven::calm()), pacer);
    in_time(run.run()).await.unwrap();
    store.sql("INSERT INTO page_views VALUES (NULL, '/', 'blog', 's', 0)");
    assert_eq!(all.read(&store.connection()).unwrap().rows, 22);
    assert_eq!(figures(&store).views, 21);
    all.forget(&store.connection()).unwrap();
    store.sql("INSERT INTO page_views VALUES (NULL, '/', 'blog', 's', 0)");
    assert_eq!(figures(&store).views, 22);
}
