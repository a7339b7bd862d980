//! A listing backfill stores every object of its range, asks for nothing twice that it need not,
//! and goes on from wherever an earlier run has left off.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod listing_driven;
mod listing_model;

use backfill::listing::plan::Order;
use backfill::listing::{Ending, InFlight, Job, ListError, ListParams, Range, State};
use fixture::Store;
use listing_driven::api::{Api, Reply};
use listing_driven::{
    KINDS, Kind, assert_complete, assert_not_ahead, empty, ended, entry, job, leave, on, state,
    stored,
};
use listing_model::shapes::{shapes, tiny};

const WHOLE: Range = Range::new(1_000_000, 2_000_000);

/// `count` objects, evenly spread over `WHOLE`.
fn evenly(count: i64) -> impl Iterator<Item = i64> {
    (0..count).map(move |number| WHOLE.gte + number * 1_000_000 / count)
}

/// Runs to the end, which must be `ending`; what was asked.
async fn run(store: &Store, api: &Api, job: Job, ending: Ending) -> Vec<ListParams> {
    let report = ended(on(store, api, job).run()).await.unwrap();
    assert_eq!(report.ending, ending);
    let calls = api.take_calls();
    assert!(
        calls
            .iter()
            .all(|call| &*call.resource == "charges" && call.limit == 100)
    );
    calls
}

/// All of `range` from nothing.
async fn whole(api: &Api, kind: Kind, range: Range) -> (Store, Vec<ListParams>) {
    let store = empty();
    let calls = run(&store, api, job(kind, range), Ending::Done).await;
    assert_complete(&store, api, range);
    (store, calls)
}

