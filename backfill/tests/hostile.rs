//! Data and jobs that break the obvious shortcuts: values that look like "not done yet", live
//! writes that look like "done", and SQL that does not mean what it seems to.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

use std::time::Duration;

use backfill::chunked::{Backfill, BackfillError, Ending, Fixed, Job, JobError};
use backfill::ledger::Status;
use fixture::{Store, backfill, between, chain, in_time, last_seen_job};

#[tokio::test]
async fn rows_whose_true_value_is_zero_end() {
    let store = Store::observed(100);
    store.sql("UPDATE observations SET timestamp = 0 WHERE transmission_id % 10 = 1");
    let expected = store.expected();
    let report = in_time(backfill(&store.database(), 1).run()).await.unwrap();
    assert_eq!((report.ending, report.chunks), (Ending::Done, 100));
    assert_eq!(report.progress.processed, 100);
    assert_eq!(store.last_seen(), expected);
    let zeros = "SELECT count(*) FROM transmissions WHERE last_seen = 0";
    assert_eq!(store.number(zeros), 10);
}

#[tokio::test]
async fn a_live_write_below_the_true_value_does_not_hide_the_row() {
    let store = Store::observed(4);
    store.sql("UPDATE observations SET timestamp = 1000 WHERE transmission_id > 2");
    let live = store.connection();
    let pacer = between(2, move |chunks| {
        if chunks == 1 {
            // Row 3 is yet to come, row 4 got something later than all that is known.
            let bump = "UPDATE transmissions SET last_seen = max(last_seen, 500) WHERE id = 3;
                        UPDATE transmissions SET last_seen = max(last_seen, 1500) WHERE id = 4";
            live.execute_batch(bump).unwrap();
        }
    });
    let run = Backfill::new(store.database(), last_seen_job(), pacer);
    in_time(run.run()).await.unwrap();
    assert_eq!(store.last_seen()[2..], [(3, 1000), (4, 1500)]);
}

#[tokio::test]
async fn a_live_write_behind_the_cursor_is_not_taken_back() {
    let store = Store::observed(4);
    let live = store.connection();
    let later = 2_000_000_000;
    let pacer = between(2, move |chunks| {
        if chunks == 1 {
            let bump = "UPDATE transmissions SET last_seen = ?1 WHERE id = 1";
            live.execute(bump, [later]).unwrap();
        }
    });
    let run = Backfill::new(store.database(), last_seen_job(), pacer);
    in_time(run.run()).await.unwrap();
    assert_eq!(store.last_seen()[0], (1, later));
}

#[tokio::test]
async fn negative_moments_are_moments() {
    let store = Store::observed(5);
    store.sql(
        "UPDATE transmissions SET last_seen = -9000;
         UPDATE observations SET timestamp = -timestamp",
    );
    let expected = store.expected();
    backfill(&store.database(), 2).run().await.unwrap();
    assert_eq!(store.last_seen(), expected);
    let raised = "SELECT count(*) FROM transmissions WHERE last_seen = -9000";
    assert_eq!(store.number(raised), 5);
}

#[tokio::test]
async fn a_ledger_made_by_somebody_else_is_used_as_it_is() {
    let store = Store::observed(6);
    store.sql(
        "CREATE TABLE _async_migrations(name TEXT PRIMARY KEY, status TEXT NOT NULL,
           started_at TEXT NOT NULL, ended_at TEXT, error TEXT);
         INSERT INTO _async_migrations VALUES ('older', 'done', '2024-01-01', NULL, NULL)",
    );
    let report = backfill(&store.database(), 4).run().await.unwrap();
    assert_eq!((report.ending, report.chunks), (Ending::Done, 2));
    let started = "SELECT count(*) FROM _async_migrations WHERE started_at > '2024-01-01T'";
    assert_eq!(store.number(started), 1);
    assert_eq!(store.entry("older").unwrap().status, Status::Done);
}

