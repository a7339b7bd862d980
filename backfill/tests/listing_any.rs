//! Anything at once: whatever is listed, deleted and added, however a backfill is planned, paced,
//! cancelled, refused and killed, what was there all the time is in the table in the end, and
//! nothing that never was.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod listing_driven;
mod listing_model;

use std::time::Duration;

use backfill::chunked::Fixed;
use backfill::listing::plan::Order;
use backfill::listing::{Ending, Job, ListError, Listing, Pages, Range};
use fixture::Store;
use fixture::stepping::{Stepping, Then};
use listing_driven::api::{Api, Reply, World};
use listing_driven::{
    KINDS, Kind, assert_complete, assert_not_ahead, empty, ended, job, listing, stored,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tokio_util::sync::CancellationToken;

const WHOLE: Range = Range::new(0, 2_000);

/// How a run ends, if it does not complete before.
#[derive(Clone, Copy, Debug)]
enum End {
    /// At this step of SQL.
    Killed(usize),
    /// With its k-th call.
    Cancelled(usize),
    Refused(usize),
    /// After so many rows more.
    Limit(u64),
}

/// A run.
#[derive(Clone, Debug)]
struct Life {
    kind: Kind,
    order: Order,
    range: Range,
    page: u32,
    slots: usize,
    permits: usize,
    rows: u64,
    pause_ms: u64,
    end: End,
}

/// What happens to the objects when a call comes in.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// What the call goes on after is deleted.
    Cursor,
    /// One of the first objects is.
    Deleted(usize),
    Added(i64),
}

#[derive(Clone, Debug)]
struct Case {
    seconds: Vec<i64>,
    silent: bool,
    mute: bool,
    sloppy_s: i64,
    latencies_ms: Vec<u64>,
    /// For some calls.
    changes: Vec<Option<Change>>,
    lives: Vec<Life>,
}

fn life() -> impl Strategy<Value = Life> {
    let order = prop_oneof![Just(Order::NewestFirst), Just(Order::OldestFirst)];
    let part = (0..2_000_i64, 0..2_000_i64)
        .prop_map(|(at, span)| Range::new(at, at + span).overlap(WHOLE));
    let end = prop_oneof![
        4 => (0..40_usize).prop_map(End::Killed),
        1 => (0..15_usize).prop_map(End::Cancelled),
        1 => (0..15_usize).prop_map(End::Refused),
        1 => (0..60_u64).prop_map(End::Limit),
    ];
    let setting = (1..20_u32, 1..8_usize, 1..8_usize, 1..30_u64, 0..500_u64);
    let range = prop_oneof![3 => Just(WHOLE), 1 => part];
    (prop::sample::select(&KINDS[..]), order, range, setting, end).prop_map(
        |(kind, order, range, (page, slots, permits, rows, pause_ms), end)| Life {
            kind,
            order,
            range,
            page,
            slots,
            permits,
            rows,
            pause_ms,
            end,
        },
    )
}

fn case() -> impl Strategy<Value = Case> {
    let loose = prop::collection::vec(-50..2_050_i64, 0..80);
    let close = prop::collection::vec(1_700..1_720_i64, 0..60);
    let tied = (0..2_000_i64, 0..40_usize).prop_map(|(at, count)| vec![at; count]);
    let seconds =
        (loose, close, tied).prop_map(|(loose, close, tied)| [loose, close, tied].concat());
    let change = prop_oneof![
        2 => Just(Change::Cursor),
        1 => (0..180_usize).prop_map(Change::Deleted),
        1 => (-50..2_050_i64).prop_map(Change::Added),
    ];
    let change = prop_oneof![2 => Just(None), 1 => change.prop_map(Some)];
    (
        seconds,
        any::<bool>(),
        prop::bool::weighted(0.1),
        prop_oneof![3 => Just(0), 1 => 1..100_i64],
        prop::collection::vec(1..2_000_u64, 1..8),
        prop::collection::vec(change, 0..60),
        prop::collection::vec(life(), 0..4),
    )
        .prop_map(
            |(seconds, silent, mute, sloppy_s, latencies_ms, changes, lives)| Case {
                seconds,
                silent,
                mute,
                sloppy_s,
                latencies_ms,
                changes,
                lives,
            },
        )
}

