//! Rows that are inserted while the aggregate is rebuilt, and before and after, count once.

use std::sync::{Arc, Mutex};

use backfill::aggregate::AggregateError;
use rusqlite::{Connection, ErrorCode};

use crate::driven::{Driven, Then};
use crate::fixture::{Store, in_time};
use crate::views::{complete, direct, figures, filled, rebuild, some, stats};

/// Runs the rebuild in chunks of `rows` while `act` is told of each step before it is made.
async fn with(store: &Store, rows: u64, mut act: impl FnMut(usize) + Send + 'static) -> usize {
    let runtime = Driven::new(move |step| {
        act(step);
        Then::GoOn
    });
    let run = rebuild(&store.database_on(runtime.clone()), rows);
    in_time(run.run()).await.unwrap();
    runtime.steps()
}

/// Views 2, 4, 6 and so on to `2 * views`, so that there is room between them.
fn with_gaps(views: u64) -> Store {
    let store = some(views);
    store.sql("UPDATE page_views SET id = -2 * id; UPDATE page_views SET id = -id");
    store
}

fn view(connection: &Connection, id: Option<i64>, n: usize) -> rusqlite::Result<()> {
    let sql = "INSERT INTO page_views VALUES (?1, ?2, 'blog', ?3, 0)";
    let (path, session) = (format!("/{}", n % 4), format!("s{}", n % 9));
    connection.execute(sql, (id, path, session)).map(drop)
}

#[tokio::test]
async fn a_writer_at_every_step_is_counted_once_wherever_its_rows_lie() {
    let store = with_gaps(20);
    let busy = Arc::new(Mutex::new(0));
    let (live, refused, mut waiting) = (store.connection(), Arc::clone(&busy), Vec::new());
    let steps = with(&store, 4, move |step| {
        let n = i64::try_from(step).unwrap();
        // At the end, at the start, and from both ends of the rows towards each other: behind the
        // cursor and in front of it.
        let ids = [None, Some(-n), Some(4 * n + 1), Some(39 - 4 * n)];
        let within = ids.into_iter().take(if n < 10 { 4 } else { 1 });
        waiting.extend(within.map(|id| (id, step)));
        waiting.retain(|&(id, n)| match view(&live, id, n) {
            Ok(()) => false,
            Err(error) => {
                assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy));
                *refused.lock().unwrap() += 1;
                true
            }
        });
    })
    .await;
    // Before every commit a transaction is open; nobody else writes then.
    assert!(*busy.lock().unwrap() >= steps / 2, "{busy:?}");
    // What was behind the cursor or beyond the bound was no chunk's.
    let passed = store
        .number("SELECT passed FROM _aggregates")
        .unsigned_abs();
    let (counted, rows) = (figures(&store), direct(&store));
    assert!(20 < passed && passed < rows.views, "{passed} of {rows:?}");
    assert_eq!(counted, rows);
}

#[tokio::test]
async fn rows_before_the_start_and_after_the_end_count_once() {
    let store = some(10);
    let live = store.connection();
    view(&live, None, 1).unwrap();
    complete(&store, 4).await;
    view(&live, None, 2).unwrap();
    view(&live, Some(-7), 3).unwrap();
    assert_eq!(figures(&store).views, 13);
    assert_eq!(figures(&store), direct(&store));
}

#[tokio::test]
async fn a_row_that_is_inserted_again_counts_once() {
    let store = some(10);
    let again = "INSERT OR IGNORE INTO page_views VALUES (99, '/a', 'blog', 'new', 0),
                   (3, '/a', 'blog', 'newer', 0), (-4, '/b', 'blog', 's1', 0);
                 INSERT INTO page_views VALUES (99, '/x', 'blog', 's9', 1)
                   ON CONFLICT DO NOTHING;
                 INSERT INTO page_views VALUES (-4, '/x', 'blog', 's9', 1)
                   ON CONFLICT DO UPDATE SET timestamp_ms = excluded.timestamp_ms;";
    let live = store.connection();
    let steps = with(&store, 4, move |step| {
        if step % 2 == 0 {
            live.execute_batch(again).unwrap();
        }
    });
    assert!(steps.await > 6);
    store.sql(again);
    assert_eq!(figures(&store).views, 12);
    assert_eq!(figures(&store), direct(&store));
}

