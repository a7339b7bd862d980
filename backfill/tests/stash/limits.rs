//! What is refused at once, and why; and settings that are refused.

use std::time::Duration;

use backfill::TokioRuntime;
use backfill::stash::{Amount, Full, PutError, Settings, SettingsError, Stash};
use tokio_util::sync::CancellationToken;

use crate::bench::{Bench, ann, bytes, hundred, sized};

const fn full(bytes: u64, why: Full) -> PutError {
    PutError::Full { bytes, why }
}

#[tokio::test(start_paused = true)]
async fn what_is_held_is_never_pushed_out() {
    let bench = Bench::new(hundred());
    let ids = [50, 40].map(|size| bench.put(size).unwrap());
    assert_eq!(bench.put(11), Err(full(11, Full::Tiers)));
    bench.put(10).unwrap();
    assert_eq!(bench.bytes(), (100, 0));
    assert!(ids.into_iter().all(|id| bench.take(id).is_some()));
}

#[tokio::test(start_paused = true)]
async fn a_payload_above_the_capacity_is_too_large() {
    let bench = Bench::new(hundred());
    let error = bench.put(101).unwrap_err();
    let too_large = PutError::TooLarge {
        bytes: 101,
        largest_bytes: 100,
    };
    assert_eq!(error, too_large);
    let said = "a payload of 101 B is too large: one of 100 B fits at the most; send it in another \
                way, or raise `capacity` or `owner_percent`";
    assert_eq!(error.to_string(), said);
    bench.put(100).unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_bounded_in_bytes() {
    let bench = Bench::new(Settings {
        waiting: bytes(50),
        ..hundred()
    });
    bench.put(100).unwrap();
    let _first = bench.wait(30).await;
    let refused = bench.wait(21).await.await.unwrap();
    assert_eq!(refused, (Err(full(21, Full::WaitingBytes)), 0));
    let _second = bench.wait(20).await;
    assert_eq!(bench.bytes(), (100, 50));
    assert_eq!(bench.auditor.audit().most_bytes, 150);
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_are_bounded_in_number() {
    let bench = Bench::new(Settings {
        waiting: Amount {
            payloads: 2,
            bytes: 1_000,
        },
        ..hundred()
    });
    bench.put(100).unwrap();
    let _two = [bench.wait(1).await, bench.wait(1).await];
    let refused = bench.wait(1).await.await.unwrap();
    assert_eq!(refused, (Err(full(1, Full::Waiters)), 0));
    // Whoever leaves gives the place back.
    bench.at(500).await;
    let _third = bench.wait(1).await;
    assert_eq!(bench.bytes(), (100, 1));
}

#[tokio::test(start_paused = true)]
async fn empty_payloads_are_bounded_in_number() {
    let bench = Bench::new(Settings {
        capacity: Amount {
            payloads: 2,
            bytes: 100,
        },
        ..hundred()
    });
    let ids = [0, 0].map(|size| bench.put(size).unwrap());
    assert_eq!(bench.put(0), Err(full(0, Full::Tiers)));
    bench.take(ids[0]).unwrap();
    bench.put(0).unwrap();
}

#[tokio::test(start_paused = true)]
async fn with_no_time_to_wait_nobody_waits() {
    let bench = Bench::new(Settings {
        wait: Duration::ZERO,
        ..hundred()
    });
    let put_wait = async |size| {
        let cancel = CancellationToken::new();
        bench.stash.put_wait(&ann(), sized(size), cancel).await
    };
    put_wait(60).await.unwrap();
    assert_eq!(put_wait(60).await, Err(full(60, Full::Tiers)));
    assert_eq!(bench.ms(), 0);
    put_wait(40).await.unwrap();
    let waited = |event: &backfill::stash::Event| {
        matches!(event.what, backfill::stash::What::Waiting { .. }).then_some(())
    };
    assert!(bench.auditor.picked(waited).is_empty());
}

fn refused(settings: Settings) -> SettingsError {
    let stash = Stash::new(TokioRuntime::new(), settings, [0; 32], ());
    stash.map(drop).unwrap_err()
}

#[test]
fn settings_that_let_nothing_through_are_refused() {
    let no_bytes = Amount {
        payloads: 1,
        bytes: 0,
    };
    let capacity = |capacity| Settings {
        capacity,
        ..Settings::default()
    };
    let (nothing, one) = (Amount::default(), bytes(1));
    assert_eq!(refused(capacity(nothing)), SettingsError::NoCapacity);
    assert_eq!(refused(capacity(no_bytes)), SettingsError::NoCapacity);
    let overflow = Settings {
        overflow: no_bytes,
        ..Settings::default()
    };
    assert_eq!(refused(overflow), SettingsError::HalfOverflow);
    let ttl = Settings {
        ttl: Duration::ZERO,
        ..Settings::default()
    };
    assert_eq!(refused(ttl), SettingsError::NoTtl);
    for percent in [0, 101] {
        let settings = Settings {
            owner_percent: percent,
            ..Settings::default()
        };
        assert_eq!(refused(settings), SettingsError::Percent { percent });
    }
    let no_share = refused(capacity(one));
    assert!(no_share.to_string().contains("`capacity`"), "{no_share}");
    let line = |wait| Settings {
        wait,
        waiting: one,
        ..Settings::default()
    };
    let no_line = refused(line(Duration::from_millis(1)));
    let said = "an owner's share of `waiting`, 50 % of 1000 payloads and 1 B, is less than 1 \
                payload or 1 B; raise `waiting` or `owner_percent`, or set `wait` to 0 if nobody \
                is to wait";
    assert_eq!(no_line.to_string(), said);
    assert!(Stash::new(TokioRuntime::new(), line(Duration::ZERO), [0; 32], ()).is_ok());
}

#[test]
fn unless_said_it_is_256_mib_for_ten_minutes_and_half_a_second() {
    let settings = Settings::default();
    assert_eq!(settings.capacity.bytes, 268_435_456);
    assert_eq!(settings.overflow, Amount::default());
    assert_eq!(settings.ttl, Duration::from_secs(600));
    assert_eq!(settings.wait, Duration::from_millis(500));
    assert_eq!(settings.owner_percent, 50);
}
