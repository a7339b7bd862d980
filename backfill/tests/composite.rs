//! Keys of several columns: which of them a backfill can walk along, that it seeks in them, and
//! that what it does by them is what one UPDATE does.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

use std::time::Duration;

use backfill::Runtime;
use backfill::chunked::{Backfill, Ending, Fixed, Job, JobError, Report, Rollup, Shape};
use backfill::database::Database;
use backfill::ledger::{Key, Status};
use fixture::stepping::{Stepping, Then};
use fixture::{Store, Told, alone, between, chain, in_time};
use proptest::prelude::*;

const KEY: &str = "order_id, line";

fn job(key: &str) -> Job {
    Job::new("mark", "items", key, "done = 0", "done = done + 1").unwrap()
}

/// Adds 1 to `done` of every item where it is 0, by the key, `rows` at a time.
fn mark<R: Runtime>(database: Database<R>, rows: u64) -> Backfill<R> {
    let pacer = Fixed::new(rows, Duration::ZERO).unwrap();
    alone(Backfill::new(database, job(KEY), pacer))
}

/// Tables that have the key, in different ways.
const TABLES: [&str; 6] = [
    "CREATE TABLE items(order_id TEXT NOT NULL, line INT NOT NULL, done INT,
       PRIMARY KEY(order_id, line))",
    "CREATE TABLE items(order_id TEXT, line INT, done INT, PRIMARY KEY(order_id, line))
       WITHOUT ROWID",
    "CREATE TABLE items(id INTEGER PRIMARY KEY, line INT NOT NULL, order_id TEXT NOT NULL, done INT,
       UNIQUE(order_id, line))",
    "CREATE TABLE items(order_id TEXT NOT NULL, line INT NOT NULL, done INT);
     CREATE UNIQUE INDEX down ON items(order_id DESC, line DESC)",
    "CREATE TABLE items(order_id TEXT NOT NULL COLLATE NOCASE, line INT NOT NULL, done INT) STRICT;
     CREATE INDEX misleading ON items(line);
     CREATE UNIQUE INDEX both ON items(order_id, line)",
    "CREATE TABLE items(order_id NOT NULL, line NOT NULL, done INT, PRIMARY KEY(order_id, line))",
];

/// 7 orders with 1 to 7 lines: 28 items.
fn filled(table: &str) -> Store {
    let store = Store::new(table);
    store.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 7)
         INSERT INTO items(order_id, line, done)
         SELECT substr('gXbYcAd', o.i, 1), l.i, 0 FROM n AS o, n AS l WHERE l.i <= o.i",
    );
    store
}

async fn marked(store: &Store, rows: u64) -> Report {
    let told = Told::default();
    let run = mark(store.database(), rows).observed(told.observer());
    let report = in_time(run.run()).await.unwrap();
    assert_eq!(report.ending, Ending::Done);
    assert_eq!(
        store.number("SELECT count(*) FROM items WHERE done IS NOT 1"),
        0
    );
    for (processed, total) in told.pairs() {
        assert!(processed <= total, "{processed} of {total}");
    }
    report
}

#[tokio::test]
async fn every_row_is_done_once_whatever_the_chunk_and_the_table() {
    for table in TABLES {
        for (rows, chunks) in [(1, 28), (3, 10), (27, 2), (28, 1), (1_000, 1)] {
            let report = marked(&filled(table), rows).await;
            assert_eq!((report.chunks, report.scanned), (chunks, 28), "{table}");
            let end = (report.progress.processed, report.progress.total);
            assert_eq!(end, (28, 28));
        }
    }
}

#[tokio::test]
async fn an_empty_table_is_done_at_once() {
    let store = Store::new(TABLES[0]);
    let report = marked(&store, 5).await;
    assert_eq!((report.chunks, report.scanned), (0, 0));
}

/// The refusal of the key `key`, with nothing done.
async fn refusal(table: &str, key: &str) -> String {
    let store = Store::new(table);
    let pacer = Fixed::new(1, Duration::ZERO).unwrap();
    let run = Backfill::new(store.database(), job(key), pacer).run();
    let error = in_time(run).await.unwrap_err();
    let ledger = "SELECT count(*) FROM sqlite_schema WHERE name = '_async_migrations'";
    assert_eq!(store.number(ledger), 0);
    chain(&error)
}

