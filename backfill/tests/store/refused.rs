//! Rows that their tables refuse: repaired or set aside, while the rest is written.

use backfill::persistence::{Keep, Row, StoreError, Table};
use rusqlite::types::Value;

use crate::store_driven::runtime::Driven;
use crate::store_driven::{Memory, Seen, cp, id, item, settle, text};

/// Items refuse what is negative, and texts with a NUL.
const CHECKED: &str = "
    CREATE TABLE items(
      id INTEGER PRIMARY KEY, a INTEGER CHECK (a IS NULL OR a >= 0),
      b TEXT CHECK (instr(CAST(b AS BLOB), x'00') = 0));
    CREATE TABLE notes(id TEXT PRIMARY KEY, c TEXT);
    INSERT INTO items VALUES (1, 10, 'is 10');";

const LETTERS: &str = "SELECT tbl, id, checkpoint, reason, content FROM _dead_letters ORDER BY id";

#[tokio::test(start_paused = true)]
async fn a_text_loses_what_its_table_does_not_take() {
    for keep in [Keep::Latest, Keep::History] {
        let (memory, seen) = (Memory::of(CHECKED), Seen::default());
        let watcher = seen.clone();
        let run = memory.open_on(Driven::new(), |settings| {
            settings.watcher(watcher);
        });
        let run = run.await;
        let mut batch = run.begin(keep).await;
        batch.item(cp(1)).unwrap();
        batch.set(run.items, id(5), text("a\0b\0")).unwrap();
        batch.set(run.items, id(6), item(6)).unwrap();
        batch.commit(cp(1)).unwrap();
        run.store.flush().await.unwrap();
        let repaired = ["1|10|is 10", "5|NULL|ab", "6|6|is 6"];
        assert_eq!(memory.items(), repaired);
        assert_eq!(run.get(5).await, Some(text("ab")), "memory agrees");
        assert_eq!(run.store.counts().refused, 1);
        assert!(seen.of("Refused")[0].contains("repaired: true"));
        assert!(memory.lines(LETTERS).is_empty());
        run.close().await;
        if keep == Keep::History {
            assert_eq!(memory.history(), ["5|1|0|NULL|ab", "6|1|0|6|is 6"]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_refused_for_good_is_set_aside_and_stays_what_it_was() {
    for keep in [Keep::Latest, Keep::History] {
        let memory = Memory::of(CHECKED);
        let run = memory.open().await;
        let mut batch = run.begin(keep).await;
        batch.item(cp(1)).unwrap();
        batch.set(run.items, id(1), item(-1)).unwrap();
        let blob = Row::new([Value::Integer(-5), Value::Blob(vec![1, 0xab])]);
        batch.set(run.items, id(5), blob).unwrap();
        batch.set(run.items, id(6), item(6)).unwrap();
        batch.commit(cp(1)).unwrap();
        assert_eq!(run.get(1).await, Some(item(-1)));
        run.store.flush().await.unwrap();
        assert_eq!(memory.items(), ["1|10|is 10", "6|6|is 6"]);
        assert_eq!(run.get(1).await, Some(item(10)));
        assert_eq!(run.get(5).await, None);
        let reason = "CHECK constraint failed: a IS NULL OR a >= 0";
        let letters = [
            format!("items|1|1|{reason}|[-1,\"is -1\"]"),
            format!("items|5|1|{reason}|[-5,{{\"blob\":\"01ab\"}}]"),
        ];
        assert_eq!(memory.lines(LETTERS), letters);
        assert_eq!(run.store.counts().refused, 2);
        run.close().await;
        if keep == Keep::History {
            assert_eq!(memory.history(), ["1|0|0|10|is 10", "6|1|0|6|is 6"]);
        }
    }
}

/// The table takes 2 and 4, and not 3 and 5, all in one write.
#[tokio::test(start_paused = true)]
async fn a_row_falls_back_to_the_version_before() {
    for keep in [Keep::Latest, Keep::History] {
        let memory = Memory::of(CHECKED);
        let run = memory.open().await;
        let before = run.runtime.commits();
        run.runtime.hold();
        run.store.stage_metadata("busy", "1");
        run.runtime.arrived_after(before).await;
        for (at, a) in [(2, 2), (3, -3), (4, 4), (5, -5)] {
            run.set(keep, at, 7, a).await;
        }
        run.runtime.let_go();
        run.store.flush().await.unwrap();
        assert_eq!(memory.items(), ["1|10|is 10", "7|4|is 4"]);
        assert_eq!(run.get(7).await, Some(item(4)));
        if keep == Keep::History {
            assert_eq!(memory.history(), ["7|2|0|2|is 2", "7|4|0|4|is 4"]);
            run.store.roll_back(cp(3)).await.unwrap();
            assert_eq!(memory.items(), ["1|10|is 10", "7|2|is 2"]);
            assert_eq!(memory.lines(LETTERS).len(), 1);
        }
        run.close().await;
    }
}

/// What a table would not take never gets into the history, where it could not be gone back to.
#[tokio::test(start_paused = true)]
async fn a_version_that_was_repaired_can_be_gone_back_to() {
    let memory = Memory::of(CHECKED);
    let run = memory.open().await;
    let mut batch = run.begin(Keep::History).await;
    for (at, b) in [(1, "fine"), (2, "po\0ison"), (3, "fine again")] {
        batch.item(cp(at)).unwrap();
        batch.set(run.items, id(5), text(b)).unwrap();
    }
    batch.commit(cp(3)).unwrap();
    run.store.flush().await.unwrap();
    let versions = [
        "5|1|0|NULL|fine",
        "5|2|0|NULL|poison",
        "5|3|0|NULL|fine again",
    ];
    assert_eq!(memory.history(), versions);
    run.store.roll_back(cp(2)).await.unwrap();
    assert_eq!(run.get(5).await, Some(text("poison")));
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_does_not_hide_what_came_after_it() {
    let memory = Memory::of(CHECKED);
    let run = memory.open().await;
    let before = run.runtime.commits();
    run.runtime.hold();
    run.set(Keep::Latest, 1, 1, -1).await;
    run.runtime.arrived_after(before).await;
    run.set(Keep::Latest, 2, 1, 2).await;
    run.runtime.let_go();
    settle().await;
    assert_eq!(run.get(1).await, Some(item(2)));
    run.close().await;
    assert_eq!(memory.items(), ["1|2|is 2"]);
}

/// A statement that ends the transaction is not the row's alone: nothing of the write is stored.
#[tokio::test(start_paused = true)]
async fn a_trigger_that_rolls_back_ends_the_store() {
    let memory = Memory::new();
    memory.sql(
        "CREATE TRIGGER vetoed BEFORE INSERT ON items WHEN new.a = 13
         BEGIN SELECT RAISE(ROLLBACK, 'not thirteen'); END",
    );
    let mut run = memory.open().await;
    run.set(Keep::Latest, 1, 5, 5).await;
    run.store.flush().await.unwrap();
    run.set(Keep::Latest, 2, 6, 13).await;
    let error = run.ended().await.unwrap_err();
    assert!(matches!(error, StoreError::Write { committed, .. } if committed == cp(1)));
    assert!(error.to_string().contains("not thirteen"), "{error}");
    assert_eq!(memory.committed(), 1);
    assert_eq!(memory.items(), ["1|10|is 10", "2|20|is 20", "5|5|is 5"]);
    memory.sql("DROP TRIGGER vetoed");
    let run = memory.open().await;
    run.set(Keep::Latest, 2, 6, 13).await;
    run.close().await;
    assert_eq!(memory.items().len(), 4);
}

/// A value that must be unique goes from one row to another, in whatever order of their ids, and
/// back again.
#[tokio::test(start_paused = true)]
async fn a_row_refused_only_because_of_another_is_written_after_it() {
    for keep in [Keep::Latest, Keep::History] {
        let memory = Memory::new();
        memory.sql("CREATE UNIQUE INDEX by_a ON items(a)");
        let run = memory.open().await;
        let mut batch = run.begin(keep).await;
        batch.item(cp(1)).unwrap();
        batch.set(run.items, id(4), item(40)).unwrap();
        batch.commit(cp(1)).unwrap();
        run.store.flush().await.unwrap();
        let mut batch = run.begin(keep).await;
        batch.item(cp(2)).unwrap();
        batch.set(run.items, id(4), item(41)).unwrap();
        batch.set(run.items, id(2), item(40)).unwrap();
        batch.set(run.items, id(1), item(20)).unwrap();
        batch.item(cp(3)).unwrap();
        batch.delete(run.items, id(4)).unwrap();
        batch.set(run.items, id(0), item(41)).unwrap();
        batch.commit(cp(3)).unwrap();
        run.store.flush().await.unwrap();
        assert_eq!(run.store.counts().refused, 0);
        assert_eq!(memory.items(), ["0|41|is 41", "1|20|is 20", "2|40|is 40"]);
        if keep == Keep::History {
            run.store.roll_back(cp(1)).await.unwrap();
            assert_eq!(memory.items(), ["1|10|is 10", "2|20|is 20", "4|40|is 40"]);
        }
    }
}

/// Children are set after their parents and deleted before them; a parent that cannot go is set
/// aside.
#[tokio::test(start_paused = true)]
async fn tables_may_refer_to_those_before_them() {
    let memory = Memory::new();
    memory.sql(
        "CREATE TABLE children(id INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES items);
         INSERT INTO children VALUES (1, 1)",
    );
    let mut children = None;
    let run = memory.open_on(Driven::new(), |settings| {
        children = Some(settings.table(Table::new("children", "id", &["item"])));
    });
    let run = run.await;
    let children = children.unwrap();
    let child = |item| Row::new([Value::Integer(item)]);
    let mut batch = run.begin(Keep::History).await;
    batch.item(cp(1)).unwrap();
    batch.set(children, id(2), child(7)).unwrap();
    batch.set(run.items, id(7), item(7)).unwrap();
    batch.set(children, id(1), child(7)).unwrap();
    batch.delete(run.items, id(1)).unwrap();
    batch.item(cp(2)).unwrap();
    batch.set(children, id(3), child(2)).unwrap();
    batch.delete(run.items, id(2)).unwrap();
    batch.commit(cp(2)).unwrap();
    run.store.flush().await.unwrap();
    let all = || memory.lines("SELECT * FROM children ORDER BY id");
    assert_eq!(all(), ["1|7", "2|7", "3|2"]);
    assert_eq!(memory.items(), ["2|20|is 20", "7|7|is 7"]);
    let letters = ["items|2|2|FOREIGN KEY constraint failed|NULL"];
    assert_eq!(memory.lines(LETTERS), letters);
    assert_eq!(run.get(2).await, Some(item(20)));
    run.store.roll_back(cp(0)).await.unwrap();
    assert_eq!(all(), ["1|1"]);
    assert_eq!(memory.items(), ["1|10|is 10", "2|20|is 20"]);
}

/// A child leaves a parent that goes, before it goes: columns that the store does not know stay.
#[tokio::test(start_paused = true)]
async fn nothing_is_deleted_that_only_had_to_be_changed() {
    let memory = Memory::new();
    memory.sql(
        "CREATE TABLE children(
           id INTEGER PRIMARY KEY, item REFERENCES items ON DELETE CASCADE, more TEXT);
         INSERT INTO children VALUES (1, 1, 'kept')",
    );
    let mut children = None;
    let run = memory.open_on(Driven::new(), |settings| {
        children = Some(settings.table(Table::new("children", "id", &["item"])));
    });
    let run = run.await;
    let all = || memory.lines("SELECT * FROM children");
    let moved = Row::new([Value::Integer(7)]);
    for (at, keep) in [(1, Keep::History), (2, Keep::Latest)] {
        let mut batch = run.begin(keep).await;
        batch.item(cp(at)).unwrap();
        batch.set(run.items, id(7), item(7)).unwrap();
        batch.set(children.unwrap(), id(1), moved.clone()).unwrap();
        batch.delete(run.items, id(1)).unwrap();
        batch.commit(cp(at)).unwrap();
        run.store.flush().await.unwrap();
        assert_eq!(all(), ["1|7|kept"]);
        if keep == Keep::History {
            run.store.roll_back(cp(0)).await.unwrap();
            assert_eq!(all(), ["1|1|kept"]);
        }
    }
}
