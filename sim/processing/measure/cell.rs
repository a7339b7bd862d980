//! The figures of one strategy with one seed.
//!
//! Figures are of cells that finished with the right data: one that did not has none, however quick
//! it was. What does not exist is `None`, never 0.

use serde::Serialize;

use super::held::Held;
use super::recovery::Recovery;
use super::writing::Writing;
use crate::measure::mean::quotient;
use crate::measure::{Paired, Subject, requests_in};
use crate::outcome::Window;
use crate::processing::outcome::counter;
use crate::processing::scenario::StrategyKind;
use crate::processing::{Outcome, Run, Task};
use crate::scenario::Role;

/// What is known of a cell whatever came of it.
#[derive(Clone, Debug)]
pub struct About {
    /// How it writes.
    pub kind: Option<StrategyKind>,
    /// How efficient its writing is to be, where the scenario says so.
    pub efficiency_percent: Option<u8>,
    /// What there was to do.
    pub task: Task,
    /// How long it ran, ns.
    pub ran_ns: Option<u64>,
}

/// The figures of a cell that finished with the right data.
#[derive(Clone, Debug)]
pub struct Figures {
    /// From its first start to its last end, ns.
    pub makespan_ns: u64,
    /// Items there were, whether processed once or again, over the makespan.
    pub items_per_s: Option<f64>,
    /// That over the same of the strategy that writes each batch before the next.
    pub times_synchronous: Option<f64>,
    /// That over the same of the strategy that empties its memory after each write.
    pub times_wipe: Option<f64>,
    /// Time in which no batch could begin for want of room.
    pub stalled: Stalled,
    /// How rows were found.
    pub rows: Asked,
    /// Rows read again over those of the strategy that empties its memory.
    pub reread_of_wipe: Option<f64>,
    /// How outputs of the effect were found.
    pub effect: Effect,
    /// How much was held.
    pub held: Held,
    /// Objects held over those of the strategy that counts objects only.
    pub objects_of_count_only: Option<f64>,
    /// What was written, and how.
    pub writing: Writing,
    /// Items that were processed again after a crash.
    pub repeated: u64,
    /// The most of these after one crash.
    pub repeated_most: u64,
    /// Rows refused by their table.
    pub refused: u64,
    /// How it recovered from its last outage.
    pub recovery: Option<Recovery>,
    /// What readers waited meanwhile; nothing where nobody reads.
    pub readers: Paired,
}

/// Time in which no batch could begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stalled {
    /// How often.
    pub times: u64,
    /// All together, ns.
    pub total_ns: u64,
    /// The longest, ns.
    pub longest_ns: u64,
}

/// How rows were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Known.
    pub hits: u64,
    /// Looked up in the database.
    pub loads: u64,
    /// Of these: had been known before, and forgotten.
    pub reloads: u64,
}

/// How outputs of the effect were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// Known.
    pub hits: u64,
    /// Found in the database.
    pub loads: u64,
    /// Calls.
    pub calls: u64,
    /// Of these: for an input that had been called for before.
    pub recalls: u64,
}

/// What a cell is measured against: cells of the same seed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The same without any processing; `None` where nobody reads.
    pub counterfactual: Option<&'a Outcome>,
    /// The strategy of kind `synchronous`.
    pub synchronous: Option<&'a Outcome>,
    /// The strategy of kind `wipe`.
    pub wipe: Option<&'a Outcome>,
    /// The strategy of kind `count-only`.
    pub count_only: Option<&'a Outcome>,
}

impl About {
    /// What is known of `outcome`.
    pub(super) fn of(outcome: &Outcome) -> Self {
        Self {
            kind: outcome.kind,
            efficiency_percent: outcome.efficiency_percent,
            task: outcome.task.clone(),
            ran_ns: outcome.processing.map(Window::duration_ns),
        }
    }
}