#[tokio::test]
async fn keys_that_do_not_say_which_row_or_cannot_be_sought_in_are_refused() {
    let none = "there is no UNIQUE index over exactly these columns";
    let order = "its columns are not in the order of their index";
    let collation = "its index compares them by another collation than the columns do";
    let mixed = "its index goes up in one column and down in another";
    let may_be_null = "one of its columns may be NULL";
    let missing = "there is no such table or column";
    for (table, says) in [
        (
            "items(order_id TEXT NOT NULL, line INT NOT NULL, done INT)",
            none,
        ),
        (
            "items(order_id TEXT, line INT, done INT, PRIMARY KEY(order_id, line))",
            may_be_null,
        ),
        (
            "items(order_id TEXT NOT NULL, line INT, done INT, UNIQUE(order_id, line))",
            may_be_null,
        ),
        (
            "items(order_id TEXT, line INT, done INT, PRIMARY KEY(line, order_id)) WITHOUT ROWID",
            order,
        ),
        (
            "items(order_id TEXT, line INT, part INT, done INT,
               PRIMARY KEY(order_id, line, part)) WITHOUT ROWID",
            none,
        ),
        (
            "items(order_id TEXT, line INT, done INT,
               PRIMARY KEY(order_id, line DESC)) WITHOUT ROWID",
            mixed,
        ),
        (
            "items(order_id TEXT NOT NULL COLLATE NOCASE, line INT NOT NULL, done INT);
             CREATE UNIQUE INDEX exact ON items(order_id COLLATE BINARY, line)",
            collation,
        ),
        (
            "items(order_id TEXT NOT NULL, line INT NOT NULL, done INT);
             CREATE UNIQUE INDEX some ON items(order_id, line) WHERE done = 0;
             CREATE UNIQUE INDEX odd ON items(order_id, line + 1);
             CREATE INDEX many ON items(order_id, line)",
            none,
        ),
        ("items(order_id TEXT NOT NULL, done INT)", missing),
        ("others(order_id TEXT NOT NULL, line INT NOT NULL)", missing),
    ] {
        let said = refusal(&format!("CREATE TABLE {table}"), KEY).await;
        assert!(said.contains(says), "{table}: {said}");
        assert!(
            said.contains("`order_id, line` is no usable key of `items`"),
            "{said}"
        );
    }
    let twice = refusal(TABLES[0], "line, line").await;
    assert!(twice.contains(none), "{twice}");
}

