//! What nobody fetches makes room, at its moment, and without anything else happening.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backfill::stash::{Gone, PutError, Settings, What};
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use crate::bench::{Bench, ann, assert_timed_out, hundred, served, settle};

fn ttl(ms: u64) -> Settings {
    Settings {
        ttl: Duration::from_millis(ms),
        ..hundred()
    }
}

#[tokio::test(start_paused = true)]
async fn a_payload_is_there_until_it_expires_and_no_longer() {
    let bench = Bench::new(ttl(1_000));
    let ids = [10, 10].map(|size| bench.put(size).unwrap());
    bench.at(999).await;
    assert!(bench.take(ids[0]).is_some());
    bench.at(1_000).await;
    assert_eq!(bench.take(ids[1]), None);
    assert_eq!(bench.bytes(), (0, 0));
    bench.put(100).unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_served_when_something_expires_though_nothing_else_happens() {
    let bench = Bench::new(ttl(200));
    bench.put(100).unwrap();
    bench.at(10).await;
    let waiting = bench.wait(80).await;
    assert_eq!(served(waiting).await.1, 200);
}

#[tokio::test(start_paused = true)]
async fn who_needs_the_room_of_several_is_served_when_the_last_of_them_expires() {
    let bench = Bench::new(ttl(200));
    for ms in [0, 30, 60, 90] {
        bench.at(ms).await;
        bench.put(25).unwrap();
    }
    let large = bench.wait(75).await;
    let small = bench.wait(25).await;
    assert_eq!((served(large).await.1, served(small).await.1), (260, 290));
}

#[tokio::test(start_paused = true)]
async fn whose_time_is_up_is_tried_once_more() {
    let bench = Bench::new(ttl(500));
    bench.put(100).unwrap();
    let waiting = bench.wait(80).await;
    assert_eq!(served(waiting).await.1, 500);
    let full = bench.wait(80).await;
    bench.at(501).await;
    let late = bench.wait(80).await;
    // What was served at 500 expires at 1 000; the first to wait for it is then served.
    assert_eq!(served(full).await.1, 1_000);
    assert_timed_out(late, 80, 1_001).await;
}

/// Bytes that say when they are freed.
struct Freed(Arc<AtomicBool>);

impl AsRef<[u8]> for Freed {
    fn as_ref(&self) -> &[u8] {
        b"payload"
    }
}

impl Drop for Freed {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn noted() -> (Bytes, Arc<AtomicBool>) {
    let freed = Arc::new(AtomicBool::new(false));
    (Bytes::from_owner(Freed(Arc::clone(&freed))), freed)
}

#[tokio::test(start_paused = true)]
async fn what_expires_is_freed_on_time_where_somebody_looks_after_it() {
    let bench = Bench::new(ttl(200));
    let cancel = CancellationToken::new();
    let expiring = tokio::spawn(bench.stash.clone().expire(cancel.clone()));
    // It finds nothing at first, and nothing again between the two.
    for put_at_ms in [50, 700] {
        bench.at(put_at_ms).await;
        let (bytes, freed) = noted();
        bench.stash.put(&ann(), bytes).unwrap();
        bench.at(put_at_ms + 199).await;
        assert!(!freed.load(Ordering::SeqCst), "too early");
        bench.at(put_at_ms + 200).await;
        assert!(freed.load(Ordering::SeqCst), "too late");
    }
    let expired = bench.auditor.picked(|event| match event.what {
        What::Gone { held, why, .. } => Some((held.as_millis(), why)),
        _ => None,
    });
    assert_eq!(expired, [(200, Gone::Expired); 2]);
    cancel.cancel();
    settle().await;
    assert!(expiring.is_finished());
}

#[tokio::test(start_paused = true)]
async fn each_of_several_that_look_after_it_goes_on_when_the_others_end() {
    let bench = Bench::new(ttl(200));
    let cancels = [CancellationToken::new(), CancellationToken::new()];
    for cancel in &cancels {
        tokio::spawn(bench.stash.clone().expire(cancel.clone()));
    }
    settle().await;
    let (bytes, freed) = noted();
    bench.stash.put(&ann(), bytes).unwrap();
    bench.at(10).await;
    cancels[0].cancel();
    bench.at(200).await;
    assert!(freed.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn otherwise_it_is_freed_when_the_stash_is_next_used() {
    let bench = Bench::new(ttl(200));
    let (bytes, freed) = noted();
    bench.stash.put(&ann(), bytes).unwrap();
    bench.at(300).await;
    assert!(!freed.load(Ordering::SeqCst), "nobody was there to do it");
    assert_eq!(bench.stash.stats().held().bytes, 0);
    assert!(freed.load(Ordering::SeqCst));
}

/// A head that is not polled at its deadline, its task being busy with something else, is let go by
/// whoever looks at the line next, and holds nobody up.
#[tokio::test(start_paused = true)]
async fn a_head_that_nobody_polls_does_not_hold_up_its_tail() {
    let bench = Bench::new(hundred());
    bench.put(70).unwrap();
    let owner = ann();
    let cancel = CancellationToken::new();
    let head = bench.stash.put_wait(&owner, vec![0; 80].into(), cancel);
    let mut head = Box::pin(head);
    tokio::select! {
        biased;
        _ = &mut head => panic!("it does not fit"),
        () = settle() => {}
    }
    bench.at(10).await;
    let tail = bench.wait(30).await;
    assert_eq!(served(tail).await.1, 510);
    let waited = Duration::from_millis(510);
    assert_eq!(head.await, Err(PutError::TimedOut { bytes: 80, waited }));
}
