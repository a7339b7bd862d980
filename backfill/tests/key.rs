//! Which keys a backfill can walk along, and which it refuses before any work.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use backfill::TokioRuntime;
use backfill::chunked::{Backfill, BackfillError, Ending, Fixed, Job, JobError, Report};
use backfill::database::{Access, Connections, Database, Usage};
use backfill::ledger::Status;
use fixture::{Store, Told, chain, in_time};
use tokio_util::sync::CancellationToken;

/// Puts 1 into `done` of every row of `items` by the key `k`, `rows` at a time.
fn mark(store: &Store, rows: u64) -> Backfill<TokioRuntime> {
    mark_on(store.database(), rows)
}

fn mark_on(database: Database<TokioRuntime>, rows: u64) -> Backfill<TokioRuntime> {
    let job = Job::new("mark", "items", "k", "done = 0", "done = done + 1").unwrap();
    let pacer = Fixed::new(rows, Duration::ZERO).unwrap();
    Backfill::new(database, job, pacer)
}

/// Marks all of `items`, and makes sure that each row was marked once.
async fn marked(sql: &str, chunk: u64) -> Report {
    let (store, told) = (Store::new(sql), Told::default());
    let run = mark(&store, chunk).observed(told.observer());
    let report = in_time(run.run()).await.unwrap();
    let rows = store.number("SELECT count(*) FROM items");
    assert_eq!(
        store.number("SELECT count(*) FROM items WHERE done = 1"),
        rows
    );
    let end = (rows.unsigned_abs(), rows.unsigned_abs());
    assert_eq!((report.progress.processed, report.progress.total), end);
    assert_eq!(report.ending, Ending::Done);
    for (processed, total) in told.pairs() {
        assert!(processed <= total, "{processed} of {total}");
    }
    report
}

/// The refusal, with nothing done: no row marked, no ledger, not even an empty one.
async fn refusal(sql: &str) -> String {
    let store = Store::new(sql);
    let error = in_time(mark(&store, 1).run()).await.unwrap_err();
    let key = matches!(
        error,
        BackfillError::Job {
            source: JobError::Key { .. },
            ..
        }
    );
    assert!(key, "{error:?}");
    assert_eq!(
        store.number("SELECT count(*) FROM sqlite_schema WHERE name = '_async_migrations'"),
        0
    );
    chain(&error)
}

#[tokio::test]
async fn an_empty_table_is_done_at_once() {
    let report = marked("CREATE TABLE items(k INTEGER PRIMARY KEY, done INT)", 5).await;
    assert_eq!((report.chunks, report.scanned), (0, 0));
}

#[tokio::test]
async fn one_row_is_one_chunk() {
    let sql = "CREATE TABLE items(k INTEGER PRIMARY KEY, done INT);
               INSERT INTO items VALUES (7, 0)";
    assert_eq!(marked(sql, 5).await.chunks, 1);
}

#[tokio::test]
async fn sparse_and_negative_integers_are_walked_in_order() {
    let sql = "CREATE TABLE items(k INTEGER PRIMARY KEY, done INT);
               INSERT INTO items VALUES (-1000000, 0), (-3, 0), (-1, 0), (0, 0), (1, 0), (2, 0),
                 (900000000, 0), (900000001, 0)";
    assert_eq!(marked(sql, 3).await.chunks, 3);
}

#[tokio::test]
async fn the_smallest_and_the_largest_integer_are_keys_like_any_other() {
    let sql = "CREATE TABLE items(k INTEGER PRIMARY KEY, done INT);
               INSERT INTO items VALUES (-9223372036854775807 - 1, 0), (-9223372036854775807, 0),
                 (0, 0), (9223372036854775806, 0), (9223372036854775807, 0)";
    assert_eq!(marked(sql, 1).await.chunks, 5);
    assert_eq!(marked(sql, 2).await.chunks, 3);
}

#[tokio::test]
async fn unique_integers_that_are_no_primary_key_will_do() {
    let sql = "CREATE TABLE items(name TEXT PRIMARY KEY, k INT NOT NULL UNIQUE, done INT);
               INSERT INTO items VALUES ('a', 30, 0), ('b', 10, 0), ('c', 20, 0)";
    assert_eq!(marked(sql, 2).await.chunks, 2);
}

