//! Who gets a connection when, and what a transaction leaves behind however it ends.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use backfill::TokioRuntime;
use backfill::database::{Access, Connections, Database, DatabaseError, Usage};
use backfill::ledger::Status;
use fixture::stepping::{Stepping, Then};
use fixture::{Store, backfill, between, chain, in_time, last_seen_job};
use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

const WRITTEN: &str = "SELECT count(*) FROM transmissions WHERE last_seen = 1";

/// Marks the transmissions up to `id`.
fn mark(id: i64) -> impl FnOnce(&Connection) -> rusqlite::Result<usize> + Send + 'static {
    move |connection| {
        connection.execute(
            "UPDATE transmissions SET last_seen = 1 WHERE id <= ?1",
            [id],
        )
    }
}

fn written(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row(WRITTEN, [], |row| row.get(0))
}

/// Work that writes, says that it is inside its transaction, and stays there until it is let go.
struct Inside {
    entered: oneshot::Receiver<()>,
    let_go: mpsc::Sender<()>,
}

fn inside() -> (
    Inside,
    impl FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static,
) {
    let (enter, entered) = oneshot::channel();
    let (let_go, wait) = mpsc::channel();
    let work = move |connection: &Connection| {
        mark(1)(connection)?;
        enter.send(()).unwrap();
        // An end that was dropped lets go, too.
        let _ = wait.recv();
        Ok(())
    };
    (Inside { entered, let_go }, work)
}

/// The usages a database reports, in order.
type Usages = Arc<Mutex<Vec<Usage>>>;

fn observed(store: &Store) -> (Database<TokioRuntime>, Usages) {
    let usages = Usages::default();
    let list = Arc::clone(&usages);
    let shared = Connections::Shared(vec![store.connection()]);
    let observer = move |usage: &Usage| list.lock().unwrap().push(*usage);
    let database = Database::new(
        TokioRuntime::new(),
        shared,
        Duration::from_secs(20),
        observer,
    );
    (database, usages)
}

#[tokio::test]
async fn who_asks_first_is_served_first_whatever_they_ask_for() {
    let (database, usages) = observed(&Store::observed(5));
    let (holder, work) = inside();
    let holding = database.named("holder");
    let holding = tokio::spawn(async move { holding.write(work).await });
    in_time(holder.entered).await.unwrap();
    let (reader, writer) = (database.named("reader"), database.named("writer"));
    let (late, let_go) = (database.named("late reader"), holder.let_go);
    // Each branch asks when it is polled first, which is in this order.
    let (first, second, third, ()) = in_time(async {
        let first = reader.read(written);
        let (second, third) = (writer.write(mark(5)), late.read(written));
        tokio::join!(biased; first, second, third, async {
            let_go.send(()).unwrap();
        })
    })
    .await;
    holding.await.unwrap().unwrap();
    assert_eq!((first.unwrap(), second.unwrap(), third.unwrap()), (1, 5, 5));
    let usages = usages.lock().unwrap();
    let order: Vec<_> = usages
        .iter()
        .map(|usage| (usage.user, usage.waiting))
        .collect();
    assert_eq!(
        order,
        [
            ("holder", 3),
            ("reader", 2),
            ("writer", 1),
            ("late reader", 0)
        ]
    );
    for pair in usages.windows(2) {
        assert!(pair[0].released_at <= pair[1].acquired_at);
    }
}

#[tokio::test]
async fn a_usage_says_what_was_done_and_in_which_order() {
    let (database, usages) = observed(&Store::observed(5));
    let never = CancellationToken::new();
    let user = database.named("user");
    let (result, usage) = user.transact(Access::Write, never.clone(), mark(3)).await;
    assert_eq!((result.unwrap(), usage.rows_changed), (3, 3));
    assert_eq!((usage.user, usage.access), ("user", Access::Write));
    assert_eq!((usage.busy_retries, usage.waiting), (0, 0));
    assert!(usage.queued_at <= usage.acquired_at && usage.acquired_at <= usage.locked_at);
    assert!(usage.locked_at <= usage.released_at);
    let (_, read) = database
        .transact(Access::Read, never.clone(), written)
        .await;
    assert_eq!((read.access, read.rows_changed), (Access::Read, 0));
    let failing = |connection: &Connection| {
        mark(4)(connection)?;
        connection.execute_batch("no SQL")
    };
    let (failed, rolled_back) = database.transact(Access::Write, never, failing).await;
    assert!(chain(&failed.unwrap_err()).contains("syntax error"));
    assert_eq!(rolled_back.rows_changed, 0);
    assert_eq!(*usages.lock().unwrap(), [usage, read, rolled_back]);
    assert_eq!(
        database.read(written).await.unwrap(),
        3,
        "the 4th was not stored"
    );
}