#[tokio::test]
async fn how_the_writer_wants_conflicts_solved_changes_no_count() {
    let store = some(10);
    complete(&store, 4).await;
    for clause in [
        "",
        "OR ABORT",
        "OR FAIL",
        "OR ROLLBACK",
        "OR IGNORE",
        "OR REPLACE",
    ] {
        store.sql(&format!(
            "INSERT {clause} INTO page_views(path, session_id) VALUES
               ('/1', 's1'), ('/1', 's1'), ('/new', 'new{clause}')"
        ));
        assert_eq!(figures(&store), direct(&store), "{clause}");
    }
    assert_eq!(figures(&store).views, 28);
}

#[tokio::test]
async fn what_a_writer_takes_back_is_not_counted() {
    let store = some(10);
    complete(&store, 4).await;
    let live = store.connection();
    live.execute_batch("BEGIN; SAVEPOINT half").unwrap();
    view(&live, None, 77).unwrap();
    live.execute_batch("ROLLBACK TO half").unwrap();
    view(&live, None, 5).unwrap();
    live.execute_batch("COMMIT; BEGIN").unwrap();
    view(&live, None, 6).unwrap();
    live.execute_batch("ROLLBACK").unwrap();
    assert_eq!(figures(&store).views, 11);
    assert_eq!(figures(&store), direct(&store));
}

#[tokio::test]
async fn a_writer_that_began_before_the_run_is_waited_for() {
    let store = some(10);
    let live = store.connection();
    live.execute_batch("BEGIN IMMEDIATE").unwrap();
    view(&live, None, 1).unwrap();
    with(&store, 4, move |step| match step {
        // The claim was told "busy" twice.
        2 => live.execute_batch("COMMIT").unwrap(),
        _ => drop(live.is_autocommit()),
    })
    .await;
    assert_eq!(figures(&store).views, 11);
    assert_eq!(figures(&store), direct(&store));
}

#[tokio::test]
async fn a_writer_that_has_read_before_the_run_cannot_write_as_if_there_were_none() {
    let store = some(10);
    let live = store.connection();
    live.execute_batch("BEGIN; SELECT count(*) FROM page_views")
        .unwrap();
    complete(&store, 4).await;
    let error = view(&live, None, 1).unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy));
    live.execute_batch("ROLLBACK").unwrap();
    view(&live, None, 1).unwrap();
    assert_eq!(figures(&store).views, 11);
}

/// The row that spoiled the figures, if one did.
fn changed(store: &Store) -> Option<i64> {
    match stats().read(&store.connection()) {
        Err(AggregateError::Changed { id, .. }) => Some(id),
        read => {
            assert_eq!(figures(store), direct(store), "{read:?}");
            None
        }
    }
}

#[tokio::test]
async fn counted_rows_that_change_or_go_are_noticed() {
    let done = some(10);
    complete(&done, 4).await;
    for (sql, id) in [
        (
            "UPDATE page_views SET path = '/other' WHERE id = 3",
            Some(3),
        ),
        ("UPDATE page_views SET path = NULL WHERE id = 3", Some(3)),
        (
            "UPDATE page_views SET session_id = 'S1' WHERE id = 3",
            Some(3),
        ),
        ("UPDATE page_views SET id = 300 WHERE id = 3", Some(3)),
        (
            "UPDATE page_views SET path = path, timestamp_ms = 5, page_type = 'home'",
            None,
        ),
        ("DELETE FROM page_views WHERE id = 3", Some(3)),
        ("DELETE FROM page_views", Some(1)),
        ("DELETE FROM page_views WHERE id = 300", None),
        (
            "REPLACE INTO page_views VALUES (3, '/other', 'blog', 's', 0)",
            Some(3),
        ),
        (
            "PRAGMA recursive_triggers = ON;
          REPLACE INTO page_views VALUES (3, '/other', 'blog', 's', 0)",
            Some(3),
        ),
        (
            "CREATE UNIQUE INDEX moments ON page_views(timestamp_ms);
          PRAGMA recursive_triggers = ON;
          REPLACE INTO page_views VALUES (99, '/', 'blog', 's', 1700000000003)",
            Some(3),
        ),
        (
            "INSERT OR IGNORE INTO page_views VALUES (3, '/other', 'blog', 's', 0);
          REPLACE INTO page_views VALUES (99, '/other', 'blog', 's', 0)",
            None,
        ),
        (
            "INSERT INTO page_views VALUES (99, '/', 'blog', 's', 0);
          DELETE FROM page_views WHERE id = 99",
            Some(99),
        ),
    ] {
        let store = done.copy();
        store.sql(sql);
        assert_eq!(changed(&store), id, "{sql}");
    }
}

