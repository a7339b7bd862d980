//! What the loop promises about rows and counts, on a real file, real threads and the real clock.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

use std::sync::mpsc;
use std::time::Duration;

use backfill::Runtime as _;
use backfill::chunked::{Backfill, BackfillError, Ending, Fixed, Progress};
use backfill::ledger::{Key, Status};
use fixture::{Store, Told, backfill, between, chain, in_time, last_seen_job};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn progress_is_told_after_every_chunk_and_ends_at_its_total() {
    let store = Store::observed(12_000);
    let (expected, told) = (store.expected(), Told::default());
    let run = backfill(&store.database(), 5_000).observed(told.observer());
    let report = run.run().await.unwrap();
    assert_eq!(
        told.pairs(),
        [(5_000, 12_000), (10_000, 12_000), (12_000, 12_000)]
    );
    let twelve_thousand = Progress {
        processed: 12_000,
        total: 12_000,
    };
    assert_eq!(report.progress, twelve_thousand);
    assert_eq!((report.ending, report.chunks), (Ending::Done, 3));
    assert_eq!(store.last_seen(), expected);
    let entry = store.entry("last_seen").unwrap();
    assert_eq!(entry.status, Status::Done);
    assert_eq!((entry.rows_processed, entry.rows_total), (12_000, 12_000));
    let cursor = entry.cursor.unwrap();
    assert_eq!(cursor.after, Some(Key::Integer(12_000)));
}

#[tokio::test]
async fn as_many_rows_as_a_chunk_holds_are_told_of_once() {
    let store = Store::observed(4);
    let told = Told::default();
    let run = backfill(&store.database(), 4).observed(told.observer());
    let report = run.run().await.unwrap();
    assert_eq!(told.pairs(), [(4, 4)]);
    assert_eq!(report.chunks, 1);
}

#[tokio::test]
async fn an_orphan_is_passed_once_and_not_counted_as_processed() {
    let store = Store::observed(6);
    store.sql("DELETE FROM observations WHERE transmission_id = 1");
    let (expected, told) = (store.expected(), Told::default());
    let run = backfill(&store.database(), 2).observed(told.observer());
    let report = run.run().await.unwrap();
    assert_eq!((report.progress.processed, report.progress.total), (5, 5));
    assert_eq!((report.scanned, report.chunks), (6, 3));
    assert_eq!(told.pairs(), [(1, 5), (3, 5), (5, 5)]);
    assert_eq!(store.last_seen(), expected);
}

#[tokio::test]
async fn rows_without_anything_to_do_are_told_of_once_at_the_end() {
    let store = Store::observed(10);
    store.sql("DELETE FROM observations");
    let told = Told::default();
    let run = backfill(&store.database(), 3).observed(told.observer());
    let report = run.run().await.unwrap();
    assert_eq!(told.pairs(), [(0, 0)]);
    assert_eq!((report.chunks, report.scanned), (4, 10));
}

#[tokio::test]
async fn rows_inserted_by_others_of_the_database_are_left_to_the_live_path() {
    let store = Store::observed(300);
    let (expected, database) = (store.expected(), store.database());
    let stop = CancellationToken::new();
    let (live, stopped) = (database.named("live"), stop.clone());
    let inserter = tokio::spawn(async move {
        let mut inserted: i64 = 0;
        while !stopped.is_cancelled() {
            live.write(|connection| {
                connection.execute_batch(
                    "INSERT INTO transmissions(hash) VALUES (hex(randomblob(8)));
                     INSERT INTO observations(transmission_id, timestamp)
                     VALUES (last_insert_rowid(), 5)",
                )
            })
            .await
            .unwrap();
            inserted += 1;
            live.runtime().sleep(Duration::from_millis(1)).await;
        }
        inserted
    });
    let pacer = Fixed::new(7, Duration::from_millis(1)).unwrap();
    let run = Backfill::new(database, last_seen_job(), pacer).run();
    let report = in_time(run).await.unwrap();
    stop.cancel();
    let inserted = inserter.await.unwrap();
    let rows = store.last_seen();
    // Rows that came before the run took its snapshot are its own.
    let Key::Integer(last) = store.entry("last_seen").unwrap().cursor.unwrap().last else {
        panic!("ids are integers");
    };
    assert!(last < 300 + inserted, "the inserter was there all along");
    assert_eq!(i64::try_from(report.progress.processed).unwrap(), last);
    assert_eq!(rows[..300], expected[..]);
    for (id, last_seen) in &rows[300..] {
        assert_eq!(*last_seen, if *id <= last { 5 } else { 0 }, "row {id}");
    }
}