impl<'a> Beside<'a> {
    /// What a cell of `run` with `seed` is measured against. Controls are nothing to compare with.
    pub(super) fn of(run: &'a Run, seed: u64) -> Self {
        let of_kind = |kind: StrategyKind| {
            run.outcomes.iter().find(|outcome| {
                outcome.seed == seed
                    && outcome.kind == Some(kind)
                    && outcome.role != Some(Role::Control)
            })
        };
        let mut quiet = run.counterfactuals.iter();
        Self {
            counterfactual: quiet.find(|outcome| outcome.seed == seed),
            synchronous: of_kind(StrategyKind::Synchronous),
            wipe: of_kind(StrategyKind::Wipe),
            count_only: of_kind(StrategyKind::CountOnly),
        }
    }
}

impl Figures {
    /// The figures of `outcome`, if it finished with the right data.
    pub(super) fn of(outcome: &Outcome, beside: Beside<'_>) -> Option<Self> {
        let window = outcome.took()?;
        let makespan_ns = window.duration_ns();
        let counted = |name: &str| outcome.counter(name);
        let times = |other: Option<&Outcome>| {
            let theirs_ns = other?.took()?.duration_ns();
            quotient(theirs_ns, makespan_ns)
        };
        let of_theirs = |other: Option<&Outcome>, name: &str| {
            let theirs = other.filter(|other| other.took().is_some())?;
            let (own, theirs) = (outcome.counters.get(name)?, theirs.counters.get(name)?);
            quotient(*own, *theirs)
        };
        Some(Self {
            makespan_ns,
            items_per_s: quotient(outcome.task.items, makespan_ns).map(|per_ns| per_ns * 1e9),
            times_synchronous: times(beside.synchronous),
            times_wipe: times(beside.wipe),
            stalled: Stalled::of(&outcome.stalls),
            rows: Asked {
                hits: counted(counter::ROW_HITS),
                loads: counted(counter::ROW_LOADS),
                reloads: counted(counter::ROW_RELOADS),
            },
            reread_of_wipe: of_theirs(beside.wipe, counter::ROW_RELOADS),
            effect: Effect {
                hits: counted(counter::OUTPUT_HITS),
                loads: counted(counter::OUTPUT_LOADS),
                calls: counted(counter::CALLS),
                recalls: counted(counter::RECALLS),
            },
            held: Held::of(outcome),
            objects_of_count_only: of_theirs(beside.count_only, counter::OBJECTS_MOST),
            writing: Writing::of(&outcome.writes),
            repeated: counted(counter::ITEMS_REPEATED),
            repeated_most: counted(counter::ITEMS_REPEATED_MOST),
            refused: counted(counter::REFUSED),
            recovery: Recovery::of(outcome, window),
            readers: readers(outcome, window, beside.counterfactual),
        })
    }
}

impl Stalled {
    fn of(stalls: &[Window]) -> Self {
        let lengths = || stalls.iter().map(|window| window.duration_ns());
        Self {
            times: stalls.len() as u64,
            total_ns: lengths().sum(),
            longest_ns: lengths().max().unwrap_or(0),
        }
    }
}

impl Asked {
    /// Rows that were known, of all that were asked for; `None` when none was.
    #[must_use]
    pub fn hit_share(self) -> Option<f64> {
        quotient(self.hits, self.hits + self.loads)
    }

    /// Both together.
    #[must_use]
    pub const fn pooled(self, other: Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            loads: self.loads + other.loads,
            reloads: self.reloads + other.reloads,
        }
    }
}

impl Effect {
    /// Whether anybody asked it.
    #[must_use]
    pub const fn asked(self) -> bool {
        self.hits + self.loads + self.calls > 0
    }
}

/// The reads of `window`, with the processing and without.
fn readers(outcome: &Outcome, window: Window, counterfactual: Option<&Outcome>) -> Paired {
    let stats = |from: &Outcome| requests_in(&from.requests, Subject::Readers, window).stats();
    Paired {
        backfill: stats(outcome),
        no_backfill: counterfactual.and_then(stats),
    }
}

#[cfg(test)]
#[path = "cell_tests.rs"]
mod tests;