#[tokio::test]
async fn readers_of_their_own_go_on_while_a_write_is_open() {
    let store = Store::observed(3);
    let split = Connections::Split {
        readers: vec![store.connection()],
        writers: vec![store.connection()],
    };
    let database = Database::new(TokioRuntime::new(), split, Duration::from_secs(20), ());
    let (writer, work) = inside();
    let writing = database.clone();
    let writing = tokio::spawn(async move { writing.write(work).await });
    in_time(writer.entered).await.unwrap();
    assert_eq!(in_time(database.read(written)).await.unwrap(), 0);
    writer.let_go.send(()).unwrap();
    writing.await.unwrap().unwrap();
    assert_eq!(in_time(database.read(written)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_read_sees_one_snapshot_from_beginning_to_end() {
    let store = Store::observed(3);
    let outside = store.connection();
    let database = store.database();
    let twice = database.read(move |connection| {
        let before = written(connection)?;
        mark(3)(&outside)?;
        Ok((before, written(connection)?))
    });
    assert_eq!(in_time(twice).await.unwrap(), (0, 0));
    assert_eq!(store.number(WRITTEN), 3);
}

#[tokio::test]
async fn a_locked_database_is_tried_again_until_it_is_free() {
    let store = Store::observed(3);
    let holder = Mutex::new(store.connection());
    holder
        .lock()
        .unwrap()
        .execute_batch("BEGIN IMMEDIATE")
        .unwrap();
    let runtime = Stepping::on_sleep(move |sleeps| {
        if sleeps == 3 {
            holder.lock().unwrap().execute_batch("COMMIT").unwrap();
        }
    });
    let database = store.database_on(runtime);
    let never = CancellationToken::new();
    let (result, usage) = in_time(database.transact(Access::Write, never, mark(2))).await;
    assert_eq!((result.unwrap(), usage.busy_retries), (2, 4));
    // The waits of 1, 2, 5 and 10 ms, which may come out longer but never shorter.
    let waited_for_lock = usage.locked_at - usage.acquired_at;
    assert!(
        waited_for_lock >= Duration::from_millis(18),
        "waiting for the lock is no hold: {usage:?}"
    );
    assert_eq!(store.number(WRITTEN), 2);
}

#[tokio::test]
async fn a_commit_that_readers_stand_in_the_way_of_is_tried_again() {
    let store = Store::observed(3);
    store.sql("PRAGMA journal_mode = DELETE");
    let reader = Mutex::new(store.connection());
    reader.lock().unwrap().execute_batch("BEGIN").unwrap();
    assert_eq!(written(&reader.lock().unwrap()).unwrap(), 0);
    let runtime = Stepping::on_sleep(move |sleeps| {
        if sleeps == 1 {
            let reader = reader.lock().unwrap();
            assert_eq!(
                written(&reader).unwrap(),
                0,
                "nothing shows before the commit"
            );
            reader.execute_batch("COMMIT").unwrap();
        }
    });
    let database = store.database_on(runtime);
    let never = CancellationToken::new();
    let (result, usage) = in_time(database.transact(Access::Write, never, mark(2))).await;
    assert_eq!((result.unwrap(), usage.busy_retries), (2, 2));
    assert_eq!((usage.rows_changed, store.number(WRITTEN)), (2, 2));
}

#[tokio::test]
async fn a_lock_held_for_longer_than_the_busy_timeout_is_an_error_and_the_backfill_resumes() {
    let store = Store::observed(30);
    let (expected, outside) = (store.expected(), store.connection());
    let shared = Connections::Shared(vec![store.connection()]);
    let timeout = Duration::from_millis(20);
    let database = Database::new(TokioRuntime::new(), shared, timeout, ());
    let pacer = between(10, move |chunks| {
        if chunks == 2 {
            outside.execute_batch("BEGIN IMMEDIATE").unwrap();
        }
    });
    let run = backfill::chunked::Backfill::new(database.clone(), last_seen_job(), pacer);
    let text = chain(&in_time(run.run()).await.unwrap_err());
    for part in [
        "after key 20",
        "20 rows are stored",
        "stayed locked for 20ms",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let entry = store.entry("last_seen").unwrap();
    assert_eq!((entry.status, entry.rows_processed), (Status::Running, 20));
    let resumed = in_time(backfill(&database, 10).run()).await.unwrap();
    assert_eq!((resumed.chunks, resumed.progress.processed), (1, 30));
    assert_eq!(store.last_seen(), expected);
}

#[tokio::test]
async fn the_busy_timeout_is_used_up_and_then_an_error() {
    let store = Store::observed(3);
    let holder = store.connection();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let shared = Connections::Shared(vec![store.connection()]);
    let timeout = Duration::from_millis(20);
    let database = Database::new(TokioRuntime::new(), shared, timeout, ());
    let never = CancellationToken::new();
    let (result, usage) = in_time(database.transact(Access::Write, never, mark(2))).await;
    assert!(matches!(result, Err(DatabaseError::Busy { waited, .. }) if waited == timeout));
    // The first try, and one after each of 1, 2, 5, 10 and 2 ms.
    assert_eq!((usage.busy_retries, usage.rows_changed), (6, 0));
    assert_eq!(database.read(written).await.unwrap(), 0);
}

#[tokio::test]
async fn a_panic_in_the_work_stores_nothing_and_gives_the_connection_back() {
    let store = Store::observed(3);
    let (database, usages) = observed(&store);
    let working = database.clone();
    let task = tokio::spawn(async move {
        let panicking = |connection: &Connection| -> rusqlite::Result<()> {
            mark(3)(connection)?;
            panic!("the work's own failure");
        };
        working.write(panicking).await
    });
    assert!(in_time(task).await.unwrap_err().is_panic());
    assert_eq!(in_time(database.read(written)).await.unwrap(), 0);
    let changed: Vec<u64> = usages
        .lock()
        .unwrap()
        .iter()
        .map(|u| u.rows_changed)
        .collect();
    assert_eq!(changed, [0, 0]);
}

/// SQLite ends a transaction by itself when it is interrupted; work may not notice.
#[tokio::test]
async fn work_that_outlives_its_transaction_is_an_error() {
    let store = Store::observed(3);
    let database = store.database();
    let result = database
        .write(|connection| {
            mark(3)(connection)?;
            connection.execute_batch("ROLLBACK")
        })
        .await;
    let text = result.unwrap_err().to_string();
    assert!(text.contains("ended before its work did"), "{text}");
    assert_eq!(database.read(written).await.unwrap(), 0);
}

#[tokio::test]
async fn work_whose_caller_went_away_stores_nothing_and_gives_the_connection_back() {
    let store = Store::observed(3);
    let database = store.database();
    let (writer, work) = inside();
    let writing = database.clone();
    let task = tokio::spawn(async move { writing.write(work).await });
    in_time(writer.entered).await.unwrap();
    task.abort();
    assert!(in_time(task).await.unwrap_err().is_cancelled());
    let next = database.write(mark(0));
    writer.let_go.send(()).unwrap();
    assert_eq!(in_time(next).await.unwrap(), 0);
    assert_eq!(in_time(database.read(written)).await.unwrap(), 0);
    assert_eq!(store.number(WRITTEN), 0);
}

#[tokio::test]
async fn a_write_is_there_after_its_commit_and_not_before() {
    let store = Store::observed(3);
    // Step 0 is the body, step 1 the commit.
    let runtime = Stepping::at(1, Then::Hang);
    let database = store.database_on(runtime.clone());
    let look = || assert_eq!(store.number(WRITTEN), 0, "the body alone stores nothing");
    let ended = in_time(runtime.crash_then(database.write(mark(3)), look)).await;
    assert!(ended.is_none());
    assert_eq!(in_time(database.read(written)).await.unwrap(), 0);
    assert_eq!(in_time(database.write(mark(3))).await.unwrap(), 3);
    assert_eq!(store.number(WRITTEN), 3);
}
