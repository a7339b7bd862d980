//! One run of a name at a time, and several of different names beside each other.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod listing_driven;
mod listing_model;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use backfill::chunked::Fixed;
use backfill::database::Database;
use backfill::ledger::{self, Start, Status, Turn};
use backfill::listing::{Ending, Event, Job, Listing, ListingError, Pages, Range, Sink};
use backfill::{Instant, Runtime, TokioRuntime};
use fixture::Store;
use fixture::stepping::{Stepping, Then};
use listing_driven::api::{Api, Reply};
use listing_driven::{Kind, NAME, assert_complete, empty, ended, entry, job, listing, on, stored};
use tokio_util::sync::CancellationToken;

const WHOLE: Range = Range::new(0, 1_000_000);
const PLAN: Kind = Kind::Adaptive(1);

fn api(count: i64) -> Api {
    Api::at((0..count).map(|number| number * 1_000_000 / count))
}

async fn sleep(time: Duration) {
    TokioRuntime::new().sleep(time).await;
}

/// A run as production has it: it believes that others live.
fn plain(store: &Store, api: &Api) -> Listing<TokioRuntime, Api> {
    let run = Listing::new(store.database(), api.clone(), job(PLAN, WHOLE));
    // Runs take a moment of the host's time, by which the ledger goes, however busy it is.
    run.stale_after(Duration::from_secs(3_600))
}

