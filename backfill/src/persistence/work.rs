//! What a batch of items changed, as it waits to be written.
//!
//! Nothing changes it any more: whatever processing does while it waits or is being written goes
//! into another one. So nothing can be written twice, and nothing that came later slips in.

use std::sync::Arc;

use super::checkpoint::Checkpoint;
use super::meter::Charged;
use super::row::Id;
use super::table::TableId;

/// Whether what rows were before is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Only what they are: nobody will want to go back.
    Latest,
    /// What they were at every checkpoint as well, so that processing can go back to it.
    History,
}

/// A row as it is from a checkpoint on.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) checkpoint: Checkpoint,
    pub(super) table: TableId,
    pub(super) id: Id,
    pub(super) held: Arc<Charged>,
}

/// What an effect gave.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) checkpoint: Checkpoint,
    pub(super) effect: Arc<str>,
    pub(super) input: Arc<str>,
    pub(super) held: Arc<Charged>,
    /// Whether it goes into the database; else it is only kept in memory.
    pub(super) cached: bool,
}

/// How far a source of items is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The source: a chain, a stream, a file.
    pub source: Arc<str>,
    /// Its own count of how far that is.
    pub position: u64,
}

/// What one batch changed.
#[derive(Debug)]
pub(super) struct Work {
    /// The checkpoint of its last item.
    pub(super) up_to: Checkpoint,
    /// Items processed.
    pub(super) items: u64,
    pub(super) keep: Keep,
    /// In the order they were made.
    pub(super) changes: Vec<Change>,
    pub(super) outputs: Vec<Output>,
    /// How far sources were, and at which checkpoint.
    pub(super) positions: Vec<(Checkpoint, Position)>,
    /// Counts the batch itself, and its positions, for as long as they are held.
    pub(super) _waits: Arc<Charged>,
}

impl Position {
    /// Bytes it takes.
    pub(super) fn bytes(&self) -> u64 {
        (size_of::<Self>() + self.source.len()) as u64
    }
}

impl Work {
    /// Rows and outputs that wait.
    pub(super) fn objects(&self) -> u64 {
        (self.changes.len() + self.outputs.len()) as u64
    }
}
