//! What does not fit is refused before anything is written.

use std::time::Duration;

use backfill::aggregate::{Aggregate, AggregateError, Column, Figure, Rebuild};
use backfill::chunked::{Backfill, Fixed, Job};

use crate::driven::Driven;
use crate::fixture::{Store, alone, chain};
use crate::views::{complete, empty, rebuild, some, stats};

fn by_path(name: &str, table: &str, key: &str, into: &str) -> Result<Aggregate, AggregateError> {
    let figure = Figure::count_by(Column::text("path"), into);
    Aggregate::new(name, table, key, vec![figure])
}

#[test]
fn an_aggregate_that_makes_no_sense_is_refused() {
    for names in [
        ["", "t", "id", "paths"],
        ["n", " ", "id", "paths"],
        ["n", "t", "", "paths"],
        ["n", "t", "id", ""],
    ] {
        let [name, table, key, into] = names;
        let made = by_path(name, table, key, into);
        assert!(
            matches!(made, Err(AggregateError::Empty { .. })),
            "{names:?}"
        );
    }
    let error = by_path("n", "Views", "id", "views").unwrap_err();
    assert!(matches!(error, AggregateError::Twice { .. }), "{error}");
    let twice = ["path", "page_type"].map(|one| Figure::distinct(Column::text(one), "values"));
    let error = Aggregate::new("n", "t", "id", twice.into()).unwrap_err();
    assert!(matches!(error, AggregateError::Twice { .. }), "{error}");
    let none = Figure::distinct(Column::text_up_to("path", 0), "values");
    let error = Aggregate::new("n", "t", "id", vec![none]).unwrap_err();
    assert!(matches!(error, AggregateError::NoText { .. }), "{error}");
}

/// What `aggregate` is told on `store`, where nothing may have been written.
async fn refused(store: &Store, aggregate: &Aggregate) -> String {
    let all = "SELECT group_concat(sql) FROM sqlite_schema";
    let schema = || -> String {
        let connection = store.connection();
        connection.query_row(all, [], |row| row.get(0)).unwrap()
    };
    let before = schema();
    let pacer = Fixed::new(5, Duration::ZERO).unwrap();
    let run = alone(Rebuild::new(aggregate).on(store.database_on(Driven::calm()), pacer));
    let said = chain(&run.run().await.unwrap_err());
    assert_eq!(schema(), before, "{said}");
    said
}

#[tokio::test]
async fn a_table_that_does_not_fit_is_refused() {
    let store = some(5);
    store.sql(
        "CREATE TABLE named(name TEXT PRIMARY KEY, path TEXT);
               CREATE TABLE keyed(id INTEGER PRIMARY KEY, path TEXT) WITHOUT ROWID;
               CREATE TABLE down(id INTEGER PRIMARY KEY DESC, path TEXT);
               CREATE TABLE other(id INTEGER PRIMARY KEY, url TEXT);
               CREATE TABLE full(value TEXT PRIMARY KEY, rows INTEGER);
               INSERT INTO full VALUES ('/', 7)",
    );
    for (table, key, into, says) in [
        ("nowhere", "id", "paths", "no such table or column"),
        ("page_views", "nothing", "paths", "no such table or column"),
        ("page_views", "timestamp_ms", "paths", "it is not the rowid"),
        ("named", "name", "paths", "it is not the rowid"),
        ("keyed", "id", "paths", "it is not the rowid"),
        ("down", "id", "paths", "it is not the rowid"),
        ("other", "id", "paths", "no such column: s.path"),
        ("page_views", "id", "full", "`full` is not empty"),
    ] {
        let aggregate = by_path("paths", table, key, into).unwrap();
        let said = refused(&store, &aggregate).await;
        assert!(said.contains(says), "{table} {key}: {said}");
    }
}

#[tokio::test]
async fn a_figures_table_of_another_shape_is_refused_with_everything_undone() {
    let store = some(5);
    store.sql("CREATE TABLE narrow(value TEXT)");
    let aggregate = by_path("paths", "page_views", "id", "narrow").unwrap();
    let said = refused(&store, &aggregate).await;
    assert!(said.contains("narrow"), "{said}");
    store.sql("INSERT INTO page_views(path) VALUES ('/')");
}

#[tokio::test]
async fn another_aggregate_of_the_same_name_is_refused() {
    let store = some(5);
    complete(&store, 5).await;
    let other = by_path("page_view_stats", "page_views", "id", "views_by_path").unwrap();
    let said = refused(&store, &other).await;
    assert!(said.contains("was another aggregate"), "{said}");
    let error = other.read(&store.connection()).unwrap_err();
    assert!(matches!(error, AggregateError::Other { .. }), "{error}");
    // Not even without the ledger that knows it.
    store.sql("DELETE FROM _async_migrations");
    let said = refused(&store, &other).await;
    assert!(said.contains("was another aggregate"), "{said}");
    other.forget(&store.connection()).unwrap();
    let pacer = Fixed::new(5, Duration::ZERO).unwrap();
    let run = Rebuild::new(&other).on(store.database_on(Driven::calm()), pacer);
    run.run().await.unwrap();
    assert_eq!(
        other
            .read(&store.connection())
            .unwrap()
            .values("views_by_path"),
        Some(3)
    );
}

#[tokio::test]
async fn another_backfill_of_the_same_name_is_refused_either_way() {
    let store = some(5);
    let job = Job::new(
        "page_view_stats",
        "page_views",
        "id",
        "true",
        "page_type = 'x'",
    )
    .unwrap();
    let pacer = Fixed::new(5, Duration::ZERO).unwrap();
    let database = store.database_on(Driven::calm());
    Backfill::new(database.clone(), job.clone(), pacer)
        .run()
        .await
        .unwrap();
    let error = rebuild(&database, 5).run().await.unwrap_err();
    let said = chain(&error);
    assert!(said.contains("did something else"), "{said}");
    assert_eq!(
        store.number("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"),
        0
    );
    stats().forget(&store.connection()).unwrap();
    complete(&store, 5).await;
    let error = Backfill::new(database, job, pacer).run().await.unwrap_err();
    assert!(chain(&error).contains("did something else"), "{error}");
}

#[tokio::test]
async fn who_writes_the_tables_behind_the_runs_back_is_found_out() {
    let store = some(10);
    let other = store.connection();
    let runtime = Driven::new(move |step| {
        if step == 4 {
            other
                .execute_batch("UPDATE _aggregates SET done_id = 2")
                .unwrap();
        }
        crate::driven::Then::GoOn
    });
    let error = rebuild(&store.database_on(runtime), 4)
        .run()
        .await
        .unwrap_err();
    let said = chain(&error);
    assert!(said.contains("is not behind row 4 any more"), "{said}");
}

#[tokio::test]
async fn an_empty_database_says_what_is_missing() {
    let store = empty();
    store.sql("DROP TABLE page_views");
    let error = stats().read(&store.connection()).unwrap_err();
    assert!(matches!(error, AggregateError::NotReady { .. }), "{error}");
    assert!(error.to_string().contains("0 of 0 rows"), "{error}");
}