#[tokio::test(start_paused = true)]
async fn every_plan_stores_every_object_of_every_shape() {
    for (name, objects) in shapes(3_000).into_iter().chain(tiny()) {
        for kind in KINDS {
            let api = Api::at(objects.seconds());
            let (store, calls) = whole(&api, kind, objects.range).await;
            let entry = entry(&store).unwrap();
            let rows = objects.len() as u64;
            assert_eq!(
                (entry.rows_processed, entry.rows_total),
                (rows, rows),
                "{name}, {kind:?}"
            );
            let wanted = |call: &ListParams| call.created.overlap(objects.range) == call.created;
            assert!(calls.iter().all(wanted), "{name}, {kind:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_oldest_first_is_the_same_set() {
    for kind in KINDS {
        let (api, store) = (Api::at(evenly(2_500)), empty());
        let plan = kind.from(Order::OldestFirst);
        let job = Job {
            plan,
            ..job(kind, WHOLE)
        };
        run(&store, &api, job, Ending::Done).await;
        assert_complete(&store, &api, WHOLE);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_behind_one_cursor_takes_one_call() {
    for kind in KINDS {
        let (api, store) = (Api::at(evenly(1_000)), empty());
        leave(
            &store,
            &State {
                completed: vec![
                    Range::new(1_000_000, 1_100_000),
                    Range::new(1_160_001, 2_000_000),
                ],
                in_flight: vec![InFlight {
                    gte: 1_100_000,
                    lt: 1_160_001,
                    cursor: "o000160".into(),
                }],
                segments: Some(10),
                ..State::new(WHOLE)
            },
        );
        let calls = run(&store, &api, job(kind, WHOLE), Ending::Done).await;
        assert_eq!(calls.len(), 1, "{kind:?}");
        assert_eq!(calls[0].created, Range::new(1_100_000, 1_160_001));
        assert_eq!(calls[0].starting_after.as_deref(), Some("o000160"));
        assert_eq!(stored(&store).len(), 60);
        assert!(state(&store).is_complete());
    }
}

#[tokio::test(start_paused = true)]
async fn the_probe_comes_first_alone_and_asks_for_all_of_the_range() {
    let api = Api::at(evenly(3_000));
    let (store, calls) = whole(&api, Kind::Probed, WHOLE).await;
    assert_eq!((calls[0].created, &calls[0].starting_after), (WHOLE, &None));
    assert_eq!(state(&store).segments, Some(30));
    // Its page is used: nothing is asked for twice but the second of its last object.
    assert_eq!(calls[1].starting_after.as_deref(), Some("o002900"));
    assert!(calls[1..].iter().all(|call| call.created.lt <= 1_966_668));

    // A run that knows the number makes no probe.
    api.answer(|call, _| match call {
        0..7 => Reply::Page,
        _ => Reply::Fail(ListError::System("enough".to_owned())),
    });
    let store = empty();
    ended(on(&store, &api, job(Kind::Probed, WHOLE)).run())
        .await
        .unwrap_err();
    api.take_calls();
    api.answer_all();
    let calls = run(&store, &api, job(Kind::Probed, WHOLE), Ending::Done).await;
    assert_complete(&store, &api, WHOLE);
    assert!(
        calls.iter().all(|call| call.created.span() <= 40_000),
        "{calls:?}"
    );
    assert_eq!(state(&store).segments, Some(30));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_at_a_boundary_and_nothing_outside_is_stored() {
    let inner = [1_200_000, 1_400_000, 1_600_000, 1_800_000];
    let around = |at: i64| [at - 1, at, at + 1];
    let ends = [WHOLE.gte, WHOLE.gte + 1, WHOLE.lt - 1];
    let outside = [WHOLE.gte - 100, WHOLE.gte - 1, WHOLE.lt, WHOLE.lt + 100];
    let seconds: Vec<i64> = inner
        .into_iter()
        .flat_map(around)
        .chain(ends)
        .chain(outside)
        .collect();
    for sloppy_s in [0, 200, 20_000] {
        for kind in KINDS.into_iter().chain([Kind::Fixed(5)]) {
            let api = Api::at(seconds.clone());
            api.with(|world| world.sloppy_s = sloppy_s);
            let store = empty();
            let small = Job {
                capacity: backfill::listing::plan::Capacity {
                    page: 2,
                    ..job(kind, WHOLE).capacity
                },
                ..job(kind, WHOLE)
            };
            ended(on(&store, &api, small).run()).await.unwrap();
            assert_complete(&store, &api, WHOLE);
            assert_eq!(stored(&store).len(), 15, "{kind:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_objects_in_five_seconds_all_arrive() {
    for kind in KINDS {
        let seconds = (0..10_000).map(|number| WHOLE.gte + 7 + number % 5 * 199_999);
        let api = Api::at(seconds);
        let (store, _) = whole(&api, kind, WHOLE).await;
        assert_eq!(stored(&store).len(), 10_000);
    }
}

#[tokio::test(start_paused = true)]
async fn twenty_five_thousand_objects_in_fifty_segments_all_arrive() {
    let api = Api::at(evenly(25_000));
    let (_, calls) = whole(&api, Kind::Fixed(50), WHOLE).await;
    assert_eq!(calls.len(), 250);
}

#[tokio::test(start_paused = true)]
async fn ties_across_the_edges_of_pages_all_arrive() {
    for (run_of, page) in [(2, 3), (3, 3), (5, 3), (1, 1), (4, 1)] {
        for kind in KINDS {
            let seconds = (0..200).map(|number| WHOLE.gte + number / run_of * 1_000);
            let (api, store) = (Api::at(seconds), empty());
            let mut job = job(kind, WHOLE);
            job.capacity.page = page;
            ended(on(&store, &api, job).run()).await.unwrap();
            assert_complete(&store, &api, WHOLE);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn objects_that_do_not_say_when_they_were_created_all_arrive() {
    for kind in KINDS {
        let api = Api::at(evenly(1_500));
        api.with(|world| world.mute = true);
        whole(&api, kind, WHOLE).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_run_makes_no_call() {
    for kind in KINDS {
        for count in [0, 1, 1_234] {
            let api = Api::at(evenly(count));
            let (store, _) = whole(&api, kind, WHOLE).await;
            let before = entry(&store);
            let calls = run(&store, &api, job(kind, WHOLE), Ending::AlreadyDone).await;
            assert_eq!(calls, []);
            assert_eq!(entry(&store), before);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_takes_one_call_and_no_seconds_take_none() {
    for kind in [Kind::Sequential, Kind::Probed, Kind::Adaptive(1)] {
        let (_, calls) = whole(&Api::at([]), kind, WHOLE).await;
        assert_eq!(calls.len(), 1);
        let (_, calls) = whole(&Api::at([WHOLE.gte]), kind, WHOLE).await;
        assert_eq!(calls.len(), 1);
        let (api, store) = (Api::at(evenly(10)), empty());
        let nothing = Range::new(WHOLE.gte, WHOLE.gte);
        assert_eq!(
            run(&store, &api, job(kind, nothing), Ending::Done).await,
            []
        );
    }
}

#[tokio::test(start_paused = true)]
async fn another_range_costs_only_what_is_new() {
    for kind in KINDS {
        let api = Api::at(evenly(1_000));
        let middle = Range::new(1_300_000, 1_700_000);
        let (store, _) = whole(&api, kind, middle).await;
        let calls = run(&store, &api, job(kind, WHOLE), Ending::Done).await;
        assert_complete(&store, &api, WHOLE);
        let new = |call: &ListParams| call.created.overlap(middle).is_empty();
        assert!(calls.iter().all(new), "{kind:?}: {calls:?}");
        // A part of what is done is done.
        assert_eq!(
            run(&store, &api, job(kind, middle), Ending::AlreadyDone).await,
            []
        );
    }
}

/// The limit counts over all runs, and a page is the most that comes on top.
#[tokio::test(start_paused = true)]
async fn a_limit_stops_within_a_page_and_a_larger_one_goes_on() {
    for kind in KINDS {
        for limit in [1, 99, 100, 101, 250, 1_900] {
            let (api, store) = (Api::at(evenly(3_000)), empty());
            let limited = |limit| Job {
                limit: Some(limit),
                ..job(kind, WHOLE)
            };
            run(&store, &api, limited(limit), Ending::LimitReached).await;
            let rows = stored(&store).len() as u64;
            assert!(
                (limit..limit + 100).contains(&rows),
                "{kind:?}, {limit}: {rows}"
            );
            assert_not_ahead(&store, &api);
            assert!(!state(&store).is_complete());
            assert_eq!(
                run(&store, &api, limited(limit), Ending::LimitReached).await,
                []
            );
            let more = limit + 500;
            run(&store, &api, limited(more), Ending::LimitReached).await;
            let rows = stored(&store).len() as u64;
            assert!(
                (more..more + 100).contains(&rows),
                "{kind:?}, {more}: {rows}"
            );
            run(&store, &api, job(kind, WHOLE), Ending::Done).await;
            assert_complete(&store, &api, WHOLE);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_never_reached_stops_nothing() {
    for limit in [301, 1_000] {
        let (api, store) = (Api::at(evenly(301)), empty());
        let job = Job {
            limit: Some(limit),
            ..job(Kind::Adaptive(1), WHOLE)
        };
        run(&store, &api, job, Ending::Done).await;
        assert_complete(&store, &api, WHOLE);
    }
}