#[tokio::test]
async fn unique_text_is_walked_in_its_order_and_counted() {
    let sql = "CREATE TABLE items(k TEXT NOT NULL UNIQUE, done INT);
               INSERT INTO items VALUES ('b', 0), ('', 0), ('10', 0), ('9', 0), ('ä\"\\', 0),
                 ('a''; DROP TABLE items', 0), ('B', 0)";
    assert_eq!(marked(sql, 2).await.chunks, 4);
}

#[tokio::test]
async fn text_is_walked_in_its_own_collation() {
    let sql = "CREATE TABLE items(k TEXT NOT NULL UNIQUE COLLATE NOCASE, done INT);
               INSERT INTO items VALUES ('b', 0), ('A', 0), ('C', 0), ('d', 0), ('_', 0)";
    assert_eq!(marked(sql, 1).await.chunks, 5);
}

/// 25 000 text keys, which take three reads to count.
const MANY: &str = "
    CREATE TABLE items(k TEXT PRIMARY KEY, done INT) WITHOUT ROWID;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
    INSERT INTO items SELECT 'k' || i, 0 FROM n";

/// [`MANY`] keys to mark, `act` after each transaction, and the reads and writes there are.
fn many(act: impl Fn(usize) + Send + Sync + 'static) -> (Store, Database<TokioRuntime>, Accesses) {
    let (store, accesses) = (Store::new(MANY), Accesses::default());
    let seen = Arc::clone(&accesses);
    let observer = move |usage: &Usage| {
        let mut seen = seen.lock().unwrap();
        seen.push(usage.access);
        act(seen.len());
    };
    let shared = Connections::Shared(vec![store.connection()]);
    let database = Database::new(TokioRuntime::new(), shared, Duration::ZERO, observer);
    (store, database, accesses)
}

type Accesses = Arc<Mutex<Vec<Access>>>;

#[tokio::test]
async fn text_keys_are_counted_once_over_all_runs() {
    let (store, database, accesses) = many(|_| {});
    let (cancel, told) = (CancellationToken::new(), Told::default());
    let (mut tell, stop) = (told.observer(), cancel.clone());
    let run = mark_on(database.clone(), 10_000).cancelled_by(cancel);
    let run = run.observed(move |progress| {
        tell(progress);
        stop.cancel();
    });
    let first = in_time(run.run()).await.unwrap();
    assert_eq!(first.ending, Ending::Cancelled);
    assert_eq!(told.pairs(), [(10_000, 25_000)]);
    accesses.lock().unwrap().clear();
    let second = in_time(mark_on(database, 10_000).run()).await.unwrap();
    assert_eq!((second.chunks, second.progress.processed), (2, 25_000));
    assert!(!accesses.lock().unwrap().contains(&Access::Read));
    assert_eq!(store.number("SELECT sum(done) FROM items"), 25_000);
}

#[tokio::test]
async fn a_cancelled_run_does_not_go_on_counting() {
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    // Claimed, counted the first keys.
    let (store, database, accesses) = many(move |uses| {
        if uses == 2 {
            stop.cancel();
        }
    });
    let run = mark_on(database, 10_000).cancelled_by(cancel);
    let report = in_time(run.run()).await.unwrap();
    assert_eq!((report.ending, report.chunks), (Ending::Cancelled, 0));
    let reads = accesses
        .lock()
        .unwrap()
        .iter()
        .filter(|access| **access == Access::Read)
        .count();
    assert_eq!(reads, 2, "the second ends before it begins");
    assert_eq!(store.entry("mark").unwrap().status, Status::Cancelled);
}

#[tokio::test]
async fn a_count_that_fails_is_noted_as_a_failure() {
    let store = Store::new(MANY);
    let outside = Mutex::new(store.connection());
    let shared = Connections::Shared(vec![store.connection()]);
    let observer = move |usage: &Usage| {
        if usage.access == Access::Read {
            let sql = "ALTER TABLE items RENAME TO away";
            let _ = outside.lock().unwrap().execute_batch(sql);
        }
    };
    let database = Database::new(TokioRuntime::new(), shared, Duration::ZERO, observer);
    let error = in_time(mark_on(database, 10_000).run()).await.unwrap_err();
    assert!(chain(&error).contains("no such table"), "{error}");
    let entry = store.entry("mark").unwrap();
    assert_eq!((entry.status, entry.rows_processed), (Status::Failed, 0));
}

