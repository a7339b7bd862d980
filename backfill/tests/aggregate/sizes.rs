//! How much a chunk covers, and that no number of rows or values makes a figure wrong.

use std::num::NonZeroU64;
use std::time::Duration;

use backfill::aggregate::Rebuild;
use backfill::chunked::{Ending, Fixed, Pacer, Progress};

use crate::driven::Driven;
use crate::fixture::{Store, Told, between, in_time};
use crate::views::{Watched, complete, direct, figures, filled, rebuild, some, stats};

/// Rebuilds in chunks of `rows` and holds the figures against the rows.
async fn counts_in_chunks(store: &Store, views: u64, rows: u64) {
    let report = complete(store, rows).await;
    assert_eq!(report.ending, Ending::Done);
    assert_eq!(report.chunks, views.div_ceil(rows));
    assert_eq!(report.progress.processed, views);
    assert_eq!(figures(store), direct(store));
}

#[tokio::test]
async fn a_small_history() {
    let store = filled(600, "'/' || (i * 31 % 40)", "'s' || (i * 7919 % 250)");
    counts_in_chunks(&store, 600, 50).await;
    assert_eq!(figures(&store).sessions, 250);
}

#[tokio::test]
async fn sessions_that_come_back_after_all_others() {
    let store = filled(6_000, "'/' || (i % 7)", "'s' || (i % 3000)");
    counts_in_chunks(&store, 6_000, 500).await;
    assert_eq!(figures(&store).sessions, 3_000);
}

#[tokio::test]
async fn sessions_spread_evenly() {
    let store = filled(
        10_000,
        "'/' || (i * 31 % 400)",
        "'s' || (i * i * 7919 % 4001)",
    );
    counts_in_chunks(&store, 10_000, 500).await;
}

#[tokio::test]
async fn a_few_sessions_with_most_of_the_views() {
    let session = "'s' || (1000000 / (1 + i * 7919 % 10007))";
    let store = filled(10_000, "'/' || (1000 / (1 + i % 97))", session);
    counts_in_chunks(&store, 10_000, 500).await;
}

#[tokio::test]
async fn no_chunk_is_empty_and_none_is_larger_than_the_pacer_says() {
    for (views, rows) in [(10, 5), (11, 5), (9, 5), (5, 5), (1, 5), (5, 1)] {
        counts_in_chunks(&some(views), views, rows).await;
    }
}

#[tokio::test]
async fn an_empty_table_is_done_at_once_and_counts_from_then_on() {
    let store = some(1);
    store.sql("DELETE FROM page_views");
    let report = complete(&store, 5).await;
    assert_eq!((report.ending, report.chunks), (Ending::Done, 0));
    assert_eq!(figures(&store).views, 0);
    store.sql("INSERT INTO page_views VALUES (-5, '/', 'blog', 's', 0), (7, '/', 'blog', 's', 0)");
    assert_eq!(figures(&store), direct(&store));
    assert_eq!(figures(&store).views, 2);
}

/// What the chunks of a run weigh where each view weighs 8 + 2 + 4 + 2 + 8 bytes.
async fn weights(store: &Store, rows: u64, most: u64) -> (Vec<u64>, Vec<u64>) {
    let (watched, most) = (Watched::default(), NonZeroU64::new(most).unwrap());
    let rebuild = Rebuild::new(&stats()).chunk_bytes(most);
    let pacer = Fixed::new(rows, Duration::ZERO).unwrap();
    let run = rebuild
        .watched(watched.watcher())
        .on(store.database_on(Driven::calm()), pacer);
    in_time(run.run()).await.unwrap();
    assert_eq!(figures(store), direct(store));
    (
        watched.of(|chunk| chunk.rows),
        watched.of(|chunk| chunk.bytes_read),
    )
}

#[tokio::test]
async fn a_chunk_ends_with_its_bytes_where_they_come_first() {
    assert_eq!(weights(&some(5), 2, 72).await.0, [2, 2, 1]);
    let by_bytes = weights(&some(5), 5, 72).await;
    assert_eq!(by_bytes, (vec![3, 2], vec![72, 48]));
    assert_eq!(weights(&some(5), 5, 71).await.0, [2, 2, 1]);
    assert_eq!(weights(&some(6), 6, 72).await.0, [3, 3]);
}

