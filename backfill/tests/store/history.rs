//! What rows were, and going back to it.

use std::time::Duration;

use backfill::Runtime as _;
use backfill::persistence::{Id, Keep, Position, Row, StoreError, Table};
use rusqlite::ffi::SQLITE_CORRUPT;
use rusqlite::types::Value;

use crate::store_driven::runtime::{Driven, Fault};
use crate::store_driven::{Memory, Run, cp, item, settle};

/// An entry that is being written right now is neither lost nor queued twice.
#[tokio::test(start_paused = true)]
async fn a_row_that_changes_while_it_is_written_has_every_version_once() {
    let memory = Memory::new();
    let run = memory.open().await;
    run.set(Keep::History, 2, 5, 2).await;
    run.store.flush().await.unwrap();
    let before = run.runtime.commits();
    run.runtime.hold();
    run.delete(Keep::History, 3, 5).await;
    run.runtime.arrived_after(before).await;
    run.set(Keep::History, 4, 5, 4).await;
    assert_eq!(run.get(5).await, Some(item(4)));
    run.runtime.let_go();
    run.close().await;
    let expected = ["5|2|0|2|is 2", "5|3|1|NULL|NULL", "5|4|0|4|is 4"];
    assert_eq!(memory.history(), expected);
    assert_eq!(memory.items(), ["1|10|is 10", "2|20|is 20", "5|4|is 4"]);
}

/// A batch of one item of `source` that sets an item.
async fn of_source(run: &Run, at: u64, source: &str, position: u64, id: i64) {
    let mut batch = run.begin(Keep::History).await;
    batch.item(cp(at)).unwrap();
    batch.reached(source, position);
    let a = i64::try_from(at).unwrap();
    batch.set(run.items, id.into(), item(a)).unwrap();
    batch.commit(cp(at)).unwrap();
}

fn reached(source: &str, position: u64) -> Position {
    Position {
        source: source.into(),
        position,
    }
}

/// One source goes back while what the other did is being written: nothing of it is lost.
#[tokio::test(start_paused = true)]
async fn going_back_waits_for_the_write_of_another_source() {
    let memory = Memory::new();
    let run = memory.open().await;
    of_source(&run, 1, "a", 1, 5).await;
    run.store.flush().await.unwrap();
    let before = run.runtime.commits();
    run.runtime.hold();
    of_source(&run, 2, "b", 70, 6).await;
    run.runtime.arrived_after(before).await;
    of_source(&run, 3, "a", 2, 5).await;
    of_source(&run, 4, "b", 71, 6).await;
    let store = run.store.clone();
    let back = tokio::spawn(async move { store.roll_back(cp(2)).await });
    run.runtime.sleep(Duration::from_secs(1)).await;
    assert!(!back.is_finished());
    run.runtime.let_go();
    let positions = back.await.unwrap().unwrap();
    assert_eq!(positions, [reached("a", 1), reached("b", 70)]);
    let rows = ["1|10|is 10", "2|20|is 20", "5|1|is 1", "6|2|is 2"];
    assert_eq!(memory.items(), rows);
    assert_eq!(memory.history(), ["5|1|0|1|is 1", "6|2|0|2|is 2"]);
    assert_eq!(memory.committed(), 2);
    of_source(&run, 3, "b", 71, 6).await;
    run.close().await;
    assert_eq!(memory.items()[3], "6|3|is 3");
}

