//! A second pool before "full", and one line for both.

use std::cell::Cell;

use backfill::stash::{Full, PutError, Settings};
use tokio_util::sync::CancellationToken;

use crate::bench::{Bench, ann, bytes, hundred, served, sized};

fn tiers(main: u64, overflow: u64) -> Settings {
    Settings {
        capacity: bytes(main),
        overflow: bytes(overflow),
        ..hundred()
    }
}

fn by_tier(bench: &Bench) -> (u64, u64) {
    let stats = bench.stash.stats();
    (stats.main.bytes, stats.overflow.bytes)
}

#[tokio::test(start_paused = true)]
async fn what_finds_no_room_spills_and_what_made_it_is_done_once() {
    let bench = Bench::new(tiers(4, 64));
    bench.put(4).unwrap();
    let executed = Cell::new(0);
    let execute = || {
        executed.set(executed.get() + 1);
        sized(3)
    };
    let cancel = CancellationToken::new();
    let id = bench.stash.put_wait(&ann(), execute(), cancel).await;
    assert_eq!((by_tier(&bench), bench.ms()), ((4, 3), 0));
    assert_eq!(bench.take(id.unwrap()), Some(sized(3)));
    assert_eq!((by_tier(&bench), executed.get()), ((4, 0), 1));
}

#[tokio::test(start_paused = true)]
async fn full_is_when_both_are() {
    let bench = Bench::new(tiers(4, 3));
    bench.put(4).unwrap();
    bench.put(3).unwrap();
    let why = Full::Tiers;
    assert_eq!(bench.put(1), Err(PutError::Full { bytes: 1, why }));
    let error = bench.put(5).unwrap_err();
    assert!(matches!(error, PutError::TooLarge { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_larger_tier_says_what_is_too_large() {
    let bench = Bench::new(tiers(4, 64));
    bench.put(64).unwrap();
    assert_eq!(by_tier(&bench), (0, 64));
    let too_large = PutError::TooLarge {
        bytes: 65,
        largest_bytes: 64,
    };
    assert_eq!(bench.put(65), Err(too_large));
}

/// 80 fits in neither tier, though 90 are free in both together; 10 would fit in both.
#[tokio::test(start_paused = true)]
async fn nobody_passes_through_the_other_tier() {
    let bench = Bench::new(tiers(100, 100));
    let [main, over] = [60, 50].map(|size| bench.put(size).unwrap());
    assert_eq!(by_tier(&bench), (60, 50));
    let large = bench.wait(80).await;
    let small = bench.wait(10).await;
    let why = Full::OthersFirst;
    assert_eq!(bench.put(10), Err(PutError::Full { bytes: 10, why }));
    bench.at(10).await;
    assert_eq!(by_tier(&bench), (60, 50));
    bench.take(over).unwrap();
    assert_eq!((served(large).await.1, served(small).await.1), (10, 10));
    assert_eq!(by_tier(&bench), (70, 80));
    bench.take(main).unwrap();
    assert_eq!(by_tier(&bench), (10, 80), "nothing moves");
}
