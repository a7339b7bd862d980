//! However a run ends, what was stored stays stored, the ledger says what happened and where to go
//! on, and a later run completes it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod listing_driven;
mod listing_model;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backfill::chunked::Fixed;
use backfill::ledger::Status;
use backfill::listing::{Class, Ending, Event, Job, ListError, ListingError, Range, Sink};
use backfill::{Runtime, TokioRuntime};
use fixture::{Store, chain};
use listing_driven::api::{Api, Reply};
use listing_driven::{
    KINDS, Kind, claimed, completed, empty, ended, entry, job, on, state, stored,
};
use tokio_util::sync::CancellationToken;

const WHOLE: Range = Range::new(0, 1_000_000);

fn api(count: i64) -> Api {
    Api::at((0..count).map(|number| number * 1_000_000 / count))
}

fn errors() -> [(ListError, Class); 8] {
    let message = || "no".to_owned();
    let retry_after = Some(Duration::from_secs(7));
    [
        (ListError::RateLimited { retry_after }, Class::Transient),
        (
            ListError::Server {
                status: 503,
                retry_after,
            },
            Class::Transient,
        ),
        (
            ListError::Timeout {
                after: Duration::from_secs(9),
            },
            Class::Transient,
        ),
        (ListError::Connection(message()), Class::Transient),
        (ListError::CursorGone { cursor: message() }, Class::Cursor),
        (
            ListError::Auth {
                status: 401,
                message: message(),
            },
            Class::Auth,
        ),
        (
            ListError::Config {
                status: 400,
                message: message(),
            },
            Class::Config,
        ),
        (ListError::System(message()), Class::System),
    ]
}

#[tokio::test(start_paused = true)]
async fn an_error_is_told_as_it_is_and_moves_nothing_back() {
    for (error, class) in errors() {
        // A cursor that is gone is no end unless there is none.
        let first_pages = if class == Class::Cursor { 0 } else { 12 };
        for kind in KINDS {
            let (store, api) = (empty(), api(2_500));
            let failure = error.clone();
            api.answer(move |call, _| match call {
                _ if call >= first_pages => Reply::Fail(failure.clone()),
                _ => Reply::Page,
            });
            let failed = ended(on(&store, &api, job(kind, WHOLE)).run()).await;
            let failed = failed.unwrap_err();
            let ListingError::Page {
                source, processed, ..
            } = &failed
            else {
                panic!("{failed}");
            };
            assert_eq!((source, source.class()), (&error, class));
            let rows = stored(&store).len() as u64;
            assert_eq!(*processed, rows);
            let kept = entry(&store).unwrap();
            assert_eq!((kept.status, kept.rows_processed), (Status::Failed, rows));
            assert_eq!(kept.error, Some(error.to_string()));
            assert!(chain(&failed).ends_with(&error.to_string()));

            // Again, at once: nothing is lost by it.
            let before = api.with(|world| claimed(&state(&store), world));
            ended(on(&store, &api, job(kind, WHOLE)).run())
                .await
                .unwrap_err();
            let after = api.with(|world| claimed(&state(&store), world));
            assert!(after.is_superset(&before));
            completed(&store, &api, kind, WHOLE).await;
        }
    }
}

