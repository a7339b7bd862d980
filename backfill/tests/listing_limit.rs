//! How many requests an API gets, whatever happens to those that make them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod listing_probe;

use std::num::NonZeroU32;
use std::time::Duration;

use backfill::listing::{
    Limit, Limited, Limiter, ListApi, ListError, Page, Rate, RetryPolicy, limited,
};
use backfill::{Instant, Runtime, TokioRuntime};
use listing_probe::{Probe, Sleeper, failed, ms, params, refused};
use proptest::prelude::*;

const LATENCY: Duration = Duration::from_millis(400);

const fn tries(attempts: u32) -> RetryPolicy {
    RetryPolicy {
        attempts: NonZeroU32::new(attempts).unwrap(),
        ..RetryPolicy::new(1)
    }
}

fn limit(per_second: u32) -> Limit {
    Limit::new(Rate::per_second(per_second).unwrap())
}

/// Asks over and over, as many at a time.
fn keep_asking<R: Runtime>(api: &Limited<Probe, R>, resource: &'static str, at_a_time: usize) {
    for _ in 0..at_a_time {
        let api = api.clone();
        tokio::spawn(async move {
            loop {
                let _ = api.list(params(resource)).await;
            }
        });
    }
}

/// The most moments in any second, both ends included.
fn most_in_a_second(moments: &[Instant]) -> usize {
    let within = |from: Instant| {
        let after = moments.iter().skip_while(move |&&at| at < from);
        after.take_while(move |&&at| at - from <= Duration::from_secs(1))
    };
    let counts = moments.iter().map(|&from| within(from).count());
    counts.max().unwrap_or(0)
}

/// Somebody who asks.
#[derive(Clone, Debug)]
struct Caller {
    comes_ms: u64,
    gives_up_ms: Option<u64>,
    attempts: u32,
}

#[derive(Clone, Debug)]
struct Crowd {
    per_ks: u32,
    burst: u32,
    callers: Vec<Caller>,
    answers: Vec<Result<(), ListError>>,
    late_ms: Vec<u64>,
}

fn crowds() -> impl Strategy<Value = Crowd> {
    let caller = (0_u64..3_000, prop::option::of(0_u64..2_000), 1_u32..4);
    let caller = caller.prop_map(|(comes_ms, gives_up_ms, attempts)| Caller {
        comes_ms,
        gives_up_ms,
        attempts,
    });
    let answer = prop_oneof![
        4 => Just(Ok(())),
        1 => prop::option::of(0_u64..1_500).prop_map(|wait_ms| Err(refused(wait_ms))),
        1 => prop::option::of(0_u64..1_500).prop_map(|wait_ms| Err(failed(wait_ms))),
    ];
    let late_ms = prop_oneof![3 => 0_u64..3, 1 => 0_u64..1_500];
    (
        prop_oneof![1 => 100_u32..5_000, 1 => 5_000_u32..60_000],
        1_u32..5,
        prop::collection::vec(caller, 1..120),
        prop::collection::vec(answer, 1..20),
        prop::collection::vec(late_ms, 1..20),
    )
        .prop_map(|(per_ks, burst, callers, answers, late_ms)| Crowd {
            per_ks,
            burst,
            callers,
            answers,
            late_ms,
        })
}

