//! A store's place in the ledger: one process at a time has it, and everybody can read it.

use std::time::Duration;

use backfill::Runtime as _;
use backfill::ledger::{self, Status};
use backfill::persistence::{Ended, Keep, Settings, Store, StoreError, Table};

use crate::store_driven::runtime::Driven;
use crate::store_driven::{Memory, NAME, Run, cp, settle};

#[tokio::test(start_paused = true)]
async fn two_processes_cannot_have_one_store() {
    let memory = Memory::new();
    let first = memory.open().await;
    let (runtime, patience) = (Driven::new(), ledger::STALE_AFTER);
    let second = Run::open(memory.database(&runtime), runtime, |settings| {
        settings.stale_after(patience);
    });
    let refused = second.await.err().unwrap();
    assert!(matches!(refused, StoreError::Held { holder, .. } if holder.run == 1));
    first.close().await;
    let runtime = Driven::new();
    let third = Run::open(memory.database(&runtime), runtime, |settings| {
        settings.stale_after(patience);
    });
    third.await.unwrap().close().await;
}

/// However far the one who has taken over got meanwhile, the other stores nothing and hears of it.
#[tokio::test(start_paused = true)]
async fn who_has_lost_its_turn_stores_nothing() {
    for got_to in [0, 1, 5] {
        let memory = Memory::new();
        let mut loser = memory.open().await;
        let winner = memory.open().await;
        for at in 1..=got_to {
            winner.set(Keep::Latest, at, 5, 5).await;
        }
        winner.store.flush().await.unwrap();
        let rows = memory.items();
        loser.store.stage_metadata("head", "lost");
        loser.set(Keep::Latest, 1, 5, 99).await;
        let refused = loser.store.flush().await;
        assert!(matches!(refused, Err(StoreError::TurnOver { .. })));
        assert!(matches!(
            loser.ended().await,
            Err(StoreError::TurnOver { .. })
        ));
        assert_eq!(memory.items(), rows);
        assert!(memory.lines("SELECT * FROM _store_metadata").is_empty());
        assert_eq!(memory.entry().status, Status::Running);
        winner.close().await;
        assert_eq!(memory.committed(), got_to);
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_lost_its_turn_hears_of_it_without_a_write_and_cannot_go_back() {
    let memory = Memory::new();
    let mut idle = memory.open().await;
    let winner = memory.open().await;
    idle.runtime.sleep(Duration::from_secs(3)).await;
    assert!(matches!(
        idle.ended().await,
        Err(StoreError::TurnOver { .. })
    ));
    winner.set(Keep::History, 1, 5, 5).await;
    winner.store.flush().await.unwrap();
    let thief = memory.open().await;
    let refused = winner.store.roll_back(cp(0)).await;
    assert!(matches!(refused, Err(StoreError::TurnOver { .. })));
    assert_eq!(memory.items().len(), 3);
    thief.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_name_stands_for_the_same_tables_for_ever() {
    let memory = Memory::new();
    memory.open().await.close().await;
    let mut settings = Settings::new(NAME, 1);
    settings.table(Table::new("items", "id", &["a"]));
    let opened = Store::open(memory.database(&Driven::new()), settings).await;
    let refused = opened.err().unwrap();
    assert!(matches!(refused, StoreError::OtherJob { .. }), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn tables_that_are_not_as_said_are_refused_when_it_opens() {
    let memory = Memory::new();
    memory.sql("CREATE TABLE loose(id INTEGER, a)");
    for (table, column, said) in [
        ("nowhere", "a", "no such table"),
        ("items", "nothing", "no column named nothing"),
        ("loose", "a", "ON CONFLICT clause does not match"),
    ] {
        let mut settings = Settings::new("other", 1);
        settings.table(Table::new(table, "id", &[column]));
        let opened = Store::open(memory.database(&Driven::new()), settings).await;
        let refused = opened.err().unwrap().to_string();
        assert!(refused.contains(said), "{refused}");
    }
    let all = memory.lines("SELECT name FROM sqlite_master WHERE name LIKE '#_%' ESCAPE '#'");
    assert!(all.is_empty(), "nothing was stored: {all:?}");
}

#[tokio::test(start_paused = true)]
async fn the_ledger_says_how_far_it_is_and_that_it_is_alive() {
    let memory = Memory::new();
    let run = memory.open_on(Driven::new(), |settings| {
        settings.last(cp(10));
    });
    let run = run.await;
    let shown = || {
        let entry = memory.entry();
        (entry.status, entry.rows_processed, entry.rows_total)
    };
    assert_eq!(shown(), (Status::Running, 0, 10));
    run.set(Keep::Latest, 4, 5, 5).await;
    run.store.flush().await.unwrap();
    assert_eq!(shown(), (Status::Running, 4, 10));
    let before = run.runtime.commits();
    run.runtime.sleep(Duration::from_secs(11)).await;
    settle().await;
    assert_eq!(
        run.runtime.commits() - before,
        5,
        "a note every two seconds"
    );
    run.set(Keep::Latest, 12, 5, 6).await;
    run.close().await;
    assert_eq!(shown(), (Status::Done, 12, 12));
    let run = memory.open().await;
    assert_eq!(run.resumed.committed, cp(12));
    assert_eq!(shown(), (Status::Running, 12, 12));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_closed_begins_nothing_more() {
    let memory = Memory::new();
    let mut run = memory.open().await;
    run.runtime.hold();
    run.set(Keep::History, 1, 5, 5).await;
    let store = run.store.clone();
    let closing = tokio::spawn(async move { store.close().await });
    settle().await;
    let closed = |error| matches!(error, Some(StoreError::Closed { .. }));
    assert!(closed(run.store.begin(Keep::History).await.err()));
    run.runtime.let_go();
    closing.await.unwrap().unwrap();
    assert_eq!(run.ended().await.unwrap(), Ended::Closed);
    assert!(closed(run.store.begin(Keep::History).await.err()));
    assert!(closed(run.store.roll_back(cp(0)).await.err()));
    assert_eq!(memory.entry().status, Status::Done);
    assert_eq!(memory.committed(), 1);
}

/// It says that all is done only if it was told so.
#[tokio::test(start_paused = true)]
async fn a_store_whose_writer_was_stopped_is_not_closed() {
    let memory = Memory::new();
    let mut run = memory.open().await;
    run.cancel.cancel();
    assert_eq!(run.ended().await.unwrap(), Ended::Stopped);
    let refused = run.store.clone().close().await;
    assert!(matches!(refused, Err(StoreError::Closed { .. })));
    assert_eq!(memory.entry().status, Status::Cancelled);
}
