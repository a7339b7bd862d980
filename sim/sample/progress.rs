//! What a caller learns while a sample is written, enough to draw a bar.

/// How far a step has come. `done` never falls within a step and ends at `total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being written: a table, or the indexes.
    pub step: &'static str,
    /// Rows, or indexes, that are written.
    pub done: u64,
    /// How many there will be.
    pub total: u64,
}