#[tokio::test(start_paused = true)]
async fn a_history_reaches_back_as_far_as_it_was_asked_to() {
    let memory = Memory::new();
    let run = memory.open_on(Driven::new(), |settings| {
        settings.history_depth(3);
    });
    let run = run.await;
    for at in 1..=10 {
        of_source(&run, at, "a", 100 + at, 1).await;
        run.store.flush().await.unwrap();
    }
    let kept: Vec<String> = (7..=10)
        .map(|at| format!("1|{at}|0|{at}|is {at}"))
        .collect();
    assert_eq!(memory.history(), kept);
    let positions = "SELECT position FROM _store_positions WHERE source = 'a' ORDER BY 1";
    assert_eq!(memory.lines(positions), ["107", "108", "109", "110"]);
    let refused = run.store.roll_back(cp(6)).await;
    assert!(
        matches!(refused, Err(StoreError::NoHistory { from: Some(from), .. }) if from == cp(7))
    );
    assert_eq!(
        run.store.roll_back(cp(7)).await.unwrap()[0],
        reached("a", 107)
    );
    assert_eq!(memory.items()[0], "1|7|is 7");
    run.close().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_history_there_is_no_way_back() {
    let memory = Memory::new();
    let run = memory.open().await;
    run.set(Keep::Latest, 1, 5, 5).await;
    run.set(Keep::History, 2, 5, 6).await;
    run.set(Keep::History, 3, 5, 7).await;
    let refused = run.store.roll_back(cp(0)).await.unwrap_err();
    let said = "cannot go back to checkpoint 0: the history begins at 1";
    assert_eq!(refused.to_string(), said);
    run.store.roll_back(cp(1)).await.unwrap();
    assert_eq!(run.get(5).await, Some(item(5)));
    run.set(Keep::Latest, 2, 5, 8).await;
    let refused = run.store.roll_back(cp(1)).await.unwrap_err();
    let said = "cannot go back to checkpoint 1: no history is kept";
    assert_eq!(refused.to_string(), said);
    // Where it is already, and beyond.
    run.store.roll_back(cp(2)).await.unwrap();
    run.store.roll_back(cp(9)).await.unwrap();
    assert_eq!(run.get(5).await, Some(item(8)));
    // Another history knows nothing of the one before.
    run.set(Keep::History, 3, 5, 9).await;
    run.store.roll_back(cp(2)).await.unwrap();
    assert_eq!(run.get(5).await, Some(item(8)));
    run.close().await;
    assert_eq!(memory.history(), ["5|2|0|8|is 8"]);
}

/// The table holds numbers as texts, and texts as numbers; the history must not take them for two.
#[tokio::test(start_paused = true)]
async fn a_key_that_the_table_holds_as_something_else_is_gone_back_to() {
    let memory = Memory::new();
    memory.sql(
        "CREATE TABLE codes(id TEXT PRIMARY KEY, c);
         CREATE TABLE counts(id INTEGER PRIMARY KEY, c);
         INSERT INTO codes VALUES (5, 'was'); INSERT INTO counts VALUES (5, 'was');",
    );
    let mut tables = Vec::new();
    let run = memory.open_on(Driven::new(), |settings| {
        let named = ["codes", "counts"].map(|name| Table::new(name, "id", &["c"]));
        tables = named.map(|table| settings.table(table)).into();
    });
    let run = run.await;
    let ids = [Id::Integer(5), Id::from("5")];
    let mut batch = run.begin(Keep::History).await;
    batch.item(cp(1)).unwrap();
    for (table, id) in tables.iter().zip(&ids) {
        let row = Row::new([Value::Text("is".to_owned())]);
        batch.set(*table, id.clone(), row).unwrap();
    }
    batch.commit(cp(1)).unwrap();
    run.store.roll_back(cp(0)).await.unwrap();
    for table in ["codes", "counts"] {
        assert_eq!(memory.lines(&format!("SELECT * FROM {table}")), ["5|was"]);
    }
}

/// A store whose rollback to 1 is held at its commit, and the rollback.
async fn going_back(memory: &Memory) -> (Run, tokio::task::JoinHandle<()>) {
    let run = memory.open().await;
    run.set(Keep::History, 1, 5, 5).await;
    run.set(Keep::History, 2, 5, 6).await;
    run.store.flush().await.unwrap();
    let before = run.runtime.commits();
    run.runtime.hold();
    let store = run.store.clone();
    let back = tokio::spawn(async move { drop(store.roll_back(cp(1)).await.unwrap()) });
    run.runtime.arrived_after(before).await;
    (run, back)
}

#[tokio::test(start_paused = true)]
async fn nothing_begins_while_everything_goes_back() {
    let memory = Memory::new();
    let (run, back) = going_back(&memory).await;
    let refused =
        |error| matches!(error, Some(StoreError::GoingBack { target, .. }) if target == cp(1));
    assert!(refused(run.store.begin(Keep::History).await.err()));
    assert!(refused(run.store.clone().close().await.err()));
    run.runtime.let_go();
    back.await.unwrap();
    assert_eq!(run.get(5).await, Some(item(5)));
    run.close().await;
    assert_eq!(memory.committed(), 1);
}

/// Nobody knows then what the database is, so nobody may go on from what memory says.
#[tokio::test(start_paused = true)]
async fn going_back_that_is_given_up_ends_the_store() {
    let memory = Memory::new();
    let (mut run, back) = going_back(&memory).await;
    run.store.stage_metadata("head", "1");
    back.abort();
    assert!(back.await.unwrap_err().is_cancelled());
    run.runtime.let_go();
    let ended = run.ended().await;
    assert!(matches!(ended, Err(StoreError::GoingBack { .. })));
    let refused = run.store.begin(Keep::History).await.err();
    assert!(matches!(refused, Some(StoreError::GoingBack { .. })));
    assert!(memory.lines("SELECT * FROM _store_metadata").is_empty());
    let run = memory.open().await;
    assert_eq!(run.resumed.committed, cp(2));
    run.store.roll_back(cp(1)).await.unwrap();
    assert_eq!(run.get(5).await, Some(item(5)));
}

#[tokio::test(start_paused = true)]
async fn going_back_that_fails_for_good_ends_the_store() {
    let memory = Memory::new();
    let mut run = memory.open().await;
    run.set(Keep::History, 1, 5, 5).await;
    run.store.flush().await.unwrap();
    run.runtime.fail(Fault::Before(SQLITE_CORRUPT), 1);
    let refused = run.store.roll_back(cp(0)).await.unwrap_err();
    assert!(
        refused.to_string().contains("going back of `derived`"),
        "{refused}"
    );
    let begun = run.store.begin(Keep::History).await.err().unwrap();
    assert_eq!(begun.to_string(), refused.to_string());
    assert!(run.ended().await.is_err());
    assert_eq!(memory.committed(), 1);
}

/// A batch that is committed while everything waits to go back is written, and undone with it.
#[tokio::test(start_paused = true)]
async fn a_batch_committed_while_others_are_flushed_is_undone_too() {
    let memory = Memory::new();
    let run = memory.open().await;
    let before = run.runtime.commits();
    run.runtime.hold();
    run.set(Keep::History, 1, 5, 5).await;
    run.runtime.arrived_after(before).await;
    let store = run.store.clone();
    let back = tokio::spawn(async move { store.roll_back(cp(0)).await });
    settle().await;
    run.set(Keep::History, 2, 6, 6).await;
    run.runtime.let_go();
    back.await.unwrap().unwrap();
    run.set(Keep::History, 1, 2, 21).await;
    run.close().await;
    assert_eq!(memory.items(), ["1|10|is 10", "2|21|is 21"]);
    assert_eq!(memory.history(), ["2|0|0|20|is 20", "2|1|0|21|is 21"]);
}