#[tokio::test]
async fn a_table_without_rowid_is_walked_by_its_primary_key() {
    let sql = "CREATE TABLE items(k TEXT PRIMARY KEY, done INT) WITHOUT ROWID;
               INSERT INTO items VALUES ('x', 0), ('y', 0), ('z', 0)";
    assert_eq!(marked(sql, 2).await.chunks, 2);
    let sql = "CREATE TABLE items(k INTEGER PRIMARY KEY, done INT) WITHOUT ROWID;
               INSERT INTO items VALUES (3, 0), (5, 0), (9, 0)";
    assert_eq!(marked(sql, 2).await.chunks, 2);
}

#[tokio::test]
async fn integers_and_text_may_be_mixed_where_the_column_allows_it() {
    let sql = "CREATE TABLE items(k NOT NULL UNIQUE, done INT);
               INSERT INTO items VALUES (7, 0), ('7', 0), ('a', 0), (-1, 0)";
    assert_eq!(marked(sql, 1).await.chunks, 4);
}

#[tokio::test]
async fn a_column_without_unique_values_is_refused() {
    let text = refusal("CREATE TABLE items(k INT NOT NULL, done INT)").await;
    assert!(text.contains("it is not unique by itself"), "{text}");
    let partial = "CREATE TABLE items(k INT NOT NULL, done INT);
                   CREATE UNIQUE INDEX some ON items(k) WHERE done = 0";
    assert!(refusal(partial).await.contains("not unique by itself"));
}

#[tokio::test]
async fn a_column_that_may_be_null_is_refused() {
    for sql in [
        "CREATE TABLE items(k INT UNIQUE, done INT)",
        // SQLite lets NULL into a primary key that is not the rowid.
        "CREATE TABLE items(k TEXT PRIMARY KEY, done INT)",
        "CREATE TABLE items(k INTEGER PRIMARY KEY DESC, done INT);
         INSERT INTO items VALUES (NULL, 0), (1, 0)",
    ] {
        let text = refusal(sql).await;
        assert!(text.contains("it may be NULL"), "{sql}: {text}");
    }
}

#[tokio::test]
async fn a_part_of_a_composite_key_is_refused() {
    let text = refusal("CREATE TABLE items(k INT NOT NULL, b INT, done INT, PRIMARY KEY(k, b))");
    assert!(text.await.contains("not unique by itself"));
    let text =
        refusal("CREATE TABLE items(k INT, b INT, done INT, PRIMARY KEY(k, b)) WITHOUT ROWID");
    let text = text.await;
    assert!(text.contains("`k` is no usable key of `items`"), "{text}");
}

#[tokio::test]
async fn a_missing_table_or_column_is_refused() {
    for sql in [
        "CREATE TABLE other(k INT)",
        "CREATE TABLE items(id INT, done INT)",
    ] {
        let text = refusal(sql).await;
        assert!(text.contains("there is no such table or column"), "{text}");
        assert!(text.contains("backfill `mark` cannot start"), "{text}");
    }
}

#[tokio::test]
async fn keys_that_compare_as_equal_under_the_columns_collation_are_refused() {
    let text = refusal(
        "CREATE TABLE items(k TEXT NOT NULL COLLATE NOCASE, done INT);
         CREATE UNIQUE INDEX exact ON items(k COLLATE BINARY);
         INSERT INTO items VALUES ('a', 0), ('A', 0)",
    )
    .await;
    assert!(text.contains("not unique by itself"), "{text}");
}

#[tokio::test]
async fn keys_that_are_neither_integers_nor_text_are_an_error() {
    let store = Store::new(
        "CREATE TABLE items(k NOT NULL UNIQUE, done INT);
         INSERT INTO items VALUES (x'00', 0), (x'01', 0)",
    );
    let error = in_time(mark(&store, 1).run()).await.unwrap_err();
    assert!(chain(&error).contains("only integers and text can be keys"));
    assert_eq!(store.entry("mark"), None);
    assert_eq!(store.number("SELECT sum(done) FROM items"), 0);
}
