//! What can go wrong with a store.

use std::sync::Arc;

use super::checkpoint::Checkpoint;
use super::effect::EffectError;
use crate::database::DatabaseError;
use crate::ledger::Holder;

/// Why a store does not do what it is asked for. What is committed stays so, whatever it is.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process writes under this name.
    #[error(
        "`{name}` is at work elsewhere (run {}, heard of {:.1} s ago); wait until it has ended",
        holder.run, holder.silent_for.as_secs_f64()
    )]
    Held {
        /// The store.
        name: String,
        /// Who.
        holder: Holder,
    },
    /// Another process has taken over, because this one was not heard of for too long.
    #[error("`{name}` is at work elsewhere: this run was not heard of for too long")]
    TurnOver {
        /// The store.
        name: String,
    },
    /// The ledger knows the name as something else.
    #[error("`{name}` was something else: {was}; take another name")]
    OtherJob {
        /// The store.
        name: String,
        /// What it was.
        was: String,
    },
    /// The database could not be read, or not be prepared.
    #[error("{what} of `{name}` failed: {source}")]
    Database {
        /// The store.
        name: String,
        /// What was done.
        what: &'static str,
        /// What it says.
        source: Arc<DatabaseError>,
    },
    /// A write failed for good. Nothing more is written; a restart goes on from what is committed.
    #[error("writing `{name}` failed after checkpoint {committed}, and will fail again: {source}")]
    Write {
        /// The store.
        name: String,
        /// What is in the database.
        committed: Checkpoint,
        /// What it says.
        source: Arc<DatabaseError>,
    },
    /// The store is closed, or whoever writes is gone.
    #[error("`{name}` is closed")]
    Closed {
        /// The store.
        name: String,
    },
    /// A batch is open, and there is one at a time.
    #[error("a batch of `{name}` is open: commit or drop it first")]
    BatchOpen {
        /// The store.
        name: String,
    },
    /// Everything is being undone. If that was given up halfway, nobody knows what the database is
    /// until it is read again.
    #[error(
        "`{name}` goes back to checkpoint {target}: wait until it is there, or open it anew if \
         that was given up"
    )]
    GoingBack {
        /// The store.
        name: String,
        /// Where to.
        target: Checkpoint,
    },
    /// Checkpoints only grow.
    #[error("checkpoint {checkpoint} comes after {after}, and is not greater")]
    Backwards {
        /// The one given.
        checkpoint: Checkpoint,
        /// What has to be before it.
        after: Checkpoint,
    },
    /// A row does not fit its table.
    #[error("a row of `{table}` has {given} values for {columns} columns")]
    Columns {
        /// The table.
        table: String,
        /// Values given.
        given: usize,
        /// Columns there are.
        columns: usize,
    },
    /// There is no history as far back.
    #[error(
        "cannot go back to checkpoint {target}: {}",
        .from.map_or_else(|| "no history is kept".to_owned(), |from| format!("the history begins at {from}"))
    )]
    NoHistory {
        /// Where to.
        target: Checkpoint,
        /// Where the history begins, if there is any.
        from: Option<Checkpoint>,
    },
    /// An effect has no output.
    #[error("effect `{effect}` has no output for `{input}`: {source}")]
    Effect {
        /// The effect.
        effect: Arc<str>,
        /// What it was given.
        input: Arc<str>,
        /// Why.
        source: EffectError,
    },
}
