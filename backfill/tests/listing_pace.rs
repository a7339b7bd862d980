//! Fetching and storing at the same time, as slowly as the database wants: in transactions of any
//! size, within the permits, alive all the while.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod listing_driven;
mod listing_model;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backfill::chunked::Fixed;
use backfill::listing::{Ending, Event, Listing, Range, Stored};
use backfill::{Runtime, TokioRuntime};
use fixture::Store;
use listing_driven::api::{Api, Reply};
use listing_driven::{Kind, assert_complete, assert_not_ahead, empty, ended, entry, job, on};

const WHOLE: Range = Range::new(0, 1_000_000);
const PLAN: Kind = Kind::Adaptive(15);

fn api(count: i64) -> Api {
    Api::at((0..count).map(|number| number * 1_000_000 / count))
}

fn paced(store: &Store, api: &Api, rows: u64, pause: Duration) -> Listing<TokioRuntime, Api> {
    on(store, api, job(PLAN, WHOLE)).paced(Fixed::new(rows, pause).unwrap())
}

#[tokio::test(start_paused = true)]
async fn after_every_transaction_of_any_size_what_the_state_claims_is_stored() {
    for rows in [1, 7, 99, 100, 101, 250, 5_000] {
        let (store, api) = (Arc::new(empty()), api(1_003));
        let told = Arc::new(Mutex::new(Vec::<Stored>::new()));
        let (tell, watched, asked) = (Arc::clone(&told), Arc::clone(&store), api.clone());
        let run = paced(&store, &api, rows, Duration::ZERO).observed(move |event| {
            if let Event::Stored(stored) = event {
                assert_not_ahead(&watched, &asked);
                tell.lock().unwrap().push(stored);
            }
        });
        let report = ended(run.run()).await.unwrap();
        assert_eq!((report.ending, report.observer_panics), (Ending::Done, 0));
        assert_complete(&store, &api, WHOLE);
        let told = told.lock().unwrap();
        assert!(told.iter().all(|stored| u64::from(stored.items) <= rows));
        let (items, pages) = told.iter().fold((0, 0), |(items, pages), stored| {
            (items + stored.items, pages + u64::from(stored.pages))
        });
        assert_eq!((items, pages), (1_003, report.pages));
        let last = told.last().unwrap();
        assert_eq!((last.held_pages, last.held_bytes), (0, 0));
        assert_eq!(
            (last.progress.processed, last.progress.total),
            (1_003, 1_003)
        );
    }
}

/// A page has its permit from before it is asked for until all of it is stored.
#[tokio::test(start_paused = true)]
async fn pages_under_way_and_not_yet_stored_are_never_more_than_the_permits() {
    // Storing is far slower than fetching, and a page takes three transactions.
    let (store, api) = (empty(), api(4_000));
    let (fetched, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let most = Arc::new(AtomicU64::new(0));
    let (come, gone, high) = (Arc::clone(&fetched), Arc::clone(&done), Arc::clone(&most));
    api.answer(move |_, world| {
        let held = come.load(Ordering::SeqCst) - gone.load(Ordering::SeqCst);
        high.fetch_max(world.under_way as u64 + held, Ordering::SeqCst);
        Reply::Page
    });
    let run = paced(&store, &api, 40, Duration::from_secs(1)).observed(move |event| match event {
        Event::Fetched { .. } => {
            fetched.fetch_add(1, Ordering::SeqCst);
        }
        Event::Stored(stored) => {
            assert!(stored.held_pages <= 16);
            done.fetch_add(u64::from(stored.pages), Ordering::SeqCst);
        }
        Event::Expected { .. } => {}
    });
    let report = ended(run.run()).await.unwrap();
    assert_eq!((report.ending, report.observer_panics), (Ending::Done, 0));
    assert_complete(&store, &api, WHOLE);
    assert_eq!(
        most.load(Ordering::SeqCst),
        16,
        "one more than there are slots"
    );
}

/// A pause may be much longer than a dead run is silent: whoever would take over must be told.
#[tokio::test(start_paused = true)]
async fn a_run_is_alive_while_it_pauses_and_while_it_waits_for_the_api() {
    let (store, api) = (Arc::new(empty()), api(300));
    api.with(|world| world.latencies_ms = vec![25_000]);
    let run =
        paced(&store, &api, 100, Duration::from_secs(60)).noting_every(Duration::from_secs(1));
    let watched = Arc::clone(&store);
    let watch = async move {
        let runtime = TokioRuntime::new();
        let mut seen = Vec::new();
        for second in 1_u64..=80 {
            runtime.sleep(Duration::from_secs(1)).await;
            let active_ms = watched.number("SELECT active_ms FROM _async_migrations");
            seen.push((second, active_ms.unsigned_abs() / 1_000));
        }
        seen
    };
    let (report, seen) = ended(async { tokio::join!(run.run(), watch) }).await;
    assert_eq!(report.unwrap().ending, Ending::Done);
    let alive = |&(second, noted_s): &(u64, u64)| noted_s + 2 >= second;
    assert!(seen.iter().all(alive), "{seen:?}");
    assert_eq!(entry(&store).unwrap().rows_processed, 300);
}

/// What comes during a pause is stored in the transaction behind it, as far as it may be.
#[tokio::test(start_paused = true)]
async fn a_transaction_has_what_has_come_by_the_end_of_its_pause() {
    let (store, api) = (empty(), api(1_000));
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&sizes);
    let run = paced(&store, &api, 700, Duration::from_secs(60)).observed(move |event| {
        if let Event::Stored(stored) = event {
            tell.lock().unwrap().push(stored.items);
        }
    });
    ended(run.run()).await.unwrap();
    let sizes = sizes.lock().unwrap();
    assert_eq!(sizes.iter().sum::<u32>(), 1_000);
    assert!(sizes.len() <= 3, "{sizes:?}");
}
