//! What rows were, and going back to it.

use backfill::persistence::Keep;

use crate::store_driven::{Memory, item};

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
