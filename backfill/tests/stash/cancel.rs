//! Whoever goes away leaves nothing behind, and holds nobody up.

use backfill::stash::{Gone, Left, PutError, What};
use tokio_util::sync::CancellationToken;

use crate::bench::{Bench, ann, hundred, served, settle, sized};

#[tokio::test(start_paused = true)]
async fn cancelled_before_the_start_stores_nothing_though_there_is_room() {
    let bench = Bench::new(hundred());
    let cancel = CancellationToken::new();
    cancel.cancel();
    let result = bench.stash.put_wait(&ann(), sized(10), cancel).await;
    assert_eq!(result, Err(PutError::Cancelled));
    assert_eq!(bench.bytes(), (0, 0));
    let refused = bench.auditor.picked(|event| match event.what {
        What::Refused(why) => Some(why),
        _ => None,
    });
    assert_eq!(refused, [PutError::Cancelled]);
}

/// Why they left the line, in order.
fn left(bench: &Bench) -> Vec<Left> {
    bench.auditor.picked(|event| match event.what {
        What::Left { why, .. } => Some(why),
        _ => None,
    })
}

/// How many were stored and withdrawn.
fn withdrawn(bench: &Bench) -> usize {
    let withdrawn = |event: &backfill::stash::Event| match event.what {
        What::Gone {
            why: Gone::Withdrawn,
            ..
        } => Some(()),
        _ => None,
    };
    bench.auditor.picked(withdrawn).len()
}

#[tokio::test(start_paused = true)]
async fn cancelled_in_line_leaves_at_once_and_the_tail_is_served() {
    let bench = Bench::new(hundred());
    bench.put(70).unwrap();
    let cancel = CancellationToken::new();
    let head = bench.wait_for(&ann(), 80, &cancel).await;
    let tail = bench.wait(30).await;
    bench.at(20).await;
    cancel.cancel();
    assert_eq!(head.await.unwrap(), (Err(PutError::Cancelled), 20));
    assert_eq!(served(tail).await.1, 20);
    assert_eq!(left(&bench), [Left::Cancelled]);
    assert_eq!(bench.bytes(), (100, 0));
}

#[tokio::test(start_paused = true)]
async fn dropped_in_line_leaves_at_once_and_the_tail_is_served() {
    let bench = Bench::new(hundred());
    bench.put(70).unwrap();
    let head = bench.wait(80).await;
    let tail = bench.wait(30).await;
    bench.at(20).await;
    head.abort();
    assert_eq!(served(tail).await.1, 20);
    assert_eq!(left(&bench), [Left::Dropped]);
    assert_eq!(bench.bytes(), (100, 0));
}

#[tokio::test(start_paused = true)]
async fn dropped_before_the_first_poll_was_never_there() {
    let bench = Bench::new(hundred());
    let owner = ann();
    let cancel = CancellationToken::new();
    drop(bench.stash.put_wait(&owner, sized(10), cancel));
    assert!(bench.auditor.audit().events.is_empty());
}

/// Between being served and hearing of it, there is an id that nobody knows.
#[tokio::test(start_paused = true)]
async fn served_and_dropped_before_it_knows_leaves_nothing_behind() {
    let bench = Bench::new(hundred());
    let held = bench.put(100).unwrap();
    let head = bench.wait(80).await;
    let tail = bench.wait(60).await;
    bench.take(held).unwrap();
    assert_eq!(bench.bytes(), (80, 60), "served, and not polled since");
    head.abort();
    settle().await;
    assert_eq!(withdrawn(&bench), 1);
    assert_eq!(bench.bytes(), (60, 0));
    assert_eq!(served(tail).await.1, 0);
}

#[tokio::test(start_paused = true)]
async fn served_and_cancelled_before_it_knows_leaves_nothing_behind() {
    let bench = Bench::new(hundred());
    let held = bench.put(100).unwrap();
    let cancel = CancellationToken::new();
    let head = bench.wait_for(&ann(), 80, &cancel).await;
    let tail = bench.wait(60).await;
    bench.take(held).unwrap();
    cancel.cancel();
    assert_eq!(head.await.unwrap().0, Err(PutError::Cancelled));
    assert_eq!(withdrawn(&bench), 1);
    assert_eq!(served(tail).await.1, 0);
    assert_eq!(bench.bytes(), (60, 0));
}

#[tokio::test(start_paused = true)]
async fn cancelled_after_the_end_changes_nothing() {
    let bench = Bench::new(hundred());
    let held = bench.put(100).unwrap();
    let cancel = CancellationToken::new();
    let waiting = bench.wait_for(&ann(), 80, &cancel).await;
    bench.take(held).unwrap();
    let (id, _) = served(waiting).await;
    cancel.cancel();
    settle().await;
    assert_eq!(bench.take(id), Some(sized(80)));
    assert_eq!(withdrawn(&bench), 0);
}
