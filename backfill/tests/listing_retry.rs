//! Which pages are asked for again, how often, and after what waits.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod listing_probe;

use std::num::NonZeroU32;
use std::time::Duration;

use backfill::listing::{Limit, Limiter, ListApi, ListError, Page, Rate, RetryPolicy, limited};
use backfill::{Runtime, TokioRuntime};
use listing_probe::{Probe, failed, params, refused};

const POLICY: RetryPolicy = RetryPolicy {
    attempts: NonZeroU32::new(6).unwrap(),
    base: Duration::from_secs(1),
    cap: Duration::from_secs(5),
    seed: 7,
};

/// A limit that nobody feels.
fn no_limit(runtime: TokioRuntime) -> Limiter<TokioRuntime> {
    let limit = Limit::new(Rate::per_second(1_000_000).unwrap());
    Limiter::new(runtime, limit.with_burst(1_000).unwrap())
}

/// The waits between the tries of `pages` pages that never come, ms.
async fn waits_ms(policy: RetryPolicy, pages: usize, error: ListError) -> Vec<u64> {
    let runtime = TokioRuntime::new();
    let told = error.clone();
    let probe = Probe::new(runtime, Duration::ZERO, move |_| Err(told.clone()));
    let api = limited(probe.clone(), no_limit(runtime), policy);
    let mut waits = Vec::new();
    for _ in 0..pages {
        let before = probe.count();
        // A clone has no draws of its own.
        let result = api.clone().list(params("things")).await;
        assert_eq!(result, Err(error.clone()));
        let asked = probe.asked_ms().split_off(before);
        waits.extend(asked.windows(2).map(|pair| pair[1].1 - pair[0].1));
    }
    waits
}

#[tokio::test(start_paused = true)]
async fn waits_are_drawn_from_all_up_to_a_bound_that_doubles() {
    let waits = waits_ms(POLICY, 400, failed(None)).await;
    assert_eq!(waits.len(), 400 * 5);
    for (retry, bound_ms) in [1_000, 2_000, 4_000, 5_000, 5_000].into_iter().enumerate() {
        let of_retry: Vec<u64> = waits.iter().skip(retry).step_by(5).copied().collect();
        let mean_ms = of_retry.iter().sum::<u64>() / 400;
        let share = |percent: u64| bound_ms * percent / 100;
        assert!(
            (share(45)..share(55)).contains(&mean_ms),
            "{retry}: {mean_ms}"
        );
        assert!(of_retry.iter().any(|&wait| wait < share(3)), "{retry}");
        assert!(of_retry.iter().any(|&wait| wait > share(97)), "{retry}");
        // The clock wakes people up to 1 ms late.
        assert!(of_retry.iter().all(|&wait| wait <= bound_ms + 1), "{retry}");
    }
}

/// The same seed, the same waits, with every version of whatever draws them.
#[tokio::test(start_paused = true)]
async fn waits_are_a_matter_of_the_seed() {
    assert_eq!(waits_ms(POLICY, 1, failed(None)).await, PINNED_MS);
    let other = RetryPolicy { seed: 8, ..POLICY };
    assert_ne!(waits_ms(other, 1, failed(None)).await, PINNED_MS);
}

const PINNED_MS: [u64; 5] = [765, 932, 23, 1507, 1931];

#[tokio::test(start_paused = true)]
async fn no_wait_is_shorter_than_the_api_asks_for() {
    for error in [failed(Some(3_000)), refused(Some(3_000))] {
        let waits = waits_ms(POLICY, 40, error).await;
        assert!(waits.iter().all(|&wait| wait >= 3_000));
        // A draw that is longer stays.
        assert!(waits.iter().any(|&wait| wait > 4_000));
        assert_eq!(waits.iter().min(), Some(&3_000));
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_pass_comes_back_at_once() {
    let text = || "no".to_owned();
    for error in [
        ListError::CursorGone { cursor: text() },
        ListError::Auth {
            status: 401,
            message: text(),
        },
        ListError::Config {
            status: 400,
            message: text(),
        },
        ListError::System(text()),
    ] {
        assert!(waits_ms(POLICY, 1, error).await.is_empty());
    }
    for error in [
        refused(None),
        ListError::Timeout {
            after: Duration::ZERO,
        },
        ListError::Connection(text()),
    ] {
        assert_eq!(waits_ms(POLICY, 1, error).await.len(), 5);
    }
    let once = RetryPolicy {
        attempts: NonZeroU32::MIN,
        ..POLICY
    };
    assert!(waits_ms(once, 1, failed(None)).await.is_empty());
}

/// The third try succeeds, and each has taken its token.
#[tokio::test(start_paused = true)]
async fn every_try_takes_a_token() {
    let runtime = TokioRuntime::new();
    let limiter = Limiter::new(runtime, Limit::new(Rate::per_ks(1).unwrap()));
    let probe = Probe::new(runtime, Duration::ZERO, |number| match number {
        2 => Ok(Page::default()),
        _ => Err(failed(None)),
    });
    let api = limited(probe.clone(), limiter.clone(), POLICY);
    api.list(params("things")).await.unwrap();
    assert_eq!(limiter.status().taken, 3);
    let sent: Vec<u64> = probe.asked_ms().iter().map(|(_, ms)| *ms).collect();
    assert_eq!(sent, [0, 1_000_000, 2_000_000]);
    assert_eq!(runtime.now().as_nanos() / 1_000_000_000, 2_000);
}

/// However often it is tried, and however long the first wait, nothing overflows.
#[tokio::test(start_paused = true)]
async fn extreme_policies_do_not_overflow() {
    let policy = RetryPolicy {
        attempts: NonZeroU32::new(100).unwrap(),
        base: Duration::MAX,
        cap: Duration::from_millis(5),
        seed: u64::MAX,
    };
    let waits = waits_ms(policy, 1, failed(None)).await;
    assert!(waits.iter().all(|&wait| wait <= 6));
    assert_eq!(waits.len(), 99);
}
