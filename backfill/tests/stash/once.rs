//! What is put is fetched once, by its owner, and by nobody else.

use backfill::stash::{Gone, What};

use crate::bench::{Bench, ann, bob, hundred, served, sized};

#[tokio::test(start_paused = true)]
async fn what_is_put_is_taken_once() {
    let bench = Bench::new(hundred());
    let id = bench.stash.put(&ann(), "a result".into()).unwrap();
    assert_eq!(bench.bytes(), (8, 0));
    assert_eq!(bench.take(id), Some("a result".into()));
    assert_eq!(bench.take(id), None);
    assert_eq!(bench.bytes(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn another_owner_sees_nothing_and_takes_nothing() {
    let bench = Bench::new(hundred());
    let id = bench.put(40).unwrap();
    assert_eq!(bench.stash.take(id, &bob()), None);
    assert_eq!(bench.bytes(), (40, 0));
    assert_eq!(bench.take(id), Some(sized(40)));
}

#[tokio::test(start_paused = true)]
async fn an_id_under_which_nothing_is_stored_takes_nothing() {
    let (bench, other) = (Bench::new(hundred()), Bench::new(hundred()));
    // Both have the same seed, so that a run can be repeated.
    assert_eq!(bench.put(1).unwrap(), other.put(1).unwrap());
    let unknown = other.put(1).unwrap();
    assert_eq!(bench.take(unknown), None);
    assert_eq!(bench.bytes(), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn clearing_removes_all_and_serves_who_waits() {
    let bench = Bench::new(hundred());
    let ids = [60, 40].map(|size| bench.put(size).unwrap());
    let waiting = bench.wait(70).await;
    bench.at(5).await;
    bench.stash.clear();
    assert_eq!(bench.bytes(), (70, 0));
    assert_eq!(served(waiting).await.1, 5);
    assert_eq!(ids.map(|id| bench.take(id)), [None, None]);
    let cleared = |event: &backfill::stash::Event| match event.what {
        What::Gone {
            why: Gone::Cleared, ..
        } => Some(event.bytes),
        _ => None,
    };
    let mut cleared = bench.auditor.picked(cleared);
    cleared.sort_unstable();
    assert_eq!(cleared, [40, 60]);
}

/// Whoever wants to send a payload in another way has it: what made it is not done again.
#[tokio::test(start_paused = true)]
async fn who_is_refused_still_has_the_payload() {
    let bench = Bench::new(hundred());
    bench.put(100).unwrap();
    let made = sized(40);
    assert!(bench.stash.put(&ann(), made.clone()).is_err());
    assert!(made.is_unique(), "the stash has let go of it");
}
