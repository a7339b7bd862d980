//! What the figures of all seeds come to together.
//!
//! What takes time and what is compared as a ratio has a geometric mean; what is a bound, or how
//! far counts are off, its worst.

use super::cell::Figures;
use crate::aggregate::Compared;
use crate::measure::mean::{geometric, geometric_ns};

/// Figures over all seeds. A mean is `None` when any seed lacks the figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Pooled {
    /// Geometric mean, ns.
    pub makespan_ns: Option<u64>,
    /// Of the seed whose number of sessions is the farthest off; of the first where none is.
    pub counts: Compared,
    /// The most.
    pub chunks: u64,
    /// The largest.
    pub transaction_bytes: Option<u64>,
    /// The longest, ns.
    pub held_ns: Option<u64>,
    /// The most.
    pub row_bytes: Option<u64>,
    /// The most.
    pub carried_bytes: u64,
    /// The most.
    pub refused: u64,
    /// Geometric mean of the readers' p95, ns.
    pub reader_p95_ns: Option<u64>,
    /// Geometric mean of its ratio to that without any rebuild.
    pub reader_ratio: Option<f64>,
    /// Geometric mean of the p95 of those who add, ns.
    pub writer_p95_ns: Option<u64>,
    /// Geometric mean of its ratio to that without any rebuild.
    pub writer_ratio: Option<f64>,
}

impl Pooled {
    /// `all` together.
    pub(super) fn of(all: &[&Figures]) -> Option<Self> {
        let most = |figure: fn(&Figures) -> u64| all.iter().map(|one| figure(one)).max();
        let most_of =
            |figure: fn(&Figures) -> Option<u64>| all.iter().filter_map(|one| figure(one)).max();
        let mean_ns =
            |figure: fn(&Figures) -> Option<u64>| geometric_ns(all.iter().map(|one| figure(one)));
        let mean =
            |figure: fn(&Figures) -> Option<f64>| geometric(all.iter().map(|one| figure(one)));
        let worst = all
            .iter()
            .rev()
            .max_by_key(|one| one.counts.sessions.off())?;
        Some(Self {
            makespan_ns: mean_ns(|one| Some(one.makespan_ns)),
            counts: worst.counts,
            chunks: most(|one| one.chunks)?,
            transaction_bytes: most_of(|one| one.transaction_bytes),
            held_ns: most_of(|one| one.held_ns),
            row_bytes: most_of(|one| one.row_bytes),
            carried_bytes: most(|one| one.carried_bytes)?,
            refused: most(|one| one.refused)?,
            reader_p95_ns: mean_ns(|one| Some(one.readers.backfill?.p95_ns)),
            reader_ratio: mean(|one| one.readers.ratio()),
            writer_p95_ns: mean_ns(|one| Some(one.writers.backfill?.p95_ns)),
            writer_ratio: mean(|one| one.writers.ratio()),
        })
    }
}
