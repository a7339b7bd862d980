//! Who is served before whom, and at which moment.

use backfill::stash::{Full, PutError};
use tokio_util::sync::CancellationToken;

use crate::bench::{Bench, assert_timed_out, bob, hundred, served, sized};

#[tokio::test(start_paused = true)]
async fn two_that_fit_together_are_both_served_in_order() {
    let bench = Bench::new(hundred());
    let held = bench.put(100).unwrap();
    let first = bench.wait(60).await;
    let second = bench.wait(30).await;
    bench.at(50).await;
    assert_eq!(bench.bytes(), (100, 90));
    bench.take(held).unwrap();
    assert_eq!(bench.bytes(), (90, 0));
    let (first, second) = (served(first).await, served(second).await);
    assert_eq!((first.1, second.1), (50, 50));
    let order = bench.auditor.picked(|event| match event.what {
        backfill::stash::What::Stored { id, ticket, .. } => ticket.map(|_| id),
        _ => None,
    });
    assert_eq!(order, [first.0, second.0]);
}

#[tokio::test(start_paused = true)]
async fn of_two_that_do_not_fit_together_the_second_times_out_at_its_own_time() {
    let bench = Bench::new(hundred());
    let held = bench.put(100).unwrap();
    let first = bench.wait(80).await;
    bench.at(20).await;
    let second = bench.wait(80).await;
    bench.at(30).await;
    bench.take(held).unwrap();
    assert_eq!(served(first).await.1, 30);
    assert_timed_out(second, 80, 520).await;
    assert_eq!(bench.bytes(), (80, 0));
}

/// One payload of 25 is fetched every 10 ms, and another of 25 comes right after, of somebody else:
/// if it went in, there would never be room for 80.
async fn newcomers(wait: bool) {
    let bench = Bench::new(hundred());
    let held = [25; 4].map(|size| bench.put(size).unwrap());
    let large = bench.wait(80).await;
    let mut small = Vec::new();
    for (held, ms) in held.into_iter().zip([10, 20, 30, 40]) {
        bench.at(ms).await;
        bench.take(held).unwrap();
        if wait {
            small.push(bench.wait_for(&bob(), 25, &CancellationToken::new()).await);
        } else {
            let why = if ms < 40 {
                Full::OthersFirst
            } else {
                Full::Tiers
            };
            let put = bench.stash.put(&bob(), sized(25));
            assert_eq!(put, Err(PutError::Full { bytes: 25, why }));
        }
    }
    let (large, at_ms) = served(large).await;
    assert_eq!(at_ms, 40);
    bench.at(60).await;
    bench.take(large).unwrap();
    for small in small {
        assert_eq!(served(small).await.1, 60);
    }
}

#[tokio::test(start_paused = true)]
async fn newcomers_that_wait_do_not_starve_a_large_one() {
    newcomers(true).await;
}

#[tokio::test(start_paused = true)]
async fn newcomers_that_do_not_wait_do_not_starve_a_large_one() {
    newcomers(false).await;
}

#[tokio::test(start_paused = true)]
async fn when_the_head_times_out_a_tail_that_fits_is_served_at_that_instant() {
    let bench = Bench::new(hundred());
    bench.put(60).unwrap();
    let thirty = bench.put(30).unwrap();
    let head = bench.wait(80).await;
    bench.at(300).await;
    let tail = bench.wait(30).await;
    bench.at(350).await;
    bench.take(thirty).unwrap();
    bench.at(499).await;
    assert_eq!(bench.bytes(), (60, 110), "the tail does not pass the head");
    assert_timed_out(head, 80, 500).await;
    assert_eq!(served(tail).await.1, 500);
}

/// Both came at once, so the tail's time is up at the same instant; it is served all the same,
/// whichever of the two is polled first.
#[tokio::test(start_paused = true)]
async fn a_tail_whose_time_is_up_with_the_heads_is_served_if_it_fits() {
    let bench = Bench::new(hundred());
    bench.put(70).unwrap();
    let head = bench.wait(80).await;
    let tail = bench.wait(30).await;
    assert_timed_out(head, 80, 500).await;
    assert_eq!(served(tail).await.1, 500);
}

#[tokio::test(start_paused = true)]
async fn one_served_makes_no_hole_that_others_could_slip_through() {
    let bench = Bench::new(hundred());
    let held = [50, 50].map(|size| bench.put(size).unwrap());
    let line = [
        bench.wait(40).await,
        bench.wait(30).await,
        bench.wait(5).await,
    ];
    bench.take(held[0]).unwrap();
    let [first, second, third] = line;
    served(first).await;
    assert_eq!(bench.bytes(), (90, 35), "5 would fit, and waits behind 30");
    bench.at(10).await;
    bench.take(held[1]).unwrap();
    assert_eq!((served(second).await.1, served(third).await.1), (10, 10));
}