#[test]
fn a_job_with_a_part_missing_or_breaking_out_cannot_be_made() {
    for (parts, says) in [
        (["", "t", "k", "1", "a = 1"], "`name` is empty"),
        (["n", " ", "k", "1", "a = 1"], "`table` is empty"),
        (["n", "t", "", "1", "a = 1"], "`key` is empty"),
        (["n", "t\0", "k", "1", "a = 1"], "`table` contains a NUL"),
        (["n", "t", "k", "", "a = 1"], "`eligible` is empty"),
        (["n", "t", "k", "1", "\n"], "`set` is empty"),
        (
            ["n", "t", "k", "1; DROP TABLE t", "a = 1"],
            "`eligible` contains a `;`",
        ),
        (
            ["n", "t", "k", "1", "a = 1; DROP TABLE t"],
            "`set` contains a `;`",
        ),
        (
            ["n", "t", "k", "1) OR (1", "a = 1"],
            "`eligible` has unbalanced parentheses",
        ),
        (
            ["n", "t", "k", "1", "a = (1"],
            "`set` has unbalanced parentheses",
        ),
        (
            ["n", "t", "k", "1 /* all", "a = 1"],
            "a quote or comment that never ends",
        ),
        (
            ["n", "t", "k", "a = 'x", "a = 1"],
            "a quote or comment that never ends",
        ),
        (
            ["n", "t", "k", "id > ?1", "a = 1"],
            "`eligible` contains a parameter",
        ),
        (
            ["n", "t", "k", "1", "a = :value"],
            "`set` contains a parameter",
        ),
    ] {
        let [name, table, key, eligible, set] = parts;
        let error = Job::new(name, table, key, eligible, set).unwrap_err();
        assert!(error.to_string().contains(says), "{parts:?}: {error}");
    }
}

#[tokio::test]
async fn comments_and_quotes_in_a_job_stay_where_they_are() {
    let store = Store::observed(6);
    let job = Job::new(
        "odd",
        "transmissions",
        "ID",
        "hash <> 'h3;)' AND id <> 2 -- ) OR 1",
        "last_seen = length('(;?') /* WHERE 1 */ -- , id = 0",
    )
    .unwrap();
    let pacer = Fixed::new(2, Duration::ZERO).unwrap();
    let report = Backfill::new(store.database(), job, pacer).run().await;
    assert_eq!(report.unwrap().progress.processed, 5);
    let threes = "SELECT count(*), max(id) FROM transmissions WHERE last_seen = 3";
    assert_eq!(store.pairs(threes), [(5, 6)]);
}

#[tokio::test]
async fn a_job_that_sqlite_does_not_accept_is_refused_before_any_work() {
    for (eligible, set, says) in [
        ("1", "lastseen = 1", "no such column: lastseen"),
        ("hsh = 'h1'", "last_seen = 1", "no such column: hsh"),
        ("1", "last_seen = 1 WHERE 1", "syntax error"),
        ("1", "last_seen = 1 WHERE 1 --", "syntax error"),
        (
            "EXISTS (SELECT 1 FROM observation)",
            "last_seen = 1",
            "no such table: observation",
        ),
    ] {
        let store = Store::observed(3);
        let job = Job::new("typo", "transmissions", "id", eligible, set).unwrap();
        assert!(matches!(
            job.check(&store.connection()),
            Err(JobError::Sql { .. })
        ));
        let pacer = Fixed::new(2, Duration::ZERO).unwrap();
        let error = Backfill::new(store.database(), job, pacer).run().await;
        let error = error.unwrap_err();
        assert!(matches!(error, BackfillError::Job { .. }));
        assert!(
            chain(&error).contains(says),
            "{eligible}, {set}: {}",
            chain(&error)
        );
        assert_eq!(store.entry("typo"), None);
        assert_eq!(store.number("SELECT sum(last_seen) FROM transmissions"), 0);
    }
}