#[tokio::test]
async fn inserts_faster_than_the_backfill_do_not_trap_it() {
    let store = Store::observed(20);
    let live = store.connection();
    // No chunk ends with the snapshot: its last row goes away, and others follow it at once.
    let pacer = between(3, move |chunks| {
        live.execute_batch(
            "INSERT INTO transmissions(hash) SELECT hex(randomblob(8)) FROM transmissions LIMIT 4;
             INSERT INTO observations(transmission_id, timestamp)
             SELECT id, 5 FROM transmissions ORDER BY id DESC LIMIT 4",
        )
        .unwrap();
        if chunks == 1 {
            let last = "DELETE FROM observations WHERE transmission_id = 20;
                        DELETE FROM transmissions WHERE id = 20";
            live.execute_batch(last).unwrap();
        }
    });
    let run = Backfill::new(store.database(), last_seen_job(), pacer);
    let report = in_time(run.run()).await.unwrap();
    assert_eq!((report.progress.processed, report.chunks), (19, 7));
    let later = "SELECT count(*), sum(last_seen) FROM transmissions WHERE id > 20";
    assert_eq!(store.pairs(later), [(28, 0)]);
    assert_eq!(store.last_seen()[..19], store.expected()[..19]);
}

#[tokio::test]
async fn rows_deleted_between_chunks_are_not_missed() {
    let store = Store::observed(50);
    let live = store.connection();
    let pacer = between(10, move |chunks| {
        // Among them the next row, a chunk's edge and the end of the snapshot.
        if chunks == 2 {
            live.execute_batch(
                "DELETE FROM observations WHERE transmission_id IN (21, 30, 31, 50);
                 DELETE FROM transmissions WHERE id IN (21, 30, 31, 50)",
            )
            .unwrap();
        }
    });
    let told = Told::default();
    let run = Backfill::new(store.database(), last_seen_job(), pacer).observed(told.observer());
    let report = in_time(run.run()).await.unwrap();
    assert_eq!((report.ending, report.scanned), (Ending::Done, 46));
    assert_eq!((report.progress.processed, report.progress.total), (46, 46));
    assert_eq!(told.pairs().last(), Some(&(46, 46)));
    assert_eq!(store.last_seen(), store.expected());
}

#[tokio::test]
async fn a_last_row_that_was_deleted_costs_no_further_chunk() {
    let store = Store::observed(10);
    let (live, (paced, asked)) = (store.connection(), mpsc::channel());
    let pacer = between(4, move |chunks| {
        paced.send(chunks).unwrap();
        if chunks == 2 {
            let last = "DELETE FROM observations WHERE transmission_id = 10;
                        DELETE FROM transmissions WHERE id = 10";
            live.execute_batch(last).unwrap();
        }
    });
    let run = Backfill::new(store.database(), last_seen_job(), pacer);
    let report = in_time(run.run()).await.unwrap();
    assert_eq!((report.chunks, report.progress.total), (3, 9));
    assert_eq!(Vec::from_iter(asked), [0, 1, 2], "a chunk's pause each");
}