/// One call of 15 fails; the pages of the 14 others are stored.
#[tokio::test(start_paused = true)]
async fn what_else_is_under_way_is_stored() {
    let (store, api) = (empty(), api(3_000));
    api.with(|world| world.latencies_ms = (1..=15).map(|call| call * 100).collect());
    api.answer(|call, _| match call {
        2 => Reply::Fail(ListError::System("no".to_owned())),
        _ => Reply::Page,
    });
    let plan = Kind::Fixed(15);
    ended(on(&store, &api, job(plan, WHOLE)).run())
        .await
        .unwrap_err();
    // By the third answer, the first two segments have asked for their second page.
    let calls = api.take_calls().len();
    assert_eq!((calls, stored(&store).len()), (17, 1_600));
    completed(&store, &api, plan, WHOLE).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_failed_can_still_be_cancelled() {
    let (store, api) = (empty(), api(3_000));
    api.answer(|call, _| match call {
        3 => Reply::Fail(ListError::System("no".to_owned())),
        _ => Reply::Hang,
    });
    let cancel = CancellationToken::new();
    let run = on(&store, &api, job(Kind::Fixed(15), WHOLE)).cancelled_by(cancel.clone());
    let stop = async {
        TokioRuntime::new().sleep(Duration::from_secs(60)).await;
        cancel.cancel();
    };
    let (failed, ()) = ended(async { tokio::join!(run.run(), stop) }).await;
    let failed = failed.unwrap_err();
    assert!(matches!(failed, ListingError::Page { .. }), "{failed}");
    completed(&store, &api, Kind::Fixed(15), WHOLE).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_cancelled_at_any_page_keeps_what_was_fetched_and_is_completed_by_the_next() {
    for kind in KINDS {
        for page in 1.. {
            let (store, api) = (empty(), api(1_200));
            let (cancel, fetched) = (CancellationToken::new(), Arc::new(AtomicU64::new(0)));
            let (stop, count, mut pages) = (cancel.clone(), Arc::clone(&fetched), 0);
            let run = on(&store, &api, job(kind, WHOLE))
                .cancelled_by(cancel)
                .observed(move |event| {
                    if let Event::Fetched { answer, .. } = event {
                        count.fetch_add(u64::from(answer.items), Ordering::SeqCst);
                        pages += 1;
                        if pages == page {
                            stop.cancel();
                        }
                    }
                });
            let report = ended(run.run()).await.unwrap();
            let rows = stored(&store).len() as u64;
            assert_eq!(
                rows,
                fetched.load(Ordering::SeqCst),
                "what was fetched is stored"
            );
            if report.ending == Ending::Done {
                assert!(page >= 12, "{kind:?}, {page}");
                break;
            }
            assert_eq!(report.ending, Ending::Cancelled);
            assert_eq!(entry(&store).unwrap().status, Status::Cancelled);
            completed(&store, &api, kind, WHOLE).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_and_calls_that_hang_end_when_the_run_is_cancelled() {
    let (store, api) = (empty(), api(1_000));
    api.answer(|call, _| if call < 5 { Reply::Page } else { Reply::Hang });
    let cancel = CancellationToken::new();
    let run = on(&store, &api, job(Kind::Fixed(10), WHOLE))
        .paced(Fixed::new(30, Duration::from_secs(86_400)).unwrap())
        .cancelled_by(cancel.clone());
    let stop = async {
        let runtime = TokioRuntime::new();
        runtime.sleep(Duration::from_secs(5)).await;
        cancel.cancel();
        runtime.now()
    };
    let (report, _) = ended(async { tokio::join!(run.run(), stop) }).await;
    assert_eq!(report.unwrap().ending, Ending::Cancelled);
    assert_eq!(stored(&store).len(), 500);
    assert_eq!(api.with(|world| world.under_way), 0, "calls are given up");
    completed(&store, &api, Kind::Fixed(10), WHOLE).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_cancelled_before_it_starts_asks_for_nothing() {
    let (store, api, cancel) = (empty(), api(1_000), CancellationToken::new());
    cancel.cancel();
    let run = on(&store, &api, job(Kind::Adaptive(15), WHOLE)).cancelled_by(cancel);
    assert_eq!(ended(run.run()).await.unwrap().ending, Ending::Cancelled);
    assert_eq!(api.take_calls(), []);
    assert_eq!(entry(&store).unwrap().status, Status::Cancelled);
    completed(&store, &api, Kind::Adaptive(15), WHOLE).await;
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_fails_stores_nothing_of_itself_and_is_told() {
    let (store, api) = (empty(), api(2_500));
    store.sql(
        "CREATE TABLE charges(id TEXT PRIMARY KEY NOT NULL, created INTEGER, body TEXT NOT NULL);
         CREATE TRIGGER full BEFORE INSERT ON charges
         WHEN (SELECT count(*) FROM charges) >= 730 BEGIN SELECT raise(ABORT, 'full'); END",
    );
    let failed = ended(on(&store, &api, job(Kind::Sequential, WHOLE)).run()).await;
    let failed = failed.unwrap_err();
    assert!(
        matches!(failed, ListingError::Store { processed: 700, .. }),
        "{failed}"
    );
    assert!(chain(&failed).contains("full"));
    assert_eq!(stored(&store).len(), 700);
    assert_eq!(entry(&store).unwrap().status, Status::Failed);
    store.sql("DROP TRIGGER full");
    completed(&store, &api, Kind::Sequential, WHOLE).await;
}

#[tokio::test(start_paused = true)]
async fn another_job_of_the_same_name_is_refused() {
    let (store, api) = (empty(), api(10));
    ended(on(&store, &api, job(Kind::Sequential, WHOLE)).run())
        .await
        .unwrap();
    let before = entry(&store);
    api.take_calls();
    let others = [
        Job {
            resource: "refunds".into(),
            ..job(Kind::Sequential, WHOLE)
        },
        Job {
            sink: Sink::table("others"),
            ..job(Kind::Sequential, WHOLE)
        },
    ];
    for other in others {
        let failed = ended(on(&store, &api, other).run()).await.unwrap_err();
        assert!(matches!(failed, ListingError::OtherJob { .. }), "{failed}");
        assert_eq!(entry(&store), before);
        assert_eq!(api.take_calls(), []);
    }
    // A column backfill's entry, whose cursor is none of ours.
    let store = Store::observed(10);
    fixture::backfill(&store.database(), 5).run().await.unwrap();
    let named = Job {
        name: "last_seen".to_owned(),
        ..job(Kind::Sequential, WHOLE)
    };
    let failed = ended(on(&store, &api, named).run()).await.unwrap_err();
    assert!(
        matches!(failed, ListingError::OtherJob { .. }),
        "{}",
        chain(&failed)
    );
}