/// When the API was asked.
fn moments(crowd: Crowd) -> Vec<Instant> {
    let builder = &mut tokio::runtime::Builder::new_current_thread();
    let tokio = builder.enable_time().start_paused(true).build().unwrap();
    tokio.block_on(async {
        let runtime = TokioRuntime::new();
        let late = Sleeper::late(
            runtime,
            crowd.late_ms.into_iter().map(Duration::from_millis),
        );
        let rate = Rate::per_ks(crowd.per_ks).unwrap();
        let limit = Limit::new(rate).with_burst(crowd.burst).unwrap();
        let limiter = Limiter::new(late, limit);
        let answers = crowd.answers;
        let probe = Probe::new(runtime, Duration::from_millis(150), move |number| {
            let answer = answers[number % answers.len()].clone();
            answer.map(|()| Page::default())
        });
        let callers = crowd.callers.into_iter().map(|caller| {
            let api = limited(probe.clone(), limiter.clone(), tries(caller.attempts));
            tokio::spawn(async move {
                runtime.sleep(Duration::from_millis(caller.comes_ms)).await;
                let gives_up_ms = caller.gives_up_ms.unwrap_or(u64::MAX / 1_000_000);
                tokio::select! {
                    biased;
                    _ = api.list(params("things")) => {}
                    () = runtime.sleep(Duration::from_millis(gives_up_ms)) => {}
                }
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.unwrap();
        }
        assert_eq!(limiter.status().waiting, 0);
        assert_eq!(limiter.status().taken, probe.count() as u64);
        probe.moments()
    })
}

proptest! {
    #[test]
    fn in_any_second_at_most_rate_and_burst_are_sent(crowd in crowds()) {
        let most = (crowd.per_ks / 1_000 + crowd.burst) as usize;
        let sent = most_in_a_second(&moments(crowd));
        prop_assert!(sent <= most, "{} > {}", sent, most);
    }
}

/// A clock that wakes people up to 100 ms late moves one request, not all that follow.
#[tokio::test(start_paused = true)]
async fn late_wake_ups_do_not_add_up() {
    let runtime = TokioRuntime::new();
    let by = [0, 100, 30, 70, 1].map(Duration::from_millis);
    let limiter = Limiter::new(Sleeper::late(runtime, by), limit(7));
    let probe = Probe::new(runtime, LATENCY, |_| Ok(Page::default()));
    keep_asking(&limited(probe.clone(), limiter, tries(1)), "things", 10);
    runtime.sleep(Duration::from_secs(101)).await;
    let moments = probe.moments();
    for (number, &at) in moments.iter().enumerate() {
        let planned_ms = number as u64 * 1_000 / 7;
        assert!(
            (planned_ms..planned_ms + 103).contains(&ms(at)),
            "{number}: {at:?}"
        );
    }
    assert!(moments.len() > 700);
}

#[tokio::test(start_paused = true)]
async fn after_a_quiet_time_a_burst_goes_at_once_and_no_more() {
    let runtime = TokioRuntime::new();
    let limiter = Limiter::new(runtime, limit(10).with_burst(3).unwrap());
    let probe = Probe::new(runtime, Duration::ZERO, |_| Ok(Page::default()));
    let api = limited(probe.clone(), limiter, tries(1));
    for _ in 0..2 {
        runtime.sleep(Duration::from_secs(100)).await;
        for _ in 0..5 {
            api.list(params("things")).await.unwrap();
        }
    }
    let sent: Vec<u64> = probe.asked_ms().iter().map(|(_, ms)| *ms).collect();
    let first = [100_000, 100_000, 100_000, 100_100, 100_200];
    assert_eq!(sent[..5], first);
    assert_eq!(sent[5..], first.map(|ms| ms + 100_200));
}

/// Of six that come at once, the one whose turn is next and one in the middle give up: the others
/// move up, and nobody's token is lost.
#[tokio::test(start_paused = true)]
async fn who_comes_first_is_served_first_and_who_gives_up_delays_nobody() {
    let runtime = TokioRuntime::new();
    let limiter = Limiter::new(runtime, limit(10));
    let probe = Probe::new(runtime, LATENCY, |_| Ok(Page::default()));
    let api = limited(probe.clone(), limiter.clone(), tries(1));
    let tasks = ["a", "b", "c", "d", "e", "f"].map(|name| {
        let api = api.clone();
        tokio::spawn(async move { api.list(params(name)).await })
    });
    runtime.sleep(Duration::from_millis(50)).await;
    assert_eq!(limiter.status().waiting, 5);
    tasks[1].abort();
    tasks[3].abort();
    runtime.sleep(Duration::from_millis(10)).await;
    assert_eq!(limiter.status().waiting, 3);
    runtime.sleep(Duration::from_secs(1)).await;
    let expected = [("a", 0), ("c", 100), ("e", 200), ("f", 300)];
    assert_eq!(
        probe.asked_ms(),
        expected.map(|(name, ms)| (name.to_owned(), ms))
    );
}

/// The token has been there for 10 ms, and the one it is for still sleeps.
#[tokio::test(start_paused = true)]
async fn a_latecomer_does_not_slip_in() {
    let runtime = TokioRuntime::new();
    let late = Sleeper::late(runtime, [Duration::from_millis(30)]);
    let probe = Probe::new(runtime, LATENCY, |_| Ok(Page::default()));
    let api = limited(probe.clone(), Limiter::new(late, limit(10)), tries(1));
    for (name, comes_ms) in [("a", 0), ("b", 1), ("c", 110)] {
        let api = api.clone();
        tokio::spawn(async move {
            runtime.sleep(Duration::from_millis(comes_ms)).await;
            api.list(params(name)).await
        });
    }
    runtime.sleep(Duration::from_secs(1)).await;
    let expected = [("a", 0), ("b", 130), ("c", 230)];
    assert_eq!(
        probe.asked_ms(),
        expected.map(|(name, ms)| (name.to_owned(), ms))
    );
}

/// One that was told to wait keeps everybody waiting, and 5xx may say so too. One that was told to
/// wait for less changes nothing.
#[tokio::test(start_paused = true)]
async fn retry_after_is_for_everybody() {
    for error in [refused, failed] {
        let runtime = TokioRuntime::new();
        let limiter = Limiter::new(runtime, limit(10));
        let probe = Probe::new(runtime, LATENCY, move |number| match number {
            0 => Err(error(Some(5_000))),
            1 => Err(error(Some(1_000))),
            _ => Ok(Page::default()),
        });
        let api = limited(probe.clone(), limiter.clone(), tries(1));
        keep_asking(&api, "things", 6);
        runtime.sleep(Duration::from_millis(1_000)).await;
        assert_eq!(limiter.status().frozen_for, Duration::from_millis(4_400));
        runtime.sleep(Duration::from_secs(5)).await;
        assert_eq!(limiter.status().frozen_for, Duration::ZERO);
        let sent: Vec<u64> = probe.asked_ms().iter().map(|(_, ms)| *ms).collect();
        assert_eq!(sent[..5], [0, 100, 200, 300, 5_400]);
        assert!(sent[5] >= 5_500);
    }
}

/// A server in trouble that says nothing of waiting is not asked less.
#[tokio::test(start_paused = true)]
async fn other_errors_change_no_rate() {
    let runtime = TokioRuntime::new();
    let limiter = Limiter::new(runtime, limit(10));
    let probe = Probe::new(runtime, LATENCY, |_| Err(failed(None)));
    keep_asking(
        &limited(probe.clone(), limiter.clone(), tries(1)),
        "things",
        6,
    );
    runtime.sleep(Duration::from_millis(9_950)).await;
    assert_eq!(probe.count(), 100);
    assert_eq!(limiter.status().lowered, 0);
}

/// Requests that were under way together say one thing, not ten.
#[tokio::test(start_paused = true)]
async fn the_rate_falls_once_for_all_that_were_under_way() {
    let runtime = TokioRuntime::new();
    let floor = Rate::per_second(3).unwrap();
    let limit = limit(10).with_burst(10).unwrap().with_floor(floor).unwrap();
    let limiter = Limiter::new(runtime, limit);
    let probe = Probe::new(runtime, LATENCY, |_| Err(refused(None)));
    let api = limited(probe.clone(), limiter.clone(), tries(1));
    let ten = (0..10).map(|_| {
        let api = api.clone();
        tokio::spawn(async move { api.list(params("things")).await.unwrap_err() })
    });
    for one in ten.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    let per_ks = |limiter: &Limiter<TokioRuntime>| limiter.status().rate.requests_per_ks();
    assert_eq!((limiter.status().lowered, per_ks(&limiter)), (1, 7_000));
    api.list(params("things")).await.unwrap_err();
    // In the 401 ms that took, 10/s / 60 s × 401 ms = 0.066/s had grown back.
    assert_eq!((limiter.status().lowered, per_ks(&limiter)), (2, 4_946));
    for _ in 0..10 {
        api.list(params("things")).await.unwrap_err();
    }
    assert_eq!(limiter.status().rate, floor);
}

/// For 20 s everything is refused; a minute after the last refusal the limit is used up again.
#[tokio::test(start_paused = true)]
async fn a_minute_after_a_storm_the_rate_is_back() {
    let runtime = TokioRuntime::new();
    let limiter = Limiter::new(runtime, limit(25));
    let probe = Probe::new(runtime, LATENCY, move |_| {
        if runtime.now() < Instant::from_nanos(20_000_000_000) {
            return Err(refused(None));
        }
        Ok(Page::default())
    });
    keep_asking(
        &limited(probe.clone(), limiter.clone(), tries(1)),
        "things",
        15,
    );
    runtime.sleep(Duration::from_secs(20)).await;
    let stormy = limiter.status();
    assert!(stormy.rate < Rate::per_second(2).unwrap(), "{stormy:?}");
    let refused = probe.count();
    runtime.sleep(Duration::from_secs(60)).await;
    assert_eq!(limiter.status().rate, Rate::per_second(25).unwrap());
    assert!(
        probe.count() - refused > 700,
        "it grows from the first second on"
    );
    let before = probe.count();
    runtime.sleep(Duration::from_secs(10)).await;
    assert!((249..=251).contains(&(probe.count() - before)));
}

#[tokio::test(start_paused = true)]
async fn streams_under_one_limit_get_the_same() {
    let runtime = TokioRuntime::new();
    let limiter = Limiter::new(runtime, limit(25));
    let probe = Probe::new(runtime, LATENCY, |_| Ok(Page::default()));
    for resource in ["charges", "customers", "invoices"] {
        let api = limited(probe.clone(), limiter.clone(), tries(1));
        keep_asking(&api, resource, 15);
    }
    runtime.sleep(Duration::from_secs(60)).await;
    let asked = probe.asked_ms();
    for resource in ["charges", "customers", "invoices"] {
        let times = asked.iter().filter(|(name, _)| name == resource).count();
        assert!((485..=515).contains(&times), "{resource}: {times}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_page_took_is_without_the_wait_for_leave() {
    let runtime = TokioRuntime::new();
    let limiter = Limiter::new(runtime, Limit::new(Rate::per_ks(10).unwrap()));
    let probe = Probe::new(runtime, LATENCY, |_| Ok(Page::default()));
    let api = limited(probe, limiter, tries(1));
    for _ in 0..2 {
        let page = api.list(params("things")).await.unwrap();
        assert_eq!(page.took, Some(LATENCY));
    }
}