#[tokio::test]
async fn progress_never_goes_back_nor_beyond_its_total() {
    let store = Store::observed(200);
    store.sql(
        "PRAGMA foreign_keys = OFF;
         UPDATE transmissions SET id = id * id * id WHERE id > 100;
         UPDATE observations SET transmission_id = transmission_id * transmission_id
           * transmission_id WHERE transmission_id > 100;
         DELETE FROM observations WHERE transmission_id % 3 = 0",
    );
    let told = Told::default();
    let run = backfill(&store.database(), 7).observed(told.observer());
    let report = run.run().await.unwrap();
    let told = told.pairs();
    assert!(told.windows(2).all(|pair| pair[0].0 <= pair[1].0));
    assert!(told.iter().all(|(processed, total)| processed <= total));
    let end = (report.progress.processed, report.progress.total);
    assert_eq!(told.last(), Some(&end));
    assert_eq!(end.0, end.1);
    assert_eq!(store.last_seen(), store.expected());
}

#[tokio::test]
async fn a_panicking_observer_is_counted_and_harms_no_data() {
    let store = Store::observed(30);
    let expected = store.expected();
    let run = backfill(&store.database(), 10).observed(|at| {
        assert!(at.processed == 20, "an observer's own failure");
    });
    let report = run.run().await.unwrap();
    assert_eq!((report.ending, report.chunks), (Ending::Done, 3));
    assert_eq!(report.observer_panics, 2);
    assert_eq!(store.last_seen(), expected);
    assert_eq!(store.entry("last_seen").unwrap().status, Status::Done);
}

#[tokio::test]
async fn what_is_done_is_not_done_again() {
    let store = Store::observed(10);
    let database = store.database();
    let first = backfill(&database, 4).run().await.unwrap();
    store.sql("UPDATE transmissions SET last_seen = 0");
    let told = Told::default();
    let run = backfill(&database, 4).observed(told.observer());
    let again = run.run().await.unwrap();
    assert_eq!((again.ending, again.chunks), (Ending::AlreadyDone, 0));
    assert_eq!(again.progress, first.progress);
    assert_eq!(again.scanned, first.scanned, "over all runs");
    assert!(told.pairs().is_empty());
    assert_eq!(store.number("SELECT sum(last_seen) FROM transmissions"), 0);
}

#[tokio::test]
async fn a_table_that_goes_away_is_an_error_that_says_where() {
    let store = Store::observed(30);
    let (expected, outside) = (store.expected(), store.connection());
    let pacer = between(10, move |chunks| {
        if chunks == 2 {
            let sql = "ALTER TABLE transmissions RENAME TO away";
            outside.execute_batch(sql).unwrap();
        }
    });
    let run = Backfill::new(store.database(), last_seen_job(), pacer);
    let error = run.run().await.unwrap_err();
    assert!(matches!(error, BackfillError::Chunk { processed: 20, .. }));
    let text = chain(&error);
    for part in ["last_seen", "key 20", "20 rows", "no such table"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let entry = store.entry("last_seen").unwrap();
    assert_eq!(entry.status, Status::Failed);
    assert!(entry.error.unwrap().contains("no such table"));
    store.sql("ALTER TABLE away RENAME TO transmissions");
    let resumed = backfill(&store.database(), 10).run().await.unwrap();
    assert_eq!((resumed.chunks, resumed.progress.processed), (1, 30));
    assert_eq!(store.last_seen(), expected);
    assert_eq!(store.entry("last_seen").unwrap().error, None);
}

#[tokio::test]
async fn a_broken_database_is_an_error_that_says_what_and_where() {
    let store = Store::observed(5);
    let database = store.database();
    std::fs::write(store.path(), "this is no database, whatever its name says").unwrap();
    let _ = std::fs::remove_file(store.path().with_extension("db-wal"));
    let error = backfill(&database, 5).run().await.unwrap_err();
    assert!(matches!(error, BackfillError::Ledger { .. }));
    let text = chain(&error);
    for part in ["last_seen", "claimed", "malformed"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
