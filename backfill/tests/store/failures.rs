//! Writes that fail: before they are stored or after, for a while or for good.

use std::time::Duration;

use backfill::Runtime as _;
use backfill::ledger::Status;
use backfill::persistence::{Budget, Ended, Held, Keep, RetryPolicy, StoreError};
use rusqlite::ffi::{SQLITE_BUSY, SQLITE_CORRUPT, SQLITE_FULL, SQLITE_IOERR};

use crate::store_driven::runtime::{Driven, Fault};
use crate::store_driven::{Memory, Run, Seen, cp, id, item, settle};

/// A store in which one batch more fills the memory.
async fn small(memory: &Memory, seen: &Seen) -> Run {
    let (runtime, watcher) = (Driven::new(), seen.clone());
    let run = memory.open_on(runtime.clone(), |settings| {
        let held = Held {
            objects: 1,
            ..Budget::DEFAULT.held
        };
        let budget = Budget {
            held,
            ..Budget::DEFAULT
        };
        settings.budget(budget).watcher(watcher);
    });
    run.await
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_until_it_does_and_processing_goes_on() {
    for code in [SQLITE_IOERR, SQLITE_FULL, SQLITE_BUSY] {
        let memory = Memory::new();
        let run = memory.open().await;
        run.runtime.fail(Fault::Before(code), 40);
        for at in 1..=5 {
            run.set(Keep::History, at, 1, i64::try_from(at).unwrap())
                .await;
            run.runtime.sleep(Duration::from_millis(20)).await;
        }
        let at = run.store.checkpoints();
        assert_eq!((at.processed, at.committed), (cp(5), cp(0)));
        run.store.flush().await.unwrap();
        assert_eq!(run.runtime.heal(), 0);
        // Others were notes, which tell when it may be tried again.
        let failed = run.store.counts().failed_writes;
        assert!((1..40).contains(&failed), "{failed}");
        run.close().await;
        let mut expected = vec!["1|0|0|10|is 10".to_owned()];
        expected.extend((1..=5).map(|at| format!("1|{at}|0|{at}|is {at}")));
        assert_eq!(memory.history(), expected);
    }
}

/// Waits grow to 5 s, but a note is tried every 0.1 s, and when one passes so does the write.
#[tokio::test(start_paused = true)]
async fn a_disk_that_has_come_back_is_noticed_at_once() {
    let memory = Memory::new();
    let run = memory.open_on(Driven::new(), |settings| {
        settings.retry(RetryPolicy {
            base: Duration::from_millis(100),
            cap: Duration::from_secs(5),
            ..RetryPolicy::new(1)
        });
    });
    let run = run.await;
    run.runtime.fail(Fault::Before(SQLITE_IOERR), 100_000);
    run.set(Keep::Latest, 1, 1, 1).await;
    run.runtime.sleep(Duration::from_secs(240)).await;
    let tried = run.store.counts().failed_writes;
    assert!(
        (60..400).contains(&tried),
        "the write itself is tried {tried} times in 240 s"
    );
    run.runtime.heal();
    let healed_at = run.runtime.now();
    run.store.flush().await.unwrap();
    assert!(run.runtime.now() - healed_at <= Duration::from_millis(101));
    run.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_database_that_somebody_else_keeps_locked_is_waited_for() {
    let memory = Memory::new();
    let run = memory.open().await;
    memory.sql("BEGIN IMMEDIATE");
    run.set(Keep::Latest, 1, 5, 5).await;
    run.runtime.sleep(Duration::from_secs(240)).await;
    assert_eq!(run.store.checkpoints().committed, cp(0));
    memory.sql("ROLLBACK");
    run.close().await;
    assert_eq!(memory.items(), ["1|10|is 10", "2|20|is 20", "5|5|is 5"]);
}

/// A write that is in the database although an error was answered is not made again: the rows it
/// has set would pass for those that were there before.
#[tokio::test(start_paused = true)]
async fn a_write_whose_commit_was_answered_by_an_error_is_made_once() {
    let (memory, seen) = (Memory::new(), Seen::default());
    let run = memory.open_on(Driven::new(), |settings| {
        settings.watcher(seen.clone());
    });
    let run = run.await;
    run.runtime.fail(Fault::After(SQLITE_IOERR), 1);
    run.set(Keep::History, 3, 1, 3).await;
    run.store.flush().await.unwrap();
    let begun = ["1|0|0|10|is 10", "1|3|0|3|is 3"];
    assert_eq!(memory.history(), begun);
    run.runtime.fail(Fault::After(SQLITE_IOERR), 1);
    run.delete(Keep::History, 4, 1).await;
    run.store.flush().await.unwrap();
    assert_eq!(run.get(1).await, None);
    assert_eq!(memory.history(), [begun[0], begun[1], "1|4|1|NULL|NULL"]);
    assert_eq!(seen.of("Wrote").len(), 2);
    run.store.roll_back(cp(0)).await.unwrap();
    assert_eq!(memory.items(), ["1|10|is 10", "2|20|is 20"]);
}

#[tokio::test(start_paused = true)]
async fn going_back_is_tried_until_it_passes() {
    for fault in [Fault::Before(SQLITE_IOERR), Fault::After(SQLITE_IOERR)] {
        let memory = Memory::new();
        let run = memory.open().await;
        for at in 1..=4 {
            run.set(Keep::History, at, 1, i64::try_from(at).unwrap())
                .await;
        }
        run.store.flush().await.unwrap();
        run.runtime.fail(fault, 3);
        run.store.roll_back(cp(2)).await.unwrap();
        assert_eq!(run.get(1).await, Some(item(2)));
        run.set(Keep::History, 3, 1, 33).await;
        run.close().await;
        let all = [
            "1|0|0|10|is 10",
            "1|1|0|1|is 1",
            "1|2|0|2|is 2",
            "1|3|0|33|is 33",
        ];
        assert_eq!(memory.history(), all);
    }
}

/// Whoever waits is told, what is committed stays, and a restart goes on from there.
async fn failed_for_good(memory: &Memory, mut run: Run, because: &str) {
    let refused = run.store.begin(Keep::Latest).await.map(drop).unwrap_err();
    let StoreError::Write { committed, .. } = &refused else {
        unreachable!("{refused}");
    };
    assert_eq!(*committed, cp(1));
    assert!(refused.to_string().contains(because), "{refused}");
    for said in [run.store.flush().await, run.store.clone().close().await] {
        assert_eq!(said.unwrap_err().to_string(), refused.to_string());
    }
    let ended = run.ended().await.unwrap_err();
    assert_eq!(ended.to_string(), refused.to_string());
    let entry = memory.entry();
    assert_eq!(entry.status, Status::Failed);
    assert_eq!(entry.error, Some(refused.to_string()));
    assert_eq!(memory.committed(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_fails_for_good_ends_the_store() {
    let (memory, seen) = (Memory::new(), Seen::default());
    let run = small(&memory, &seen).await;
    run.set(Keep::Latest, 1, 5, 5).await;
    run.store.flush().await.unwrap();
    run.runtime.fail(Fault::Before(SQLITE_IOERR), 2);
    run.runtime.fail(Fault::Before(SQLITE_CORRUPT), 1);
    run.set(Keep::Latest, 2, 6, 6).await;
    failed_for_good(&memory, run, "malformed").await;
    let run = memory.open().await;
    assert_eq!(run.resumed.committed, cp(1));
    run.set(Keep::Latest, 2, 6, 6).await;
    run.close().await;
    let all = ["1|10|is 10", "2|20|is 20", "5|5|is 5", "6|6|is 6"];
    assert_eq!(memory.items(), all);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_gone_ends_the_store_and_leaves_the_others_alone() {
    let (memory, seen) = (Memory::new(), Seen::default());
    let run = small(&memory, &seen).await;
    run.set(Keep::Latest, 1, 5, 5).await;
    run.store.flush().await.unwrap();
    memory.sql("DROP TABLE items");
    let mut batch = run.begin(Keep::Latest).await;
    batch.item(cp(2)).unwrap();
    batch.delete(run.notes, "k1".into()).unwrap();
    batch.set(run.items, id(5), item(6)).unwrap();
    batch.commit(cp(2)).unwrap();
    failed_for_good(&memory, run, "no such table").await;
    assert_eq!(memory.lines("SELECT * FROM notes"), ["k1|1"]);
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_is_told_to_stop_ends_the_write_under_way_first() {
    let memory = Memory::new();
    let mut run = memory.open().await;
    let before = run.runtime.commits();
    run.runtime.hold();
    run.set(Keep::Latest, 1, 5, 5).await;
    run.runtime.arrived_after(before).await;
    run.set(Keep::Latest, 2, 6, 6).await;
    run.cancel.cancel();
    settle().await;
    run.runtime.let_go();
    assert_eq!(run.ended().await.unwrap(), Ended::Stopped);
    assert_eq!(
        (memory.committed(), memory.entry().status),
        (1, Status::Cancelled)
    );
    let refused = run.store.begin(Keep::Latest).await.err();
    assert!(matches!(refused, Some(StoreError::Closed { .. })));
    let refused = run.store.flush().await;
    assert!(matches!(refused, Err(StoreError::Closed { .. })));
    assert_eq!(memory.open().await.resumed.committed, cp(1));
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_is_told_to_stop_does_not_try_for_ever() {
    let (memory, seen) = (Memory::new(), Seen::default());
    let mut run = small(&memory, &seen).await;
    run.runtime.fail(Fault::Before(SQLITE_IOERR), 1_000_000);
    run.set(Keep::Latest, 1, 5, 5).await;
    let store = run.store.clone();
    let waiter = tokio::spawn(async move { store.begin(Keep::Latest).await.map(drop) });
    run.runtime.sleep(Duration::from_secs(60)).await;
    assert!(!waiter.is_finished());
    run.cancel.cancel();
    assert_eq!(run.ended().await.unwrap(), Ended::Stopped);
    let refused = waiter.await.unwrap();
    assert!(matches!(refused, Err(StoreError::Closed { .. })));
    assert_eq!(memory.committed(), 0);
    assert_eq!(memory.items(), ["1|10|is 10", "2|20|is 20"]);
}

/// While everything goes back and cannot, a writer still hears that it is to stop.
#[tokio::test(start_paused = true)]
async fn a_writer_that_waits_for_who_goes_back_can_be_stopped() {
    let memory = Memory::new();
    let mut run = memory.open().await;
    run.set(Keep::History, 1, 5, 5).await;
    run.store.flush().await.unwrap();
    run.runtime.fail(Fault::Before(SQLITE_IOERR), 1_000_000);
    let store = run.store.clone();
    let back = tokio::spawn(async move { store.roll_back(cp(0)).await });
    settle().await;
    run.store.stage_metadata("head", "1");
    run.runtime.sleep(Duration::from_secs(1)).await;
    run.cancel.cancel();
    assert_eq!(run.ended().await.unwrap(), Ended::Stopped);
    run.runtime.heal();
    back.await.unwrap().unwrap();
    assert_eq!(memory.items(), ["1|10|is 10", "2|20|is 20"]);
}
