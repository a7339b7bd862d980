//! The figures of one strategy with one workload and one seed.
//!
//! Figures are of cells that finished with the right data, or with what is wrong with it known: one
//! that did not has none, however quick it was. What does not exist is `None`, never 0.

use crate::aggregate::{Compared, Outcome};
use crate::measure::{Paired, Subject, requests_in};

/// The figures of a cell.
#[derive(Clone, Debug)]
pub struct Figures {
    /// From its first start to its last end, ns.
    pub makespan_ns: u64,
    /// What was counted, and what there is.
    pub counts: Compared,
    /// Times rows were counted and stored.
    pub chunks: u64,
    /// What the largest transaction read from files and wrote to them, bytes.
    pub transaction_bytes: Option<u64>,
    /// The longest time a transaction had the lock, ns.
    pub held_ns: Option<u64>,
    /// The most bytes of rows that were read at a time; `None` where only SQLite saw them.
    pub row_bytes: Option<u64>,
    /// The most that was handed from one chunk to the next, bytes.
    pub carried_bytes: u64,
    /// Rows that were set aside.
    pub refused: u64,
    /// What readers waited meanwhile, and without.
    pub readers: Paired,
    /// What those waited who added views, and without.
    pub writers: Paired,
}

impl Figures {
    /// The figures of `outcome`; `quiet` is the same without any rebuild.
    pub(super) fn of(outcome: &Outcome, quiet: Option<&Outcome>) -> Option<Self> {
        let window = outcome.took()?;
        let stats = |of: &Outcome, subject| requests_in(&of.requests, subject, window).stats();
        let paired = |subject| Paired {
            backfill: stats(outcome, subject),
            no_backfill: quiet.and_then(|quiet| stats(quiet, subject)),
        };
        let (chunks, transactions) = (&outcome.chunks, &outcome.transactions);
        Some(Self {
            makespan_ns: window.duration_ns(),
            counts: outcome.counts?,
            chunks: chunks.len() as u64,
            transaction_bytes: transactions.iter().map(|one| one.bytes).max(),
            held_ns: transactions.iter().map(|one| one.held_ns).max(),
            row_bytes: chunks.iter().filter_map(|chunk| chunk.row_bytes).max(),
            carried_bytes: chunks
                .iter()
                .map(|one| one.carried_bytes)
                .max()
                .unwrap_or(0),
            refused: chunks.iter().map(|chunk| chunk.refused).sum(),
            readers: paired(Subject::Readers),
            writers: paired(Subject::Writers),
        })
    }
}

impl Compared {
    /// Whether any count is not what there is.
    #[must_use]
    pub fn is_off(&self) -> bool {
        let all = [self.views, self.worst_path, self.paths, self.sessions];
        all.iter().any(|pair| pair.off() > 0)
    }
}