#[tokio::test]
async fn odd_names_are_quoted_as_in_sql() {
    let store = Store::new(
        "CREATE TABLE items(\"a, b\" TEXT, \"say \"\"hi\"\"\" INT, \"order\" INT, done INT,
           PRIMARY KEY(\"a, b\", \"say \"\"hi\"\"\", \"order\")) WITHOUT ROWID;
         INSERT INTO items VALUES ('x', 1, 1, 0), ('x', 1, 2, 0), ('y', 1, 1, 0)",
    );
    let key = r#""a, b", "say ""hi""", order"#;
    let pacer = Fixed::new(2, Duration::ZERO).unwrap();
    let report = in_time(Backfill::new(store.database(), job(key), pacer).run())
        .await
        .unwrap();
    assert_eq!((report.chunks, report.progress.processed), (2, 3));
    for wrong in ["a,", "\"a", "a, , b"] {
        let error = Job::new("n", "t", wrong, "true", "a = a").unwrap_err();
        assert!(
            matches!(error, JobError::Fragment { field: "key", .. }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn values_that_the_ledger_cannot_note_are_an_error() {
    for value in ["x'00'", "1.5"] {
        let store = Store::new(TABLES[5]);
        store.sql(&format!(
            "INSERT INTO items VALUES ('a', {value}, 0), ('b', {value}, 0)"
        ));
        let error = in_time(mark(store.database(), 1).run()).await.unwrap_err();
        assert!(
            chain(&error).contains("only integers and text can be keys"),
            "{error}"
        );
        assert_eq!(store.number("SELECT sum(done) FROM items"), 0);
        assert_eq!(store.entry("mark"), None);
    }
}

#[tokio::test]
async fn integers_and_text_may_be_mixed_where_the_columns_allow_it() {
    let store = Store::new(TABLES[5]);
    store.sql(
        "INSERT INTO items VALUES (7, 'a', 0), ('7', 'a', 0), (7, 1, 0), (-1, '', 0), ('', -1, 0)",
    );
    assert_eq!(marked(&store, 1).await.chunks, 5);
}

/// 'A' and 'a' are one order to the column, and lie side by side.
#[tokio::test]
async fn a_chunk_that_ends_between_equal_spellings_skips_none() {
    let store = Store::new(TABLES[4]);
    store.sql(
        "INSERT INTO items VALUES ('B', 1, 0), ('a', 2, 0), ('A', 1, 0), ('A', 3, 0), ('b', 2, 0)",
    );
    assert_eq!(marked(&store, 1).await.chunks, 5);
}

#[tokio::test]
async fn a_row_deleted_at_a_chunks_edge_is_not_missed() {
    let edges = [
        // The last row that is done; the next one; the last of all; the rest of an order.
        "order_id = 'X' AND line = 2",
        "order_id = 'Y' AND line = 1",
        "order_id = 'g'",
        "order_id = 'X'",
        "true",
    ];
    for edge in edges {
        let store = filled(TABLES[1]);
        let live = store.connection();
        let delete = format!("DELETE FROM items WHERE {edge}");
        let pacer = between(2, move |chunks| {
            if chunks == 1 {
                live.execute_batch(&delete).unwrap();
            }
        });
        let run = Backfill::new(store.database(), job(KEY), pacer);
        let report = in_time(run.run()).await.unwrap();
        assert_eq!(report.ending, Ending::Done);
        assert_eq!(
            store.number("SELECT count(*) FROM items WHERE done <> 1"),
            0,
            "{edge}"
        );
        assert_eq!(report.progress.total, report.progress.processed);
    }
}

/// Rows inserted behind the cursor or beyond the last key belong to the live path.
#[tokio::test]
async fn rows_beyond_the_snapshot_are_left_alone() {
    let store = filled(TABLES[0]);
    let live = store.connection();
    let pacer = between(4, move |chunks| {
        if chunks == 1 {
            let sql = "INSERT INTO items VALUES ('g', 9, 0), ('zz', 1, 0), ('A', -1, 0)";
            live.execute_batch(sql).unwrap();
        }
    });
    let run = Backfill::new(store.database(), job(KEY), pacer);
    assert_eq!(in_time(run.run()).await.unwrap().ending, Ending::Done);
    let late = "SELECT group_concat(order_id, ' ') = 'A g zz' FROM
                  (SELECT order_id FROM items WHERE done = 0 ORDER BY order_id)";
    assert_eq!(store.number(late), 1);
}

#[tokio::test]
async fn a_run_that_dies_between_any_two_steps_is_completed_by_the_next() {
    for table in [TABLES[1], TABLES[3]] {
        let whole = filled(table);
        let uninterrupted = marked(&whole, 5).await;
        let mut crashes = 0;
        loop {
            let store = filled(table);
            let runtime = Stepping::at(crashes, Then::Hang);
            let run = mark(store.database_on(runtime.clone()), 5).run();
            if in_time(runtime.crash(run)).await.is_some() {
                break;
            }
            store.assert_sound();
            let resumed = marked(&store, 5).await;
            assert_eq!(
                resumed.progress, uninterrupted.progress,
                "crash at step {crashes}"
            );
            assert_eq!(resumed.scanned, 28);
            assert_eq!(store.entry("mark"), whole.entry("mark"));
            crashes += 1;
        }
        assert!(crashes > 12, "{crashes}");
    }
}

#[tokio::test]
async fn the_ledger_notes_all_columns_and_a_cursor_of_another_key_is_refused() {
    let store = filled(TABLES[0]);
    marked(&store, 5).await;
    let cursor = store.entry("mark").unwrap().cursor.unwrap();
    let last = Key::Columns(vec![Key::Text("g".to_owned()), Key::Integer(1)]);
    assert_eq!((cursor.after.as_ref(), &cursor.last), (Some(&last), &last));
    assert_eq!(cursor.keys, Some(28));
    store.sql(
        "UPDATE _async_migrations SET status = 'cancelled', job = NULL;
         CREATE UNIQUE INDEX by_done ON items(done, order_id, line);
         ALTER TABLE items ADD COLUMN id INT NOT NULL DEFAULT 0;
         UPDATE items SET id = rowid; CREATE UNIQUE INDEX by_id ON items(id)",
    );
    let by_id = Job::new("mark", "items", "id", "true", "done = 2").unwrap();
    store.sql(
        "UPDATE _async_migrations SET cursor = json_set(cursor, '$.after', json('[\"A\", 1]'))",
    );
    let pacer = Fixed::new(5, Duration::ZERO).unwrap();
    let run = Backfill::new(store.database(), by_id, pacer).run();
    let error = in_time(run).await.unwrap_err();
    assert!(
        chain(&error).contains("of a key with another number of columns"),
        "{error}"
    );
    assert_eq!(store.entry("mark").unwrap().status, Status::Failed);
    assert_eq!(store.number("SELECT count(*) FROM items WHERE done = 2"), 0);
}

#[test]
fn a_rollup_goes_by_one_column() {
    let rollup = Rollup {
        key: KEY.to_owned(),
        ..fixture::last_seen_rollup()
    };
    for shape in [Shape::InPlace, Shape::TwoPhase, Shape::StorageOrder] {
        let store = Store::empty();
        let pacer = Fixed::new(1, Duration::ZERO).unwrap();
        let made = Backfill::rollup(store.database(), &rollup, shape, pacer);
        let error = made.err().unwrap().to_string();
        assert!(error.contains("a rollup goes by one column"), "{error}");
    }
}

/// A row: its order, its line, and what is in it.
type Row = (String, i64, i64);

fn row() -> impl Strategy<Value = Row> {
    let order = prop_oneof!["[aAbB]{0,2}", "[a-c'\"\\\\äß]{0,3}"];
    let line = prop_oneof![3 => -2..4_i64, 1 => any::<i64>(), 1 => Just(i64::MAX)];
    (order, line, 0..3_i64)
}

/// Fills `table` with those of `rows` that it takes.
fn with(table: &str, rows: &[Row]) -> Store {
    let store = Store::new(table);
    let mut connection = store.connection();
    let all = connection.transaction().unwrap();
    for row in rows {
        let sql = "INSERT OR IGNORE INTO items(order_id, line, done) VALUES (?1, ?2, ?3)";
        all.execute(sql, (&row.0, row.1, row.2)).unwrap();
    }
    all.commit().unwrap();
    store
}

fn rows(store: &Store) -> Vec<Row> {
    let connection = store.connection();
    let sql = "SELECT order_id, line, done FROM items ORDER BY CAST(order_id AS BLOB), line";
    let mut statement = connection.prepare(sql).unwrap();
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    found.unwrap().map(Result::unwrap).collect()
}

async fn equals_one_update(table: &str, given: &[Row], chunk: u64, step: usize) {
    let (plain, store) = (with(table, given), with(table, given));
    plain.sql("UPDATE items SET done = done + 1 WHERE done = 0");
    let runtime = Stepping::at(step, Then::Hang);
    let first = mark(store.database_on(runtime.clone()), chunk).run();
    let ended = in_time(runtime.crash(first)).await;
    let report = match ended {
        Some(report) => report.unwrap(),
        None => in_time(mark(store.database(), chunk).run()).await.unwrap(),
    };
    assert_eq!(rows(&store), rows(&plain), "{table}");
    assert_eq!(report.scanned, rows(&plain).len() as u64);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn chunks_by_several_columns_equal_one_update(
        table in 0..TABLES.len(),
        given in prop::collection::vec(row(), 0..40),
        chunk in 1..12_u64,
        step in 0..24_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(equals_one_update(TABLES[table], &given, chunk, step));
    }
}
