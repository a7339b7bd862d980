//! What happens in a store, for whoever watches.

use std::sync::Arc;
use std::time::Duration;

use super::checkpoint::Checkpoint;
use super::meter::Held;
use super::row::Id;
use crate::time::Instant;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Rows of a table were looked up in the database; absent ones are among them.
    Loaded {
        /// The table.
        table: &'a str,
        /// Their ids.
        ids: &'a [Id],
    },
    /// An effect was called, and has answered.
    Called {
        /// The effect.
        effect: &'a str,
        /// What it was given.
        input: &'a str,
    },
    /// Something was forgotten to make room.
    Evicted(Evicted),
    /// A batch could not begin for so long, because there was no room.
    Stalled(Duration),
    /// A batch begins although there is no room: nothing waits to be written that would make any.
    Overshot(Held),
    /// A batch was processed, and waits to be written.
    Processed {
        /// Up to here.
        up_to: Checkpoint,
        /// Its items.
        items: u64,
    },
    /// A write is in the database.
    Wrote(&'a Written),
    /// A write failed, and will be tried again after a while.
    WriteFailed {
        /// What the database says.
        error: &'a str,
        /// How long that is.
        again_in: Duration,
    },
    /// A row was refused by its table.
    Refused(&'a Refusal),
    /// Everything after a checkpoint was undone.
    RolledBack(Checkpoint),
}

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evicted {
    /// Of what was written and not asked for since.
    pub written: u64,
    /// Of what was read.
    pub read: u64,
}

/// What a write did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Everything up to here is in the database.
    pub up_to: Checkpoint,
    /// Batches in it; 0 if there was nothing but metadata.
    pub batches: u64,
    /// Items in them.
    pub items: u64,
    /// Rows set or deleted.
    pub rows: u64,
    /// Versions written to the history.
    pub history_rows: u64,
    /// Outputs of effects.
    pub outputs: u64,
    /// Pieces of metadata.
    pub metadata: u64,
    /// From the first try to the end of the last.
    pub took: Duration,
    /// Of this: the last try.
    pub last_try: Duration,
    /// Tries that failed before.
    pub retries: u32,
}

/// A row that its table refused. The rest of its write is in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The table.
    pub table: Arc<str>,
    /// The row.
    pub id: Id,
    /// Where in the order it was set.
    pub checkpoint: Checkpoint,
    /// What SQLite says.
    pub reason: String,
    /// Whether it is in the table all the same, without its NUL characters; else it is in the
    /// table `_dead_letters`.
    pub repaired: bool,
}

/// Hears of what happens in a store. It is called while others wait, so it had better be quick.
pub trait Watcher: Send + Sync + 'static {
    /// `event` happened at `at`.
    fn see(&self, at: Instant, event: &Event<'_>);
}

/// Nobody watches.
impl Watcher for () {
    fn see(&self, _: Instant, _: &Event<'_>) {}
}
