//! Rows that fit no figure are set aside, whoever meets them, and hold up nothing.

use backfill::aggregate::{Aggregate, Column, Figure, Rebuild};
use backfill::chunked::Fixed;
use std::time::Duration;

use crate::driven::Driven;
use crate::fixture::{Store, alone, in_time};
use crate::views::{FITTING, Watched, complete, direct_where, figures, some, stats};

/// The letters: id and reason.
fn letters(store: &Store) -> Vec<(i64, String)> {
    let connection = store.connection();
    let sql = "SELECT id, reason FROM _dead_letters
               WHERE store = 'page_view_stats' AND tbl = 'page_views' AND checkpoint = 0
               ORDER BY id";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

fn expected(reasons: &[(i64, &str)]) -> Vec<(i64, String)> {
    let owned = |&(id, reason): &(i64, &str)| (id, reason.to_owned());
    reasons.iter().map(owned).collect()
}

const FITS: &str = "typeof(path) = 'text' AND length(CAST(path AS BLOB)) <= 30
                    AND typeof(session_id) = 'text'";

#[tokio::test]
async fn a_row_that_does_not_fit_is_set_aside_with_its_reason() {
    let store = some(23);
    store.sql(
        "UPDATE page_views SET path = NULL WHERE id = 1;
         UPDATE page_views SET session_id = x'ff00' WHERE id = 6;
         UPDATE page_views SET path = '/' || substr('ääääääääääääääääää', 1, 15) WHERE id = 7;
         UPDATE page_views SET path = substr('ääääääääääääääääää', 1, 15) WHERE id = 8;
         UPDATE page_views SET path = x'00', session_id = NULL WHERE id = 23",
    );
    let watched = Watched::default();
    let pacer = Fixed::new(5, Duration::ZERO).unwrap();
    let rebuild = Rebuild::new(&stats()).watched(watched.watcher());
    let run = rebuild.on(store.database_on(Driven::calm()), pacer);
    let report = in_time(run.run()).await.unwrap();
    assert_eq!(
        report.progress.processed, 23,
        "passed, with or without a count"
    );
    assert_eq!(watched.of(|chunk| chunk.refused), [1, 2, 0, 0, 1]);
    assert_eq!(figures(&store), direct_where(&store, FITS));
    assert_eq!(figures(&store).views, 19);
    let reasons = [
        (1, "path is no text but null"),
        (6, "session_id is no text but blob"),
        (7, "path has more than 30 bytes"),
        (23, "path is no text but blob"),
    ];
    assert_eq!(letters(&store), expected(&reasons));
}

#[tokio::test]
async fn a_live_row_that_does_not_fit_is_stored_and_set_aside() {
    let store = some(3);
    complete(&store, 5).await;
    for clause in ["", "OR ABORT", "OR IGNORE", "OR REPLACE"] {
        store.sql(&format!(
            "INSERT {clause} INTO page_views VALUES (NULL, NULL, 'blog', 's1', 0)"
        ));
    }
    assert_eq!(store.number("SELECT count(*) FROM page_views"), 7);
    assert_eq!(figures(&store), direct_where(&store, FITTING));
    let ids: Vec<i64> = letters(&store).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, [4, 5, 6, 7]);
}

#[tokio::test]
async fn what_a_table_refuses_is_set_aside_and_the_rest_of_its_chunk_is_counted() {
    let store = some(23);
    store.sql(
        "CREATE TABLE views_by_path(
           value TEXT PRIMARY KEY CHECK (value <> '/bad'), rows INTEGER NOT NULL);
         CREATE TABLE sessions_seen(value TEXT PRIMARY KEY CHECK (value NOT LIKE 'x%'));
         UPDATE page_views SET path = '/bad' WHERE id IN (2, 11);
         UPDATE page_views SET session_id = 'x1', path = '/other' WHERE id = 12;
         UPDATE page_views SET path = NULL WHERE id = 13",
    );
    let report = complete(&store, 5).await;
    assert_eq!(report.chunks, 5);
    let fits = "path <> '/bad' AND session_id NOT LIKE 'x%'";
    assert_eq!(figures(&store), direct_where(&store, fits));
    assert_eq!(figures(&store).views, 19);
    let said = letters(&store);
    let ids: Vec<i64> = said.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [2, 11, 12, 13]);
    assert!(said[0].1.contains("CHECK constraint failed"), "{said:?}");
}

#[tokio::test]
async fn a_table_that_refuses_everything_ends_in_no_figures_and_no_failure() {
    let store = some(7);
    store.sql("CREATE TABLE sessions_seen(value TEXT PRIMARY KEY CHECK (false))");
    complete(&store, 3).await;
    assert_eq!(letters(&store).len(), 7);
    assert_eq!(figures(&store).views, 0);
    assert_eq!(figures(&store).paths, 0);
}

#[tokio::test]
async fn integers_are_counted_as_texts_are() {
    let store = Store::new(
        "CREATE TABLE orders(id INTEGER PRIMARY KEY, customer, total_cents);
         INSERT INTO orders(customer, total_cents) VALUES
           (1, 5), (2, 5), (1, 7), ('1', 7), (1.5, 7), (NULL, 7), (3, 'x')",
    );
    let figures = vec![
        Figure::count_by(Column::integer("total_cents"), "orders by total"),
        Figure::distinct(Column::integer("customer"), "customers \"seen\""),
    ];
    let orders = Aggregate::new("it's orders", "orders", "id", figures).unwrap();
    let pacer = Fixed::new(2, Duration::ZERO).unwrap();
    let run = alone(Rebuild::new(&orders).on(store.database_on(Driven::calm()), pacer));
    in_time(run.run()).await.unwrap();
    store.sql("INSERT INTO orders(customer, total_cents) VALUES (4, 5), (1, 7)");
    let read = orders.read(&store.connection()).unwrap();
    assert_eq!(read.rows, 5);
    assert_eq!(read.values("orders by total"), Some(2));
    assert_eq!(read.values("customers \"seen\""), Some(3));
    assert_eq!(
        store.pairs("SELECT * FROM \"orders by total\" ORDER BY 1"),
        [(5, 3), (7, 2)]
    );
    assert_eq!(store.number("SELECT count(*) FROM _dead_letters"), 4);
}

#[tokio::test]
async fn rows_alone_are_counted_whatever_is_in_them() {
    let store = some(7);
    store.sql("UPDATE page_views SET path = NULL");
    let all = Aggregate::new("all", "page_views", "id", Vec::new()).unwrap();
    let pacer = Fixed::new(2, Duration::ZERO).unwrap();
    let run = alone(Rebuild::new(&all).on(store.database_on(Driven::calm()), pacer));
    in_time(run.run()).await.unwrap();
    store.sql("INSERT INTO page_views(id) VALUES (NULL)");
    assert_eq!(all.read(&store.connection()).unwrap().rows, 8);
}