/// Somebody else takes the turn, and goes on from where the ledger says.
fn take_over(store: &Store) {
    let (connection, left) = (store.connection(), entry(store).unwrap());
    let start = Start {
        cursor: left.cursor.as_ref(),
        rows_processed: left.rows_processed,
        ..Start::default()
    };
    Turn::take(&connection, NAME, &start).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_second_run_does_nothing_while_the_first_is_at_work() {
    let (store, api) = (empty(), api(2_000));
    let first = plain(&store, &api).run();
    let second = async {
        sleep(Duration::from_millis(900)).await;
        let (before, asked) = (entry(&store), api.with(|world| world.calls.len()));
        let held = plain(&store, &api).run().await.unwrap_err();
        assert!(matches!(held, ListingError::Held { run: 1, .. }), "{held}");
        assert_eq!(entry(&store), before);
        assert_eq!(api.with(|world| world.calls.len()), asked);
    };
    let (report, ()) = ended(async { tokio::join!(first, second) }).await;
    assert_eq!(report.unwrap().ending, Ending::Done);
    assert_complete(&store, &api, WHOLE);
}

#[tokio::test(start_paused = true)]
async fn a_patient_run_waits_for_the_first_or_until_it_is_cancelled() {
    let (store, api) = (empty(), api(2_000));
    let cancel = CancellationToken::new();
    let impatient = async {
        sleep(Duration::from_millis(900)).await;
        let run = plain(&store, &api)
            .patient()
            .cancelled_by(cancel.clone())
            .run();
        let stop = async {
            sleep(Duration::from_millis(10)).await;
            cancel.cancel();
        };
        tokio::join!(run, stop).0.unwrap().ending
    };
    let patient = async {
        sleep(Duration::from_millis(900)).await;
        plain(&store, &api).patient().run().await.unwrap()
    };
    let first = plain(&store, &api).run();
    let all = async { tokio::join!(first, impatient, patient) };
    let (first, impatient, patient) = ended(all).await;
    let first = first.unwrap();
    assert_eq!((first.ending, impatient), (Ending::Done, Ending::Cancelled));
    assert_eq!((patient.ending, patient.pages), (Ending::AlreadyDone, 0));
    assert_eq!(patient.progress, first.progress);
    assert_complete(&store, &api, WHOLE);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_taken_over_stores_nothing_more() {
    let (store, api) = (empty(), api(3_000));
    let (at_takeover, first) = ended(async {
        tokio::join!(
            async {
                sleep(Duration::from_millis(900)).await;
                take_over(&store);
                (stored(&store), entry(&store))
            },
            on(&store, &api, job(PLAN, WHOLE)).run()
        )
    })
    .await;
    let over = first.unwrap_err();
    assert!(!at_takeover.0.is_empty());
    assert!(matches!(over, ListingError::TurnOver { .. }), "{over}");
    assert_eq!((stored(&store), entry(&store)), at_takeover);
    assert_eq!(entry(&store).unwrap().status, Status::Running);
    let second = ended(on(&store, &api, job(PLAN, WHOLE)).run())
        .await
        .unwrap();
    assert_eq!(second.ending, Ending::Done);
    assert_complete(&store, &api, WHOLE);
}

/// A run that stores nothing finds out with its next note, one that was done with its last.
#[tokio::test(start_paused = true)]
async fn a_run_whose_turn_is_over_finds_out_without_storing_anything() {
    let (store, api) = (empty(), api(300));
    api.answer(|call, _| if call == 0 { Reply::Page } else { Reply::Hang });
    let run = on(&store, &api, job(Kind::Sequential, WHOLE)).noting_every(Duration::from_secs(1));
    let thief = async {
        sleep(Duration::from_secs(5)).await;
        take_over(&store);
    };
    let (over, ()) = ended(async { tokio::join!(run.run(), thief) }).await;
    let over = over.unwrap_err();
    assert!(
        matches!(over, ListingError::TurnOver { processed: 100, .. }),
        "{over}"
    );

    api.answer_all();
    let run = on(&store, &api, job(Kind::Sequential, WHOLE)).observed({
        let outside = Mutex::new(store.connection());
        move |event| {
            if matches!(event, Event::Stored(stored) if stored.progress.processed == 300) {
                let outside = outside.lock().unwrap();
                outside
                    .execute("DELETE FROM _async_migrations", [])
                    .unwrap();
            }
        }
    });
    let over = ended(run.run()).await.unwrap_err();
    assert!(
        matches!(over, ListingError::TurnOver { processed: 300, .. }),
        "{over}"
    );
    assert_eq!(entry(&store), None);
}

#[tokio::test(start_paused = true)]
async fn two_runs_that_take_each_other_for_dead_leave_one_that_completes() {
    let (store, api) = (empty(), api(3_000));
    let later = async {
        sleep(Duration::from_millis(900)).await;
        on(&store, &api, job(Kind::Fixed(4), WHOLE)).run().await
    };
    let first = on(&store, &api, job(PLAN, WHOLE)).run();
    let (first, second) = ended(async { tokio::join!(first, later) }).await;
    let over = first.unwrap_err();
    assert!(matches!(over, ListingError::TurnOver { .. }), "{over}");
    assert_eq!(second.unwrap().ending, Ending::Done);
    assert_complete(&store, &api, WHOLE);
}

/// What a stream has stored, and when.
type Stored = Arc<Mutex<Vec<(usize, Instant)>>>;

/// The stream of this number, into its own table of one database.
fn stream(
    number: usize,
    database: &Database<TokioRuntime>,
    api: &Api,
    pages: &Pages,
) -> Listing<TokioRuntime, Api> {
    let job = Job {
        name: format!("stream {number}"),
        sink: Sink::table(&format!("stream {number}")),
        ..job(PLAN, WHOLE)
    };
    listing(database.clone(), api, job).sharing(pages.clone())
}

fn rows(store: &Store, number: usize) -> i64 {
    store.number(&format!("SELECT count(*) FROM \"stream {number}\""))
}

#[tokio::test(start_paused = true)]
async fn streams_that_share_permits_all_get_on() {
    // As many as one has slots; few; and one page at a time for all of them.
    for permits in [15, 4, 1] {
        let (store, api, pages) = (empty(), api(3_000), Pages::new(permits));
        let database = store.database();
        let told = Stored::default();
        let run = |number| {
            let tell = Arc::clone(&told);
            let run = stream(number, &database, &api, &pages)
                .paced(Fixed::new(70, Duration::from_millis(5)).unwrap());
            run.observed(move |event| {
                if let Event::Stored(stored) = event {
                    let pages = (0..stored.pages).map(|_| (number, stored.at));
                    tell.lock().unwrap().extend(pages);
                }
            })
            .run()
        };
        let all = async { tokio::join!(run(0), run(1), run(2)) };
        let (first, second, third) = ended(all).await;
        for report in [first, second, third] {
            assert_eq!(report.unwrap().ending, Ending::Done);
        }
        assert!((0..3).all(|number| rows(&store, number) == 3_000));
        assert!(api.with(|world| world.most_under_way) <= permits);
        // When two thirds of all pages are there, every stream has a good part of its own.
        let mut told = told.lock().unwrap().clone();
        told.sort_by_key(|&(_, at)| at);
        let early = &told[..told.len() * 2 / 3];
        for number in 0..3 {
            let pages = early.iter().filter(|&&(of, _)| of == number).count();
            assert!(
                pages >= 15,
                "{permits} permits, stream {number}: {pages} of {}",
                early.len()
            );
        }
    }
}

/// They do not cost a hundred round trips one after the other.
#[tokio::test(start_paused = true)]
async fn a_hundred_small_streams_are_fetched_side_by_side() {
    let (store, api, pages) = (empty(), api(10), Pages::new(50));
    let (runtime, database) = (TokioRuntime::new(), store.database());
    let runs = (0..100).map(|number| tokio::spawn(stream(number, &database, &api, &pages).run()));
    for run in runs.collect::<Vec<_>>() {
        assert_eq!(ended(run).await.unwrap().unwrap().ending, Ending::Done);
    }
    assert!((0..100).all(|number| rows(&store, number) == 10));
    assert_eq!(api.take_calls().len(), 100);
    assert_eq!(
        runtime.now(),
        Instant::from_nanos(800_000_000),
        "two round trips"
    );
}

/// A stream that is given up, or dies, gives its permits back.
#[tokio::test(start_paused = true)]
async fn permits_come_back_from_a_stream_that_dies() {
    let (store, api, pages) = (empty(), api(1_000), Pages::new(3));
    for step in 2..8 {
        let store = empty();
        let runtime = Stepping::at(step, Then::Hang);
        let run = listing(store.database_on(runtime.clone()), &api, job(PLAN, WHOLE));
        let run = run.sharing(pages.clone()).run();
        assert!(ended(runtime.crash(run)).await.is_none());
    }
    let cancel = CancellationToken::new();
    cancel.cancel();
    let cancelled = on(&empty(), &api, job(PLAN, WHOLE))
        .sharing(pages.clone())
        .cancelled_by(cancel);
    assert_eq!(
        ended(cancelled.run()).await.unwrap().ending,
        Ending::Cancelled
    );
    api.take_calls();
    api.with(|world| world.most_under_way = 0);
    let report = ended(on(&store, &api, job(PLAN, WHOLE)).sharing(pages).run()).await;
    assert_eq!(report.unwrap().ending, Ending::Done);
    assert_eq!(api.with(|world| world.most_under_way), 3, "all of them");
}

#[tokio::test(start_paused = true)]
async fn the_ledger_shows_a_run_as_it_shows_others() {
    let (store, api) = (empty(), api(1_000));
    ended(on(&store, &api, job(PLAN, WHOLE)).run())
        .await
        .unwrap();
    let shown = ledger::migrations(&store.connection()).unwrap().remove(0);
    assert_eq!(
        (&*shown.name, shown.status, shown.runs),
        (NAME, Status::Done, 1)
    );
    assert_eq!((shown.rows_processed, shown.rows_total), (1_000, 1_000));
}
