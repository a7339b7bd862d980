//! What the figures of all seeds come to together.
//!
//! What takes time and what is compared as a ratio has a geometric mean, what is counted is the
//! sum, and what is a bound its worst.

use super::cell::Figures;
use super::spell::Spell;
use crate::measure::mean::{geometric, geometric_ns};

/// Figures over all seeds. A mean is `None` when any seed lacks the figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Pooled {
    /// Geometric mean, ns.
    pub makespan_ns: Option<u64>,
    /// Geometric mean.
    pub times_one_after_another: Option<f64>,
    /// All of the time first, then its parts, as the first seed has them.
    pub spells: Vec<PooledSpell>,
    /// The most objects held.
    pub objects_most: Option<u64>,
    /// The most bytes held.
    pub bytes_most: Option<u64>,
    /// The most times stages were started again.
    pub restarts: u64,
    /// The longest time without live inserts, ns.
    pub unwritten_ns: u64,
}

/// A part of the time over all seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct PooledSpell {
    /// Which stages ran.
    pub name: &'static str,
    /// Geometric mean, ns.
    pub duration_ns: Option<u64>,
    /// Reads of all seeds.
    pub reads: u64,
    /// Geometric mean, ns.
    pub reader_p50_ns: Option<u64>,
    /// Geometric mean, ns.
    pub reader_p95_ns: Option<u64>,
    /// The worst, ns.
    pub reader_max_ns: Option<u64>,
    /// Geometric mean of the ratio of the p95 to that without any stage.
    pub reader_ratio: Option<f64>,
    /// Geometric mean, ns.
    pub writer_p95_ns: Option<u64>,
    /// Geometric mean of the ratio of the p95 to that without any stage.
    pub writer_ratio: Option<f64>,
}

impl Pooled {
    /// `all` together.
    pub(super) fn of(all: &[&Figures]) -> Option<Self> {
        let most = |figure: fn(&Figures) -> u64| all.iter().map(|one| figure(one)).max();
        let names = all.first()?.spells.iter().map(|spell| spell.name);
        let times = all.iter().map(|one| one.times_one_after_another);
        Some(Self {
            makespan_ns: geometric_ns(all.iter().map(|one| Some(one.makespan_ns))),
            times_one_after_another: geometric(times),
            spells: names.map(|name| PooledSpell::of(name, all)).collect(),
            objects_most: all.iter().filter_map(|one| one.objects_most).max(),
            bytes_most: all.iter().filter_map(|one| one.bytes_most).max(),
            restarts: most(|one| one.restarts)?,
            unwritten_ns: most(|one| one.unwritten_ns)?,
        })
    }
}

impl PooledSpell {
    fn of(name: &'static str, all: &[&Figures]) -> Self {
        let find = |of: &&Figures| of.spells.iter().find(|spell| spell.name == name).copied();
        let spells: Vec<Option<Spell>> = all.iter().map(find).collect();
        let mean_ns = |figure: fn(Spell) -> Option<u64>| {
            geometric_ns(spells.iter().map(|spell| figure((*spell)?)))
        };
        let mean = |figure: fn(Spell) -> Option<f64>| {
            geometric(spells.iter().map(|spell| figure((*spell)?)))
        };
        let reads = || {
            let known = spells.iter().flatten();
            known.filter_map(|spell| spell.readers.backfill)
        };
        Self {
            name,
            duration_ns: mean_ns(|spell| Some(spell.window.duration_ns())),
            reads: reads().map(|stats| stats.count).sum(),
            reader_p50_ns: mean_ns(|spell| Some(spell.readers.backfill?.p50_ns)),
            reader_p95_ns: mean_ns(|spell| Some(spell.readers.backfill?.p95_ns)),
            reader_max_ns: reads().map(|stats| stats.max_ns).max(),
            reader_ratio: mean(|spell| spell.readers.ratio()),
            writer_p95_ns: mean_ns(|spell| Some(spell.writers.backfill?.p95_ns)),
            writer_ratio: mean(|spell| spell.writers.ratio()),
        }
    }
}
