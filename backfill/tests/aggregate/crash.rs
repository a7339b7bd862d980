//! A run that dies anywhere is completed by the next one, to the same figures and the same notes as
//! one that never died.

use backfill::chunked::Ending;

use crate::driven::Driven;
use crate::fixture::{Store, in_time};
use crate::views::{complete, direct, figures, rebuild, some};

/// Runs to the crash before `step`; what is left on the disk at that moment, and after the drop.
/// `None` if the run had ended before.
async fn crashed(rows: &Store, chunk: u64, step: usize) -> Option<(Store, Store)> {
    let dropped = rows.copy();
    let runtime = Driven::dying(step);
    let run = rebuild(&dropped.database_on(runtime.clone()), chunk).run();
    let mut lost = None;
    let ended = in_time(runtime.run(run, || lost = Some(dropped.copy()))).await;
    ended.map_or_else(|| Some((lost.unwrap(), dropped)), |_| None)
}

/// All that a run writes, but for times and turns.
fn written(store: &Store) -> Vec<(i64, i64)> {
    store.pairs(
        "SELECT done_id, passed FROM _aggregates
         UNION ALL SELECT rows_processed, rows_total FROM _async_migrations
         UNION ALL SELECT found, (SELECT count(*) FROM _dead_letters) FROM _aggregate_values",
    )
}

#[tokio::test]
async fn a_run_that_dies_between_any_two_steps_is_completed_by_the_next() {
    let rows = some(23);
    rows.sql("UPDATE page_views SET path = NULL WHERE id = 7");
    let whole = rows.copy();
    complete(&whole, 5).await;
    let mut crashes = 0;
    while let Some((lost, dropped)) = crashed(&rows, 5, crashes).await {
        // Two steps claim; then each chunk has two, of which the second stores it.
        let stored = u64::try_from(crashes).unwrap().saturating_sub(2) / 2;
        for store in [lost, dropped] {
            store.assert_sound();
            let resumed = complete(&store, 5).await;
            assert_eq!(resumed.chunks, 5 - stored.min(5), "crash at step {crashes}");
            assert_eq!(figures(&store), figures(&whole), "crash at step {crashes}");
            assert_eq!(written(&store), written(&whole), "crash at step {crashes}");
            assert_eq!(
                store.entry("page_view_stats"),
                whole.entry("page_view_stats")
            );
        }
        crashes += 1;
    }
    assert_eq!(
        crashes, 14,
        "claim, five chunks and the end have two steps each"
    );
}

#[tokio::test]
async fn rows_that_come_while_nobody_runs_count_once() {
    let rows = some(23);
    let mut crashes = 0;
    while let Some((lost, dropped)) = crashed(&rows, 5, crashes).await {
        for store in [lost, dropped] {
            store.sql(
                "INSERT INTO page_views VALUES
                   (NULL, '/new', 'blog', 's1', 0), (-1, '/0', 'blog', 'new', 0)",
            );
            complete(&store, 5).await;
            assert_eq!(figures(&store), direct(&store), "crash at step {crashes}");
        }
        crashes += 1;
    }
    assert_eq!(crashes, 14);
}

#[tokio::test]
async fn a_run_that_dies_again_and_again_gets_there() {
    let store = some(40);
    let mut deaths = 0;
    let report = loop {
        // Far enough for one chunk each time.
        let runtime = Driven::dying(4);
        let run = rebuild(&store.database_on(runtime.clone()), 7).run();
        if let Some(report) = in_time(runtime.run(run, || {})).await {
            break report.unwrap();
        }
        deaths += 1;
        assert!(deaths <= 6, "every run stores a chunk before it dies");
    };
    assert_eq!(report.chunks, 0, "the last run only notes the end");
    assert_eq!(figures(&store), direct(&store));
}

#[tokio::test]
async fn a_lost_ledger_costs_no_count() {
    let rows = some(23);
    let whole = rows.copy();
    complete(&whole, 5).await;
    for step in [2, 4, 8, 12, 13] {
        let (_, store) = crashed(&rows, 5, step).await.unwrap();
        store.sql("DROP TABLE _async_migrations");
        let resumed = complete(&store, 5).await;
        assert_eq!(resumed.progress.processed, 23);
        assert_eq!(figures(&store), direct(&store), "crash at step {step}");
        assert_eq!(written(&store), written(&whole), "crash at step {step}");
    }
    whole.sql("DELETE FROM _async_migrations");
    let again = complete(&whole, 5).await;
    assert_eq!((again.ending, again.chunks), (Ending::Done, 0));
    assert_eq!(figures(&whole), direct(&whole));
}
