//! What a batch may do, and what is left of one that is dropped.

use backfill::persistence::{Budget, Held, Id, Keep, Position, Row, StoreError};
use rusqlite::types::Value;

use crate::store_driven::effects::World;
use crate::store_driven::runtime::Driven;
use crate::store_driven::{Memory, Seen, cp, id, item, settle};

#[tokio::test(start_paused = true)]
async fn batches_of_different_history_never_share_a_write() {
    let (memory, seen, runtime) = (Memory::new(), Seen::default(), Driven::new());
    let watcher = seen.clone();
    let run = memory.open_on(runtime.clone(), |settings| {
        settings.watcher(watcher);
    });
    let run = run.await;
    let (latest, history) = (Keep::Latest, Keep::History);
    let keeps = [latest, latest, history, history, latest, history];
    for (at, keep) in (1..).zip(keeps) {
        run.set(keep, at, 5, 5).await;
    }
    run.close().await;
    let writes = seen.of("Wrote");
    let ends = [(2, 2), (4, 2), (5, 1), (6, 1)];
    assert_eq!(writes.len(), ends.len());
    for (write, (up_to, batches)) in writes.iter().zip(ends) {
        let expected = format!("up_to: Checkpoint({up_to}), batches: {batches},");
        assert!(write.contains(&expected), "{write}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_dropped_has_never_been() {
    let memory = Memory::new();
    let run = memory.open().await;
    let world = World::new(&run.runtime);
    let mut batch = run.begin(Keep::History).await;
    batch.item(cp(1)).unwrap();
    batch.set(run.items, id(1), item(99)).unwrap();
    batch.delete(run.items, id(2)).unwrap();
    batch.reached("chain", 7);
    batch.output(&world.effect("cached"), "x").await.unwrap();
    assert_eq!(run.store.held().objects, 3);
    drop(batch);
    assert_eq!(run.store.held(), Held::default());
    assert_eq!(run.get(1).await, Some(item(10)));
    // Its checkpoint is free again.
    run.set(Keep::History, 1, 5, 5).await;
    run.close().await;
    assert_eq!(memory.items(), ["1|10|is 10", "2|20|is 20", "5|5|is 5"]);
    assert_eq!(memory.history(), ["5|1|0|5|is 5"]);
    for table in ["_store_outputs", "_store_positions"] {
        assert!(memory.lines(&format!("SELECT * FROM {table}")).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn there_is_one_batch_at_a_time() {
    let memory = Memory::new();
    let run = memory.open().await;
    let open = run.begin(Keep::Latest).await;
    let refused = |error| matches!(error, Some(StoreError::BatchOpen { .. }));
    assert!(refused(run.store.begin(Keep::Latest).await.err()));
    assert!(refused(run.store.roll_back(cp(0)).await.err()));
    assert!(refused(run.store.clone().close().await.err()));
    drop(open);
    run.begin(Keep::Latest).await;
    run.close().await;
}

#[tokio::test(start_paused = true)]
async fn checkpoints_only_grow() {
    let memory = Memory::new();
    let run = memory.open().await;
    run.set(Keep::Latest, 5, 5, 5).await;
    let backwards = |error| matches!(error, Some(StoreError::Backwards { .. }));
    let mut batch = run.begin(Keep::Latest).await;
    assert!(backwards(batch.set(run.items, id(1), item(1)).err()));
    assert!(backwards(batch.delete(run.items, id(1)).err()));
    assert!(backwards(batch.item(cp(5)).err()));
    batch.item(cp(8)).unwrap();
    batch.item(cp(8)).unwrap();
    assert!(backwards(batch.item(cp(7)).err()));
    assert!(backwards(batch.commit(cp(7)).err()));
    let batch = run.begin(Keep::Latest).await;
    assert!(backwards(batch.commit(cp(5)).err()));
    assert_eq!(run.store.checkpoints().processed, cp(5));
    run.close().await;
    assert_eq!(memory.items(), ["1|10|is 10", "2|20|is 20", "5|5|is 5"]);
}

#[tokio::test(start_paused = true)]
async fn a_row_of_another_width_is_refused_at_once() {
    let memory = Memory::new();
    let run = memory.open().await;
    let mut batch = run.begin(Keep::Latest).await;
    batch.item(cp(1)).unwrap();
    for values in [1, 3] {
        let row = Row::new(vec![Value::Null; values]);
        let error = batch.set(run.items, id(5), row).unwrap_err();
        let expected = format!("a row of `items` has {values} values for 2 columns");
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(run.store.held(), Held::default());
}

/// Whatever the order of calls, what a source reached last counts, and comes back as it was.
#[tokio::test(start_paused = true)]
async fn a_source_is_where_it_was_said_to_be_last() {
    for keep in [Keep::Latest, Keep::History] {
        let memory = Memory::new();
        let mut run = memory.open().await;
        let mut batch = run.begin(keep).await;
        batch.reached("far", u64::MAX);
        batch.reached("near", 1);
        batch.item(cp(3)).unwrap();
        batch.reached("near", 2);
        batch.item(cp(4)).unwrap();
        batch.reached("near", 5);
        batch.reached("near", 4);
        batch.commit(cp(9)).unwrap();
        run.store.flush().await.unwrap();
        run.crash().await;
        let run = memory.open().await;
        let at = |source: &str, position| Position {
            source: source.into(),
            position,
        };
        assert_eq!(run.resumed.positions, [at("far", u64::MAX), at("near", 4)]);
    }
}

/// Batches without a change cannot pile up unseen while nothing is written.
#[tokio::test(start_paused = true)]
async fn a_batch_that_waits_takes_room_even_if_it_is_empty() {
    let (memory, runtime) = (Memory::new(), Driven::new());
    let run = memory.open_on(runtime.clone(), |settings| {
        settings.budget(Budget {
            held: Held {
                objects: 10,
                ..Budget::DEFAULT.held
            },
            ..Budget::DEFAULT
        });
    });
    let run = run.await;
    runtime.hold();
    let filled = async {
        for at in 1.. {
            run.begin(Keep::Latest).await.commit(cp(at)).unwrap();
        }
    };
    tokio::select! {
        biased;
        () = filled => {}
        () = async { settle().await; settle().await } => {}
    }
    assert_eq!(run.store.checkpoints().processed, cp(11));
    runtime.let_go();
    run.close().await;
    assert_eq!(memory.committed(), 11);
}

/// Rows that are looked up together are looked up once, absent ones and those changed included.
#[tokio::test(start_paused = true)]
async fn what_is_known_is_not_looked_up() {
    let memory = Memory::new();
    let run = memory.open().await;
    let mut batch = run.begin(Keep::Latest).await;
    batch.item(cp(1)).unwrap();
    batch.set(run.items, id(2), item(2)).unwrap();
    let ids: Vec<Id> = [1, 2, 3, 1, 3].map(Id::Integer).into();
    batch.load(run.items, &ids).await.unwrap();
    assert_eq!(run.store.counts().row_loads, 2);
    for (id, expected) in [(1, Some(item(10))), (2, Some(item(2))), (3, None)] {
        assert_eq!(batch.get(run.items, &id.into()).await.unwrap(), expected);
    }
    batch.load(run.items, &ids).await.unwrap();
    let counts = run.store.counts();
    assert_eq!((counts.row_loads, counts.row_hits), (2, 3));
}

/// Versions that nobody will go back to are not held, nor written.
#[tokio::test(start_paused = true)]
async fn a_row_set_again_and_again_is_one() {
    for (keep, kept) in [(Keep::Latest, 1), (Keep::History, 5)] {
        let memory = Memory::new();
        let run = memory.open().await;
        let mut batch = run.begin(keep).await;
        for at in 1..=5 {
            batch.item(cp(at)).unwrap();
            for a in 0..10 {
                batch.set(run.items, id(5), item(a)).unwrap();
            }
        }
        assert_eq!(run.store.held().objects, kept);
        batch.commit(cp(5)).unwrap();
        assert_eq!(run.store.unsaved(), kept);
        run.close().await;
        assert_eq!(memory.items()[2], "5|9|is 9");
    }
}