fn change(world: &mut World, call: usize, change: Change) {
    match change {
        Change::Cursor => world.delete_cursor(call),
        Change::Deleted(number) => {
            let id = format!("o{number:06}");
            if world.ever.contains_key(&*id) {
                world.delete(&id);
            }
        }
        Change::Added(at) => world.insert(at, &format!("added{call:06}")),
    }
}

/// What becomes of calls in a life that ends as `end` says and begins with call `first`.
fn script(api: &Api, case: &Case, first: usize, end: End, cancel: CancellationToken) {
    let changes = case.changes.clone();
    api.answer(move |call, world| {
        if let Some(Some(now)) = changes.get(call) {
            change(world, call, *now);
        }
        match end {
            End::Cancelled(at) if call == first + at => cancel.cancel(),
            End::Refused(at) if call == first + at => {
                return Reply::Fail(ListError::System("enough".to_owned()));
            }
            _ => {}
        }
        Reply::Page
    });
}

fn run_of(life: &Life, store: &Store, api: &Api, runtime: Stepping) -> Listing<Stepping, Api> {
    let mut job = Job {
        plan: life.kind.from(life.order),
        ..job(life.kind, life.range)
    };
    job.capacity.page = life.page;
    job.capacity.slots = life.slots;
    if let End::Limit(more) = life.end {
        job.limit = Some(stored(store).len() as u64 + more);
    }
    let pause = Duration::from_millis(life.pause_ms);
    listing(store.database_on(runtime), api, job)
        .sharing(Pages::new(life.permits))
        .paced(Fixed::new(life.rows, pause).unwrap())
}

async fn lived(life: &Life, case: &Case, store: &Store, api: &Api) {
    let step = match life.end {
        End::Killed(step) => step,
        _ => usize::MAX,
    };
    let (runtime, cancel) = (Stepping::at(step, Then::Hang), CancellationToken::new());
    let first = api.with(|world| {
        world.most_under_way = 0;
        world.calls.len()
    });
    script(api, case, first, life.end, cancel.clone());
    let before = stored(store).len() as u64;
    let run = run_of(life, store, api, runtime.clone()).cancelled_by(cancel);
    let ended = ended(runtime.crash(run.run())).await;
    let rows = stored(store).len() as u64;
    match (life.end, ended) {
        (End::Limit(more), Some(report)) => {
            assert!(matches!(
                report.unwrap().ending,
                Ending::LimitReached | Ending::Done | Ending::AlreadyDone
            ));
            assert!(rows < before + more.max(1) + u64::from(life.page));
        }
        (End::Refused(_), Some(Err(_))) | (_, None | Some(Ok(_))) => {}
        (end, Some(Err(error))) => panic!("{end:?}: {error}"),
    }
    assert!(api.with(|world| world.most_under_way) <= life.permits);
    assert_not_ahead(store, api);
}

async fn check(case: Case) {
    let (store, api) = (empty(), Api::at(case.seconds.clone()));
    api.with(|world| {
        world.silent = case.silent;
        world.mute = case.mute;
        world.sloppy_s = case.sloppy_s;
        world.latencies_ms.clone_from(&case.latencies_ms);
    });
    for life in &case.lives {
        lived(life, &case, &store, &api).await;
    }
    // The last one, by which everything must be there.
    let last = Life {
        kind: KINDS[case.seconds.len() % KINDS.len()],
        order: Order::NewestFirst,
        range: WHOLE,
        page: 7,
        slots: 5,
        permits: 6,
        rows: 11,
        pause_ms: 3,
        end: End::Killed(usize::MAX),
    };
    lived(&last, &case, &store, &api).await;
    // What says nothing of its time cannot be told from what nobody asked for.
    if !case.mute || case.sloppy_s == 0 {
        assert_complete(&store, &api, WHOLE);
    }
    api.take_calls();
    lived(&last, &case, &store, &api).await;
    assert_eq!(api.take_calls(), []);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 384,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(281),
        max_shrink_iters: 2_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_was_there_all_the_time_is_there_in_the_end(case in case()) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(check(case));
    }
}