#[tokio::test]
async fn a_row_heavier_than_a_chunk_is_one_of_its_own() {
    let store = some(5);
    store.sql("UPDATE page_views SET page_type = zeroblob(1000) WHERE id IN (1, 4)");
    let (rows, bytes) = weights(&store, 5, 72).await;
    assert_eq!(rows, [1, 2, 1, 1]);
    assert_eq!(bytes, [1_020, 48, 1_020, 24]);
    assert_eq!(weights(&some(3), 5, 1).await.0, [1, 1, 1]);
}

#[tokio::test]
async fn a_chunk_says_what_it_did_and_hands_on_nothing_that_grows() {
    let (store, watched, told) = (
        filled(400, "'/' || (i % 2)", "'s' || (i % 150)"),
        Watched::default(),
        Told::default(),
    );
    let pacer = Fixed::new(100, Duration::ZERO).unwrap();
    let rebuild = Rebuild::new(&stats()).watched(watched.watcher());
    let run = rebuild
        .on(store.database_on(Driven::calm()), pacer)
        .observed(told.observer());
    in_time(run.run()).await.unwrap();
    assert_eq!(
        told.pairs(),
        [(100, 400), (200, 400), (300, 400), (400, 400)]
    );
    assert_eq!(watched.of(|chunk| chunk.upto), [100, 200, 300, 400]);
    assert_eq!(watched.of(|chunk| chunk.new_values), [102, 50, 0, 0]);
    // Two paths of two bytes with their counts, in each; 's1' to 's99' and 's100', then the rest.
    let written = [20 + 9 * 2 + 90 * 3 + 4, 20 + 49 * 4 + 2, 20, 20];
    assert_eq!(watched.of(|chunk| chunk.bytes_written), written);
    let carried = watched.of(|chunk| chunk.carried_bytes);
    assert!(carried.iter().all(|&bytes| bytes < 80), "{carried:?}");
}

#[tokio::test]
async fn running_again_changes_nothing() {
    let store = some(23);
    complete(&store, 5).await;
    let before = figures(&store);
    let database = store.database_on(Driven::calm());
    let again = in_time(rebuild(&database, 5).run()).await.unwrap();
    assert_eq!((again.ending, again.chunks), (Ending::AlreadyDone, 0));
    let twenty_three = Progress {
        processed: 23,
        total: 23,
    };
    assert_eq!(again.progress, twenty_three);
    assert_eq!(figures(&store), before);
}

#[tokio::test]
async fn the_pacer_decides_how_many_rows_each_time() {
    struct Growing(u64);
    impl Pacer for Growing {
        fn pace(
            &mut self,
            _next: backfill::chunked::Work,
            _last: Option<&backfill::chunked::ChunkCost>,
        ) -> backfill::chunked::Pace {
            self.0 += 1;
            backfill::chunked::Pace::of(NonZeroU64::new(self.0).unwrap())
        }
    }
    let (store, watched) = (some(10), Watched::default());
    let rebuild = Rebuild::new(&stats()).watched(watched.watcher());
    let run = rebuild.on(store.database_on(Driven::calm()), Growing(0));
    in_time(run.run()).await.unwrap();
    assert_eq!(watched.of(|chunk| chunk.rows), [1, 2, 3, 4]);
}

#[tokio::test]
async fn the_last_rows_may_go_before_they_are_counted() {
    let store = some(23);
    let (last, database) = (store.connection(), store.database_on(Driven::calm()));
    let act = move |chunks| {
        if chunks == 2 {
            last.execute_batch("DELETE FROM page_views WHERE id > 18")
                .unwrap();
        }
    };
    let run = Rebuild::new(&stats()).on(database, between(5, act));
    let report = in_time(run.run()).await.unwrap();
    assert_eq!((report.chunks, report.progress.processed), (4, 18));
    assert_eq!(figures(&store), direct(&store));
}
