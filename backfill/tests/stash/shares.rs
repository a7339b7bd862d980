//! One owner holds its share at the most, and is in nobody's way when it has to wait for it.

use backfill::stash::{Full, Owner, PutError, Settings};
use tokio_util::sync::CancellationToken;

use crate::bench::{Bench, ann, assert_timed_out, bob, bytes, hundred, served, sized};

/// 100 B, of which an owner holds 50 at the most.
fn halves() -> Settings {
    Settings {
        owner_percent: 50,
        ..hundred()
    }
}

fn eve() -> Owner {
    Owner::new("eve")
}

#[tokio::test(start_paused = true)]
async fn one_owner_holds_no_more_than_its_share() {
    let bench = Bench::new(halves());
    bench.put(30).unwrap();
    let why = Full::Share;
    assert_eq!(bench.put(21), Err(PutError::Full { bytes: 21, why }));
    bench.put(20).unwrap();
    bench.stash.put(&bob(), sized(50)).unwrap();
    assert_eq!(bench.bytes(), (100, 0));
    let waiting = bench.wait(1).await;
    assert_timed_out(waiting, 1, 500).await;
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_its_own_share_is_in_nobodys_way() {
    let bench = Bench::new(halves());
    bench.put(50).unwrap();
    let own = bench.wait(10).await;
    let cancel = CancellationToken::new();
    let other = bench.wait_for(&bob(), 20, &cancel).await;
    assert_eq!(served(other).await.1, 0);
    bench.stash.put(&bob(), sized(20)).unwrap();
    assert_eq!(bench.bytes(), (90, 10));
    assert_timed_out(own, 10, 500).await;
}

#[tokio::test(start_paused = true)]
async fn what_an_owner_brings_later_does_not_pass_what_waits_for_its_share() {
    let bench = Bench::new(halves());
    let held = [20, 20].map(|size| bench.put(size).unwrap());
    let first = bench.wait(25).await;
    let second = bench.wait(5).await;
    let why = Full::OthersFirst;
    assert_eq!(bench.put(5), Err(PutError::Full { bytes: 5, why }));
    assert_eq!(bench.bytes(), (40, 30), "5 would be within the share");
    bench.at(10).await;
    bench.take(held[0]).unwrap();
    assert_eq!((served(first).await.1, served(second).await.1), (10, 10));
}

#[tokio::test(start_paused = true)]
async fn who_stood_aside_is_before_later_ones_when_its_share_allows() {
    let bench = Bench::new(halves());
    let own = bench.put(50).unwrap();
    let other = bench.stash.put(&bob(), sized(50)).unwrap();
    let aside = bench.wait(50).await;
    let later = bench.wait_for(&eve(), 50, &CancellationToken::new()).await;
    bench.at(10).await;
    bench.take(own).unwrap();
    assert_eq!(served(aside).await.1, 10);
    bench.at(20).await;
    bench.stash.take(other, &bob()).unwrap();
    assert_eq!(served(later).await.1, 20);
}

/// Once its share allows it to go, it waits for room like all others, and nobody passes any more.
#[tokio::test(start_paused = true)]
async fn who_stood_aside_is_not_starved_of_room() {
    let bench = Bench::new(halves());
    let own = [25, 25].map(|size| bench.put(size).unwrap());
    let other = [25, 25].map(|size| bench.stash.put(&bob(), sized(size)).unwrap());
    let aside = bench.wait(40).await;
    bench.take(own[0]).unwrap();
    bench.stash.put(&eve(), sized(25)).unwrap();
    bench.take(own[1]).unwrap();
    let why = Full::OthersFirst;
    let passing = bench.stash.put(&eve(), sized(5));
    assert_eq!(passing, Err(PutError::Full { bytes: 5, why }));
    bench.at(10).await;
    bench.stash.take(other[0], &bob()).unwrap();
    assert_eq!(served(aside).await.1, 10);
}

#[tokio::test(start_paused = true)]
async fn one_owner_takes_no_more_than_its_share_of_the_line() {
    let bench = Bench::new(Settings {
        waiting: bytes(60),
        ..halves()
    });
    bench.put(50).unwrap();
    let _own = bench.wait(30).await;
    let refused = bench.wait(1).await.await.unwrap();
    let why = Full::WaitingShare;
    assert_eq!(refused, (Err(PutError::Full { bytes: 1, why }), 0));
    bench.stash.put(&bob(), sized(50)).unwrap();
    let cancel = CancellationToken::new();
    let other = bench.wait_for(&bob(), 30, &cancel).await;
    assert_eq!(bench.bytes(), (100, 60));
    assert_timed_out(other, 30, 500).await;
}

#[tokio::test(start_paused = true)]
async fn a_payload_above_the_share_is_too_large() {
    let bench = Bench::new(halves());
    let too_large = PutError::TooLarge {
        bytes: 51,
        largest_bytes: 50,
    };
    assert_eq!(bench.put(51), Err(too_large));
    let cancel = CancellationToken::new();
    let waited = bench.stash.put_wait(&ann(), sized(51), cancel).await;
    assert_eq!((waited, bench.ms()), (Err(too_large), 0));
}
