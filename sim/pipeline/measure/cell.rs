//! The figures of one strategy with one seed.
//!
//! Figures are of cells that finished with the right data: one that did not has none, however quick
//! it was. What does not exist is `None`, never 0.

use super::spell::{ALL, Spell, spans};
use crate::measure::mean::quotient;
use crate::pipeline::outcome::counter;
use crate::pipeline::scenario::StrategyKind;
use crate::pipeline::{Outcome, Run};
use crate::scenario::Role;

/// The figures of a cell that finished with the right data.
#[derive(Clone, Debug)]
pub struct Figures {
    /// From the start of the first stage to the end of the last, ns.
    pub makespan_ns: u64,
    /// What the strategy of kind `one-after-another` takes, over that.
    pub times_one_after_another: Option<f64>,
    /// All of the time first, then its parts.
    pub spells: Vec<Spell>,
    /// Objects that processing held, at the most.
    pub objects_most: Option<u64>,
    /// Their bytes, at the most.
    pub bytes_most: Option<u64>,
    /// Times a stage failed and was started again.
    pub restarts: u64,
    /// For how long before its end no live inserts came any more, ns: they were all made.
    pub unwritten_ns: u64,
}

/// What a cell is measured against: cells of the same seed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The same without any stage; `None` where nobody reads or adds.
    pub counterfactual: Option<&'a Outcome>,
    /// The strategy of kind `one-after-another`.
    pub one_after_another: Option<&'a Outcome>,
}

impl<'a> Beside<'a> {
    /// What a cell of `run` with `seed` is measured against. Controls are nothing to compare with.
    pub(super) fn of(run: &'a Run, seed: u64) -> Self {
        let same = |outcome: &&Outcome| outcome.seed == seed;
        let mut others = run.outcomes.iter().filter(same);
        Self {
            counterfactual: run.counterfactuals.iter().find(same),
            one_after_another: others.find(|outcome| {
                outcome.kind == Some(StrategyKind::OneAfterAnother)
                    && outcome.role != Some(Role::Control)
            }),
        }
    }
}

impl Figures {
    /// The figures of `outcome`, if it finished with the right data.
    pub(super) fn of(outcome: &Outcome, beside: Beside<'_>) -> Option<Self> {
        let whole = outcome.took()?;
        let makespan_ns = whole.duration_ns();
        let counted = |name: &str| outcome.counters.get(name).copied();
        let theirs = beside.one_after_another.and_then(Outcome::took);
        let spell = |(name, window)| Spell::of(name, window, outcome, beside.counterfactual);
        let parts = [(ALL, whole)].into_iter().chain(spans(&outcome.stages));
        let last_ns = outcome.last_insert_ns;
        Some(Self {
            makespan_ns,
            times_one_after_another: theirs
                .and_then(|theirs| quotient(theirs.duration_ns(), makespan_ns)),
            spells: parts.map(spell).collect(),
            objects_most: counted(counter::OBJECTS_MOST),
            bytes_most: counted(counter::BYTES_MOST),
            restarts: counted(counter::RESTARTS).unwrap_or(0),
            unwritten_ns: last_ns.map_or(0, |last_ns| whole.end_ns.saturating_sub(last_ns)),
        })
    }
}