#[tokio::test]
async fn rows_that_are_still_to_be_counted_may_change_and_go() {
    let store = some(20);
    let live = store.connection();
    with(&store, 4, move |step| {
        if step == 4 {
            let sql = "UPDATE page_views SET path = '/other' WHERE id = 15;
                       DELETE FROM page_views WHERE id = 17;
                       REPLACE INTO page_views VALUES (18, '/third', 'blog', 'other', 0);
                       DELETE FROM page_views WHERE id = 19;
                       UPDATE page_views SET id = 19 WHERE id = 12";
            live.execute_batch(sql).unwrap();
        }
    })
    .await;
    assert_eq!(changed(&store), None);
    assert_eq!(figures(&store).views, 18);
}

#[tokio::test]
async fn a_row_that_is_moved_to_where_nobody_counts_is_noticed() {
    let store = some(20);
    let runtime = Driven::dying(4);
    let run = rebuild(&store.database_on(runtime.clone()), 4);
    in_time(runtime.run(run.run(), || {})).await;
    store.sql("UPDATE page_views SET id = 100 WHERE id = 12");
    assert_eq!(changed(&store), Some(12));
    let error = rebuild(&store.database_on(Driven::calm()), 4).run().await;
    let said = crate::fixture::chain(&error.unwrap_err());
    assert!(
        said.contains("row 12 of `page_views` was changed"),
        "{said}"
    );
}

#[tokio::test]
async fn a_change_ends_a_run_under_way() {
    let store = some(20);
    let live = store.connection();
    let runtime = Driven::new(move |step| {
        if step == 4 {
            live.execute_batch("DELETE FROM page_views WHERE id = 2")
                .unwrap();
        }
        Then::GoOn
    });
    let run = rebuild(&store.database_on(runtime), 4).run();
    let said = crate::fixture::chain(&in_time(run).await.unwrap_err());
    assert!(said.contains("the chunk after key 4 failed"), "{said}");
    assert!(said.contains("row 2 of `page_views` was changed"), "{said}");
}

#[tokio::test]
async fn values_differ_byte_for_byte_whatever_the_collation() {
    let store = Store::new(
        "CREATE TABLE page_views(id INTEGER PRIMARY KEY, path TEXT COLLATE NOCASE,
           session_id TEXT COLLATE RTRIM);
         INSERT INTO page_views(path, session_id) VALUES
           ('/a', 's'), ('/A', 's '), ('/a', 's'), ('/A', 's  ')",
    );
    complete(&store, 2).await;
    store.sql("INSERT INTO page_views(path, session_id) VALUES ('/A', 's   '), ('/a', 's')");
    let counted = figures(&store);
    assert_eq!((counted.paths, counted.sessions), (2, 4));
    let by_path = [("/A".to_owned(), 3), ("/a".to_owned(), 3)];
    assert_eq!(counted.by_path, by_path);
    store.sql("UPDATE page_views SET path = '/A' WHERE id = 1");
    assert_eq!(changed(&store), Some(1));
}

#[tokio::test]
async fn keys_reach_from_the_smallest_to_the_largest() {
    let store = filled(1, "'/'", "'s'");
    for id in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
        view(&store.connection(), Some(id), 1).unwrap();
    }
    for rows in [1, 3, 7] {
        let store = store.copy();
        complete(&store, rows).await;
        view(&store.connection(), Some(5), 1).unwrap();
        assert_eq!(figures(&store), direct(&store));
    }
}

#[tokio::test]
async fn a_writer_with_an_sqlite_as_old_as_upserts_can_go_on() {
    let store = some(1);
    complete(&store, 5).await;
    let connection = store.connection();
    let all = "SELECT group_concat(sql) FROM sqlite_schema WHERE type = 'trigger'";
    let sql: String = connection.query_row(all, [], |row| row.get(0)).unwrap();
    // Of 2020, 2021, 2021 and 2023.
    for younger in ["iif(", "RETURNING", "ON CONFLICT DO", "octet_length"] {
        assert!(!sql.contains(younger), "{younger} in {sql}");
    }
}
