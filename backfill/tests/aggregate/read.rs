//! Figures are given when they are whole, and not before, and not when they no longer hold.

use std::sync::{Arc, Mutex};

use backfill::aggregate::AggregateError;
use backfill::chunked::Progress;

use crate::driven::{Driven, Then};
use crate::fixture::in_time;
use crate::views::{complete, direct, empty, figures, rebuild, some, stats};

/// How far the rebuild says it is; `None` if it gives figures.
fn progress(connection: &rusqlite::Connection) -> Option<(u64, u64)> {
    match stats().read(connection) {
        Ok(_) => None,
        Err(AggregateError::NotReady { progress, .. }) => {
            let Progress { processed, total } = progress;
            Some((processed, total))
        }
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn nothing_is_read_until_the_ledger_says_done() {
    let store = some(12);
    assert_eq!(progress(&store.connection()), Some((0, 0)));
    let (reader, seen) = (store.connection(), Arc::new(Mutex::new(Vec::new())));
    let noted = Arc::clone(&seen);
    let runtime = Driven::new(move |_| {
        noted.lock().unwrap().push(progress(&reader));
        Then::GoOn
    });
    let run = rebuild(&store.database_on(runtime), 5).run();
    in_time(run).await.unwrap();
    let each = [
        None,
        None,
        Some((0, 12)),
        Some((5, 12)),
        Some((10, 12)),
        Some((12, 12)),
    ];
    let mut expected: Vec<_> = each.into_iter().flat_map(|at| [at, at]).collect();
    // Before the claim is stored there is nothing.
    expected[..4].fill(Some((0, 0)));
    expected.drain(..2);
    assert_eq!(*seen.lock().unwrap(), expected);
    assert_eq!(progress(&store.connection()), None);
}

#[tokio::test]
async fn a_run_that_ends_early_gives_no_figures() {
    let store = some(12);
    let runtime = Driven::dying(6);
    let run = rebuild(&store.database_on(runtime.clone()), 5).run();
    in_time(runtime.run(run, || {})).await;
    for status in ["running", "failed", "cancelled", "pending", "finished"] {
        store.sql(&format!("UPDATE _async_migrations SET status = '{status}'"));
        assert_eq!(progress(&store.connection()), Some((10, 12)), "{status}");
    }
    // A ledger that is gone says nothing, and so do the figures.
    complete(&store, 5).await;
    store.sql("DELETE FROM _async_migrations");
    assert_eq!(progress(&store.connection()), Some((0, 0)));
}

#[tokio::test]
async fn rows_are_told_by_value() {
    let store = some(10);
    let connection = store.connection();
    let views = |path: &str| stats().rows_with(&connection, "views_by_path", &path);
    assert!(matches!(views("/1"), Err(AggregateError::NotReady { .. })));
    complete(&store, 4).await;
    assert_eq!((views("/1").unwrap(), views("/none").unwrap()), (4, 0));
    let error = stats()
        .rows_with(&connection, "sessions_seen", &"s1")
        .unwrap_err();
    assert!(matches!(error, AggregateError::NoFigure { .. }), "{error}");
    let figures = stats().read(&connection).unwrap();
    assert_eq!(figures.values("page_views"), None);
}

#[tokio::test]
async fn a_table_made_anew_has_lost_its_triggers_and_that_is_told() {
    let store = some(10);
    complete(&store, 4).await;
    store.sql(
        "CREATE TABLE anew AS SELECT * FROM page_views;
         DROP TABLE page_views; ALTER TABLE anew RENAME TO page_views",
    );
    let error = stats().read(&store.connection()).unwrap_err();
    assert!(matches!(error, AggregateError::Unwatched { .. }), "{error}");
}

#[tokio::test]
async fn a_table_that_is_renamed_keeps_them_under_its_new_name() {
    let store = some(10);
    complete(&store, 4).await;
    store.sql(
        "ALTER TABLE page_views RENAME TO views; INSERT INTO views(path, session_id)
               VALUES ('/', 's')",
    );
    let error = stats().read(&store.connection()).unwrap_err();
    assert!(matches!(error, AggregateError::Unwatched { .. }), "{error}");
    store.sql("ALTER TABLE views RENAME TO page_views");
    assert_eq!(figures(&store), direct(&store));
    assert_eq!(figures(&store).views, 11);
}

#[tokio::test]
async fn what_is_gone_is_not_taken_for_nothing() {
    for sql in ["DROP TABLE _aggregates", "DELETE FROM _aggregates"] {
        let store = some(10);
        complete(&store, 4).await;
        store.sql(sql);
        let error = stats().read(&store.connection()).unwrap_err();
        assert!(matches!(error, AggregateError::Gone { .. }), "{error}");
        let again = rebuild(&store.database_on(Driven::calm()), 4).run().await;
        let said = crate::fixture::chain(&again.unwrap_err());
        assert!(said.contains("is gone from _aggregates"), "{said}");
    }
}

#[tokio::test]
async fn what_is_forgotten_can_be_rebuilt_from_nothing() {
    let store = some(10);
    store.sql("UPDATE page_views SET path = NULL WHERE id = 3");
    complete(&store, 4).await;
    store.sql("DELETE FROM page_views WHERE id < 5; DELETE FROM page_views WHERE id = 3");
    stats().forget(&store.connection()).unwrap();
    let left = "SELECT (SELECT count(*) FROM _aggregates) + (SELECT count(*) FROM _dead_letters)
                     + (SELECT count(*) FROM _aggregate_values)
                     + (SELECT count(*) FROM _async_migrations)
                     + (SELECT count(*) FROM sqlite_schema WHERE type = 'trigger')
                     + (SELECT count(*) FROM sqlite_schema WHERE name = 'views_by_path')";
    assert_eq!(store.number(left), 0);
    assert_eq!(progress(&store.connection()), Some((0, 0)));
    store.sql("INSERT INTO page_views VALUES (2, '/again', 'blog', 's', 0)");
    complete(&store, 4).await;
    assert_eq!(figures(&store), direct(&store));
    assert_eq!(figures(&store).views, 7);
}

#[tokio::test]
async fn a_run_under_way_that_is_forgotten_stores_nothing_more() {
    let store = some(20);
    let other = store.connection();
    let runtime = Driven::new(move |step| {
        if step == 4 {
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            stats().forget(&other).unwrap();
            other.execute_batch("COMMIT").unwrap();
        }
        Then::GoOn
    });
    let run = rebuild(&store.database_on(runtime), 4).run();
    let said = crate::fixture::chain(&in_time(run).await.unwrap_err());
    assert!(said.contains("turn is over"), "{said}");
    complete(&store, 4).await;
    assert_eq!(figures(&store), direct(&store));
}

#[test]
fn what_was_never_begun_can_be_forgotten_and_costs_nobody_a_table() {
    let store = empty();
    store.sql("CREATE TABLE views_by_path(value TEXT); INSERT INTO views_by_path VALUES ('mine')");
    stats().forget(&store.connection()).unwrap();
    assert_eq!(store.number("SELECT count(*) FROM views_by_path"), 1);
}

#[tokio::test]
async fn a_run_under_way_whose_counts_are_deleted_says_so() {
    let store = some(20);
    let other = store.connection();
    let runtime = Driven::new(move |step| {
        if step == 4 {
            other.execute_batch("DELETE FROM _aggregates").unwrap();
        }
        Then::GoOn
    });
    let run = rebuild(&store.database_on(runtime), 4).run();
    let said = crate::fixture::chain(&in_time(run).await.unwrap_err());
    assert!(said.contains("is gone from _aggregates"), "{said}");
}
