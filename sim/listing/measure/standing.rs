//! What the figures of a cell mean. Every comparison with an objective is in this file.

use super::cell::Cell;
use crate::listing::Objective;
use crate::measure::mean::quotient;
use crate::scenario::Role;

/// Where one strategy stands on one shape with one seed.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Within everything that is asked of it.
    Meets,
    /// Not within some of it; never empty, the worst first.
    Misses(Vec<Miss>),
    /// An oracle found wrong data: nothing else counts.
    Incorrect {
        /// The first oracle that failed.
        oracle: String,
        /// What it compared.
        detail: String,
    },
    /// It did not finish, for this reason.
    Unfinished {
        /// What became of it.
        why: String,
    },
    /// Something is asked of it that there is no figure for.
    NoData,
    /// A control, and an oracle saw what is wrong with it.
    Caught {
        /// The one that was meant to; for a control without a known mistake the first that did.
        oracle: String,
    },
    /// A control that was caught, but not at what is wrong with it.
    Mistaken {
        /// The oracle that was meant to catch it.
        meant: String,
        /// The first that did.
        by: String,
    },
    /// A control that passed as genuine.
    Slipped,
}

/// One thing that was asked for and not kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Miss {
    /// What.
    pub aim: Aim,
    /// What it came to.
    pub figure: f64,
    /// What was wanted, at the most.
    pub wanted: f64,
}

/// What is asked of a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// Its makespan over the floor, where there are many pages.
    Floor,
    /// Its makespan over that of the best strategy, where there are few.
    Best,
    /// Answered requests that brought nothing new, in percent, where there are many pages.
    Wasted,
    /// The readers' p95 over what it is without a backfill.
    Readers,
}

impl Miss {
    /// How many times what was wanted it came to.
    #[must_use]
    pub fn by(self) -> f64 {
        if self.wanted > 0.0 {
            self.figure / self.wanted
        } else {
            f64::INFINITY
        }
    }
}

impl Standing {
    /// Where `cell` of a strategy in `role` stands against `objective`; `read` is whether somebody
    /// reads at all.
    #[must_use]
    pub fn of(cell: &Cell, role: Role, objective: &Objective, read: bool) -> Self {
        let failed = cell.oracles.iter().find(|oracle| !oracle.passed);
        match (failed, role) {
            (Some(oracle), Role::Control) => control(cell, &oracle.name),
            (None, Role::Control) => Self::Slipped,
            (Some(oracle), _) => Self::Incorrect {
                oracle: oracle.name.clone(),
                detail: oracle.detail.clone(),
            },
            (None, _) => match cell.ending.unfinished() {
                Some(why) => Self::Unfinished { why },
                None => against(&aims(cell, objective, read)),
            },
        }
    }

    /// One word or two for a table.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Meets => "meets",
            Self::Misses(_) => "misses",
            Self::Incorrect { .. } => "incorrect",
            Self::Unfinished { .. } => "unfinished",
            Self::NoData => "no data",
            Self::Caught { .. } => "caught",
            Self::Mistaken { .. } | Self::Slipped => "not caught",
        }
    }

    /// The worse, the higher: of several seeds the worst stands for all.
    pub(super) const fn gravity(&self) -> u8 {
        match self {
            Self::Meets => 0,
            Self::Misses(_) => 1,
            Self::NoData => 2,
            Self::Unfinished { .. } => 3,
            Self::Incorrect { .. } => 4,
            // A control has no other neighbours than these three.
            Self::Caught { .. } => 5,
            Self::Mistaken { .. } => 6,
            Self::Slipped => 7,
        }
    }
}

/// A control of which `first` was the first oracle to fail. One with a known mistake has to be
/// caught at it: another oracle that fails proves that something is wrong with it, and not that
/// the one that was meant can see.
fn control(cell: &Cell, first: &str) -> Standing {
    let failed = |name: &str| {
        let mut oracles = cell.oracles.iter();
        oracles.any(|oracle| oracle.name == name && !oracle.passed)
    };
    match cell.meant_oracle {
        Some(meant) if !failed(meant) => Standing::Mistaken {
            meant: meant.to_owned(),
            by: first.to_owned(),
        },
        meant => Standing::Caught {
            oracle: meant.unwrap_or(first).to_owned(),
        },
    }
}

/// What is asked of `cell`, the figure it has for that, and what is wanted at the most.
fn aims(cell: &Cell, objective: &Objective, read: bool) -> Vec<(Aim, Option<f64>, f64)> {
    let mut aims = Vec::new();
    if cell.task.pages > objective.small_pages {
        // In percent from whole numbers: 7 of 1000 are exactly what `0.7` is read as.
        let wasted = quotient(100 * cell.tally.wasted(), cell.tally.answered());
        aims.push((Aim::Floor, cell.times_floor, objective.times_floor));
        aims.push((Aim::Wasted, wasted, objective.wasted_percent));
    } else {
        aims.push((Aim::Best, cell.times_best, objective.times_best));
    }
    if let Some(times) = objective.reader_p95_times.filter(|_| read) {
        aims.push((Aim::Readers, cell.readers.ratio(), times));
    }
    aims
}

/// A miss is one whatever else there is no figure for; no figure never passes.
fn against(aims: &[(Aim, Option<f64>, f64)]) -> Standing {
    let kept = |figure: f64, wanted: f64| figure <= wanted;
    let mut misses: Vec<Miss> = aims
        .iter()
        .filter_map(|&(aim, figure, wanted)| {
            let figure = figure.filter(|figure| !kept(*figure, wanted))?;
            Some(Miss {
                aim,
                figure,
                wanted,
            })
        })
        .collect();
    if !misses.is_empty() {
        misses.sort_by(|a, b| b.by().total_cmp(&a.by()));
        Standing::Misses(misses)
    } else if aims.iter().any(|(_, figure, _)| figure.is_none()) {
        Standing::NoData
    } else {
        Standing::Meets
    }
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
