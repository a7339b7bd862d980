//! What the figures of all seeds come to together.
//!
//! What is compared as a ratio has a geometric mean, what is a bound its worst, and what is counted
//! per row or write the sum.

use super::StrategyResult;
use super::cell::{Asked, Effect, Figures};
use super::writing::Writing;
use crate::measure::mean::{geometric, geometric_ns, quotient};
use crate::processing::scenario::StrategyKind;

/// Figures over all seeds. A mean is `None` when any seed lacks the figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Pooled {
    /// Geometric mean, ns.
    pub makespan_ns: Option<u64>,
    /// Geometric mean.
    pub items_per_s: Option<f64>,
    /// Geometric mean.
    pub times_synchronous: Option<f64>,
    /// Geometric mean.
    pub times_wipe: Option<f64>,
    /// The most time stalled, ns.
    pub stalled_ns: u64,
    /// The longest stall, ns.
    pub stalled_longest_ns: u64,
    /// The largest share of the makespan.
    pub stalled_share: Option<f64>,
    /// All together.
    pub rows: Asked,
    /// The most rows read again.
    pub reloads: u64,
    /// Geometric mean.
    pub reread_of_wipe: Option<f64>,
    /// The most of each.
    pub effect: Effect,
    /// The most objects held.
    pub objects: Option<u64>,
    /// The most bytes held.
    pub bytes: Option<u64>,
    /// The most objects above what may be held.
    pub objects_over: Option<u64>,
    /// The most bytes above what may be held.
    pub bytes_over: Option<u64>,
    /// Geometric mean.
    pub objects_of_count_only: Option<f64>,
    /// All together.
    pub writing: Writing,
    /// The most items processed again.
    pub repeated: u64,
    /// The most of these after one crash.
    pub repeated_most: u64,
    /// The most rows refused.
    pub refused: u64,
    /// The worst.
    pub recovery_times: Option<f64>,
    /// The longest recovery, ns.
    pub recovery_ns: Option<u64>,
    /// Geometric mean of the readers' p95, ns.
    pub reader_p95_ns: Option<u64>,
    /// Geometric mean of its ratio to no processing.
    pub reader_ratio: Option<f64>,
}

impl StrategyResult {
    /// Whether it promises to hold no more than its budget and one batch.
    #[must_use]
    pub fn keeps_budget(&self) -> bool {
        let kinds = self.cells.iter().filter_map(|(cell, _)| cell.about.kind);
        kinds.into_iter().all(StrategyKind::keeps_budget)
    }

    /// Geometric mean over seeds of `other`'s makespan divided by this one's, paired by seed: how
    /// many times as quick this one is.
    #[must_use]
    pub fn quicker_than(&self, other: &Self) -> Option<f64> {
        self.ratio_of(other, |figures| figures.makespan_ns)
    }
}

impl Pooled {
    /// `all` together.
    pub(super) fn of(all: &[&Figures]) -> Option<Self> {
        let mean =
            |figure: fn(&Figures) -> Option<f64>| geometric(all.iter().map(|one| figure(one)));
        let mean_ns =
            |figure: fn(&Figures) -> Option<u64>| geometric_ns(all.iter().map(|one| figure(one)));
        let most = |figure: fn(&Figures) -> u64| all.iter().map(|one| figure(one)).max();
        let most_of = |figure: fn(&Figures) -> Option<u64>| {
            let values: Option<Vec<u64>> = all.iter().map(|one| figure(one)).collect();
            values?.into_iter().max()
        };
        let worst = |figure: fn(&Figures) -> Option<f64>| {
            let values: Option<Vec<f64>> = all.iter().map(|one| figure(one)).collect();
            values?.into_iter().reduce(f64::max)
        };
        let sum_of_rows = all.iter().map(|one| one.rows).reduce(Asked::pooled);
        let sum_of_writes = all.iter().map(|one| one.writing).reduce(Writing::pooled);
        Some(Self {
            makespan_ns: mean_ns(|one| Some(one.makespan_ns)),
            items_per_s: mean(|one| one.items_per_s),
            times_synchronous: mean(|one| one.times_synchronous),
            times_wipe: mean(|one| one.times_wipe),
            stalled_ns: most(|one| one.stalled.total_ns)?,
            stalled_longest_ns: most(|one| one.stalled.longest_ns)?,
            stalled_share: worst(|one| quotient(one.stalled.total_ns, one.makespan_ns)),
            rows: sum_of_rows?,
            reloads: most(|one| one.rows.reloads)?,
            reread_of_wipe: mean(|one| one.reread_of_wipe),
            effect: Effect {
                hits: most(|one| one.effect.hits)?,
                loads: most(|one| one.effect.loads)?,
                calls: most(|one| one.effect.calls)?,
                recalls: most(|one| one.effect.recalls)?,
            },
            objects: most_of(|one| one.held.objects),
            bytes: most_of(|one| one.held.bytes),
            objects_over: most_of(|one| one.held.objects_over),
            bytes_over: most_of(|one| one.held.bytes_over),
            objects_of_count_only: mean(|one| one.objects_of_count_only),
            writing: sum_of_writes?,
            repeated: most(|one| one.repeated)?,
            repeated_most: most(|one| one.repeated_most)?,
            refused: most(|one| one.refused)?,
            recovery_times: worst(|one| one.recovery?.times()),
            recovery_ns: most_of(|one| Some(one.recovery?.took_ns)),
            reader_p95_ns: mean_ns(|one| Some(one.readers.backfill?.p95_ns)),
            reader_ratio: mean(|one| one.readers.ratio()),
        })
    }
}

#[cfg(test)]
#[path = "pooled_tests.rs"]
mod tests;
