//! A run that dies anywhere is completed by the next one, and no more is fetched again than pages
//! had permits.
//!
//! It dies in two ways. Dropped: its future goes away, as when a task is aborted, and its
//! connection rolls back. Lost: what is on the disk at that moment, file and log, is all that is
//! left, as when the process is killed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod listing_driven;
mod listing_model;

use std::time::Duration;

use backfill::chunked::Fixed;
use backfill::ledger::Status;
use backfill::listing::{Ending, Event, Range};
use fixture::Store;
use fixture::inline::Inline;
use fixture::stepping::{Stepping, Then};
use listing_driven::api::Api;
use listing_driven::{
    KINDS, Kind, assert_complete, assert_not_ahead, completed, empty, ended, entry, job, listing,
    stored,
};
use tokio_util::sync::CancellationToken;

const WHOLE: Range = Range::new(0, 1_000_000);
/// Permits of a run: its slots and one more.
const PERMITS: usize = 16;

/// `count` objects: half of them evenly spread, half in a hundredth of the range.
fn api(count: i64) -> Api {
    let spread = (0..count / 2).map(move |number| number * 2_000_000 / count);
    let close = (0..count - count / 2).map(move |number| 700_000 + number * 20_000 / count);
    Api::at(spread.chain(close))
}

/// Dies when so many pages are fetched; what is left on the disk at that moment and after the drop,
/// or `None` if the run had ended before.
async fn crashed_at_page(api: &Api, kind: Kind, rows: u64, page: usize) -> Option<(Store, Store)> {
    let (dropped, reached) = (empty(), CancellationToken::new());
    let (reach, mut pages) = (reached.clone(), 0);
    let database = dropped.database_on(Inline::new());
    let run = listing(database, api, job(kind, WHOLE))
        .paced(Fixed::new(rows, Duration::from_millis(90)).unwrap())
        .observed(move |event| {
            pages += usize::from(matches!(event, Event::Fetched { .. }));
            if pages == page {
                reach.cancel();
            }
        });
    let run = Box::pin(run.run());
    tokio::select! {
        biased;
        ended = run => {
            ended.unwrap();
            None
        }
        () = reached.cancelled() => {
            let lost = dropped.copy();
            Some((lost, dropped))
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_dies_at_any_page_fetches_no_more_again_than_had_permits() {
    let api = api(10_000);
    for page in 1.. {
        let Some((lost, dropped)) = crashed_at_page(&api, Kind::Adaptive(15), 130, page).await
        else {
            assert!(page > 100);
            break;
        };
        let before = api.with(|world| std::mem::take(&mut world.delivered));
        assert!(before.values().all(|&times| times == 1));
        let unstored = before.len() - stored(&lost).len();
        assert!(unstored <= PERMITS * 100, "{page}: {unstored}");
        completed(&lost, &api, Kind::Adaptive(15), WHOLE).await;
        let after = api.with(|world| std::mem::take(&mut world.delivered));
        let again = after.keys().filter(|id| before.contains_key(*id)).count();
        assert!(again <= PERMITS * 100, "{page}: {again}");
        // A page may be stored in part: what is left of it is part of what comes again.
        assert!(
            (unstored..=unstored + 130).contains(&again),
            "{page}: {again}, {unstored}"
        );
        if page % 10 == 0 {
            completed(&dropped, &api, Kind::Adaptive(15), WHOLE).await;
        }
        api.with(|world| world.delivered.clear());
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_dies_between_any_two_steps_is_completed_by_the_next() {
    for kind in KINDS {
        for step in 0.. {
            let (dropped, api) = (empty(), api(700));
            let runtime = Stepping::at(step, Then::Hang);
            let run = listing(dropped.database_on(runtime.clone()), &api, job(kind, WHOLE))
                .paced(Fixed::new(70, Duration::ZERO).unwrap());
            let mut lost = None;
            let run = runtime.crash_then(run.run(), || lost = Some(dropped.copy()));
            if let Some(report) = ended(run).await {
                assert_eq!(report.unwrap().ending, Ending::Done);
                assert!(
                    step >= 24,
                    "{kind:?}: claim, ten transactions, the end: {step}"
                );
                break;
            }
            completed(&lost.unwrap(), &api, kind, WHOLE).await;
            completed(&dropped, &api, kind, WHOLE).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_dies_again_and_again_gets_there() {
    for kind in KINDS {
        let (store, api) = (empty(), api(1_000));
        let mut deaths = 0;
        loop {
            // Far enough for one page each time.
            let runtime = Stepping::at(4, Then::Hang);
            let database = store.database_on(runtime.clone());
            let run = listing(database, &api, job(kind, WHOLE))
                .paced(Fixed::new(100, Duration::ZERO).unwrap());
            let Some(report) = ended(runtime.crash(run.run())).await else {
                assert_not_ahead(&store, &api);
                deaths += 1;
                assert!(deaths < 200, "{kind:?} gets no further");
                continue;
            };
            assert_eq!(report.unwrap().ending, Ending::Done);
            break;
        }
        assert_complete(&store, &api, WHOLE);
    }
}

#[tokio::test(start_paused = true)]
async fn an_aborted_task_leaves_a_connection_and_an_entry_that_serve_the_next_run() {
    let (store, api) = (empty(), api(3_000));
    let (database, reached) = (store.database(), CancellationToken::new());
    let reach = reached.clone();
    let run = listing(database.clone(), &api, job(Kind::Fixed(10), WHOLE)).observed(move |event| {
        if matches!(event, Event::Stored(_)) {
            reach.cancel();
        }
    });
    let task = tokio::spawn(run.run());
    ended(reached.cancelled()).await;
    task.abort();
    assert!(ended(task).await.unwrap_err().is_cancelled());
    assert_eq!(entry(&store).unwrap().status, Status::Running);
    assert_eq!(
        api.with(|world| world.under_way),
        0,
        "its calls are given up with it"
    );
    let run = listing(database, &api, job(Kind::Fixed(10), WHOLE));
    assert_eq!(ended(run.run()).await.unwrap().ending, Ending::Done);
    assert_complete(&store, &api, WHOLE);
}
