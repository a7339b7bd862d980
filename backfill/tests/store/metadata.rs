//! Facts about the sources: with a batch for free, alone only now and then, and never twice.

use std::time::Duration;

use backfill::Runtime as _;
use backfill::persistence::Keep;
use rusqlite::ffi::{SQLITE_CORRUPT, SQLITE_IOERR};

use crate::store_driven::runtime::Fault;
use crate::store_driven::{Memory, settle};

fn stored(memory: &Memory) -> Vec<String> {
    memory.lines("SELECT key, value FROM _store_metadata ORDER BY key")
}

#[tokio::test(start_paused = true)]
async fn it_goes_with_a_batch_and_is_not_written_again() {
    let memory = Memory::new();
    let run = memory.open().await;
    run.store.stage_metadata("head", "7");
    run.set(Keep::Latest, 1, 5, 5).await;
    run.store.flush().await.unwrap();
    assert_eq!(stored(&memory), ["head|7"]);
    run.store.stage_metadata("head", "7");
    run.runtime.sleep(Duration::from_secs(1)).await;
    assert_eq!(run.store.counts().writes, 1);
    run.close().await;
    let again = memory.open().await;
    assert_eq!(&*again.store.metadata("head").unwrap(), "7");
    again.store.stage_metadata("head", "7");
    again.store.flush().await.unwrap();
    assert_eq!(again.store.counts().writes, 0);
}

#[tokio::test(start_paused = true)]
async fn alone_it_is_written_at_once_and_then_every_half_second() {
    let memory = Memory::new();
    let run = memory.open().await;
    for head in 1..=3 {
        run.store.stage_metadata("head", &head.to_string());
        settle().await;
    }
    assert_eq!(stored(&memory), ["head|1"]);
    run.runtime.sleep(Duration::from_millis(499)).await;
    settle().await;
    assert_eq!(stored(&memory), ["head|1"]);
    run.runtime.sleep(Duration::from_millis(1)).await;
    settle().await;
    assert_eq!(stored(&memory), ["head|3"]);
    assert_eq!(run.store.counts().writes, 2);
    run.store.stage_metadata("head", "4");
    let before = run.runtime.now();
    run.store.flush().await.unwrap();
    assert_eq!(stored(&memory), ["head|4"]);
    assert_eq!(run.runtime.now(), before, "who flushes is in a hurry");
}

#[tokio::test(start_paused = true)]
async fn what_is_staged_during_a_write_that_fails_is_not_lost() {
    for fault in [Fault::Before(SQLITE_IOERR), Fault::After(SQLITE_IOERR)] {
        let memory = Memory::new();
        let run = memory.open().await;
        let before = run.runtime.commits();
        run.runtime.hold();
        run.runtime.fail(fault, 1);
        run.store.stage_metadata("head", "1");
        run.store.stage_metadata("tail", "1");
        run.runtime.arrived_after(before).await;
        run.store.stage_metadata("head", "2");
        run.runtime.let_go();
        run.store.flush().await.unwrap();
        assert_eq!(stored(&memory), ["head|2", "tail|1"]);
        assert_eq!(run.store.counts().failed_writes, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn flushing_waits_for_what_is_being_written_alone() {
    let memory = Memory::new();
    let run = memory.open().await;
    let before = run.runtime.commits();
    run.runtime.hold();
    run.store.stage_metadata("head", "1");
    run.runtime.arrived_after(before).await;
    let store = run.store.clone();
    let flush = tokio::spawn(async move { store.flush().await });
    settle().await;
    assert!(!flush.is_finished());
    run.runtime.let_go();
    flush.await.unwrap().unwrap();
    assert_eq!(stored(&memory), ["head|1"]);
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_written_is_not_flushed() {
    let memory = Memory::new();
    let mut run = memory.open().await;
    run.runtime.fail(Fault::Before(SQLITE_CORRUPT), 1);
    run.store.stage_metadata("head", "1");
    assert!(run.ended().await.is_err());
    assert!(run.store.flush().await.is_err());
    assert!(stored(&memory).is_empty());
}
