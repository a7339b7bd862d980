//! How much is held in memory, and who waits for room.

use std::time::Duration;

use backfill::Runtime as _;
use backfill::persistence::{Budget, Held, Keep, StoreError, Unsaved};

use crate::store_driven::runtime::Driven;
use crate::store_driven::{Memory, Run, Seen, cp, id, item, settle};

/// A store with room for so many objects.
async fn with_room(memory: &Memory, objects: u64, unsaved: Unsaved, seen: &Seen) -> Run {
    let (runtime, watcher) = (Driven::new(), seen.clone());
    let held = Held {
        objects,
        ..Budget::DEFAULT.held
    };
    let run = memory.open_on(runtime.clone(), |settings| {
        settings.budget(Budget { held, unsaved }).watcher(watcher);
    });
    run.await
}

/// A batch at `at` that sets so many items.
async fn fill(run: &Run, at: u64, items: i64) {
    let mut batch = run.begin(Keep::Latest).await;
    batch.item(cp(at)).unwrap();
    for number in 0..items {
        let of_batch = id(i64::try_from(at * 1_000).unwrap() + number);
        batch.set(run.items, of_batch, item(number)).unwrap();
    }
    batch.commit(cp(at)).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_batch_waits_for_the_write_under_way_even_if_nothing_is_queued() {
    let (memory, seen) = (Memory::new(), Seen::default());
    let run = with_room(&memory, 3, Unsaved::Any, &seen).await;
    let before = run.runtime.commits();
    run.runtime.hold();
    fill(&run, 1, 5).await;
    run.runtime.arrived_after(before).await;
    // Five rows, and the batch itself.
    assert_eq!(run.store.held().objects, 6);
    let store = run.store.clone();
    let next = tokio::spawn(async move { store.begin(Keep::Latest).await.map(drop) });
    run.runtime.sleep(Duration::from_secs(3)).await;
    assert!(!next.is_finished());
    run.runtime.let_go();
    next.await.unwrap().unwrap();
    assert_eq!(
        run.store.held().objects,
        3,
        "no more is forgotten than has to be"
    );
    let counts = run.store.counts();
    assert_eq!(
        (counts.stalled, counts.overshoots),
        (Duration::from_secs(3), 0)
    );
    assert_eq!(counts.evicted_written, 2);
    assert_eq!(seen.of("Stalled"), ["Stalled(3s)"]);
    assert_eq!(run.store.most_held().objects, 6);
}

/// A row that was written and has changed since is not forgotten: the database has the old one.
#[tokio::test(start_paused = true)]
async fn what_has_changed_since_it_was_written_stays() {
    let dir = tempfile::tempdir().unwrap();
    let (memory, runtime) = (Memory::in_file(dir.path()), Driven::new());
    let held = Held {
        objects: 2,
        ..Budget::DEFAULT.held
    };
    let run = Run::open(memory.split(&runtime), runtime.clone(), |settings| {
        settings.budget(Budget {
            held,
            ..Budget::DEFAULT
        });
    });
    let run = run.await.unwrap();
    let before = runtime.commits();
    runtime.hold();
    run.set(Keep::Latest, 1, 5, 1).await;
    runtime.arrived_after(before).await;
    let mut batch = run.begin(Keep::Latest).await;
    batch.item(cp(2)).unwrap();
    batch.set(run.items, id(5), item(2)).unwrap();
    batch.get(run.items, &id(1)).await.unwrap();
    batch.commit(cp(2)).unwrap();
    // The first is written, and the second not.
    runtime.let_one_go();
    runtime.arrived_after(before + 1).await;
    assert_eq!(run.store.checkpoints().committed, cp(1));
    assert_eq!(run.get(5).await, Some(item(2)));
    assert_eq!(run.store.counts().evicted_read, 1);
    runtime.let_go();
    run.close().await;
}

/// What a batch under way holds nobody can make room for.
#[tokio::test(start_paused = true)]
async fn who_waits_for_room_that_nothing_makes_is_not_kept_for_ever() {
    let (memory, seen) = (Memory::new(), Seen::default());
    let run = with_room(&memory, 3, Unsaved::Any, &seen).await;
    run.runtime.hold();
    fill(&run, 1, 5).await;
    let begin = || {
        let store = run.store.clone();
        tokio::spawn(async move {
            let mut batch = store.begin(Keep::Latest).await?;
            batch.item(cp(2)).unwrap();
            for number in 0..5 {
                batch.set(run.items, id(number), item(0)).unwrap();
            }
            settle().await;
            Ok::<(), StoreError>(())
        })
    };
    let (first, second) = (begin(), begin());
    settle().await;
    run.runtime.let_go();
    let mut both = [first.await.unwrap(), second.await.unwrap()];
    both.sort_by_key(Result::is_err);
    assert!(matches!(both, [Ok(()), Err(StoreError::BatchOpen { .. })]));
    assert_eq!(run.store.counts().overshoots, 1);
    assert_eq!(seen.of("Overshot").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_is_asked_for_all_the_time_stays() {
    let (memory, seen) = (Memory::new(), Seen::default());
    let run = with_room(&memory, 20, Unsaved::Any, &seen).await;
    for at in 1..200 {
        let mut batch = run.begin(Keep::Latest).await;
        batch.item(cp(at)).unwrap();
        batch.get(run.items, &id(1)).await.unwrap();
        let other = id(100 + i64::try_from(at).unwrap());
        batch.get(run.items, &other).await.unwrap();
        batch.set(run.items, other, item(0)).unwrap();
        batch.commit(cp(at)).unwrap();
        settle().await;
    }
    // One each time, and the one that is asked for all the time.
    assert_eq!(run.store.counts().row_loads, 200);
    assert!(run.store.counts().evicted_written > 0);
    run.close().await;
}

/// The most that waited to be written, over so many batches of different sizes.
async fn most_unsaved(run: &Run, from: u64, batches: u64) -> u64 {
    let mut most = 0;
    for at in from..from + batches {
        fill(run, at, 10 + i64::try_from(at % 7).unwrap()).await;
        most = most.max(run.store.unsaved());
    }
    most
}

/// A commit takes 20 ms, and 1 ms for each row: for 80 % efficiency 2 × 4 × 20 rows are enough,
/// and one for the ledger. A disk ten times as slow wants ten times as many.
#[tokio::test(start_paused = true)]
async fn what_waits_grows_with_the_fixed_cost_of_a_write() {
    let (memory, seen) = (Memory::new(), Seen::default());
    let run = with_room(&memory, 100_000, Unsaved::ForEfficiency(80), &seen).await;
    run.runtime.rows_take(Duration::from_millis(1));
    run.runtime.commits_take(Duration::from_millis(20));
    for at in 1..4 {
        fill(&run, at, 10 * i64::try_from(at).unwrap()).await;
        run.store.flush().await.unwrap();
    }
    let fast = most_unsaved(&run, 4, 300).await;
    assert!((160..=185).contains(&fast), "{fast}");
    run.runtime.commits_take(Duration::from_millis(200));
    most_unsaved(&run, 304, 3_000).await;
    let slow = most_unsaved(&run, 3_304, 1_000).await;
    assert!((1_550..=1_700).contains(&slow), "{slow}");
    run.close().await;
}

#[tokio::test(start_paused = true)]
async fn all_that_there_is_room_for_may_wait_unless_said() {
    let (memory, seen) = (Memory::new(), Seen::default());
    let run = with_room(&memory, 2_000, Unsaved::Any, &seen).await;
    run.runtime.hold();
    let most = tokio::select! {
        biased;
        most = most_unsaved(&run, 1, 1_000) => most,
        () = run.runtime.sleep(Duration::from_secs(1)) => run.store.unsaved(),
    };
    assert!((1_800..=2_000).contains(&most), "{most}");
    run.runtime.let_go();
    run.close().await;
}
