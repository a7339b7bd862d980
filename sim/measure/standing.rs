//! What a strategy's figures mean. Every threshold of a verdict is in this file.

use super::comparison::{Cell, Comparison, StrategyResult};
use crate::outcome::{Ending, Oracle, TERMINATION};
use crate::scenario::Role;

/// A candidate helps when its p95 is at most this share of the baseline's.
pub(super) const HELPS_AT_MOST: f64 = 0.8;
/// A candidate hurts when its p95, or its duration at a like p95, is at least this many times the
/// baseline's. A like p95 is within ±25 %.
pub(super) const HURTS_AT_LEAST: f64 = 1.25;
/// Below this share of the baseline's p95 a longer duration is a price and not a harm.
const LIKE_FROM: f64 = 0.75;
/// Missing the objective by this factor is "not fixed", whatever was gained.
pub(super) const FAR_FACTOR: f64 = 5.0;
/// A forecast that is off by more than this share of the simulated p95, either way, means that
/// something else than the backfill's holds delays readers. In the field the formula was within
/// 7 % of runs it was fed with the hold log of; 15 % is well outside.
const FORECAST_OFF: f64 = 0.15;

/// Whether a forecast of `predicted_ns` does not explain a p95 of `p95_ns`.
pub(super) fn forecast_is_off(predicted_ns: u64, p95_ns: u64) -> bool {
    let share = predicted_ns as f64 / p95_ns.max(1) as f64;
    !(1.0 - FORECAST_OFF..=1.0 + FORECAST_OFF).contains(&share)
}

/// Where one strategy stands, by itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Every seed's p95 is within the objective.
    Meets {
        /// Objective divided by the worst seed's p95, at least 1.
        headroom: f64,
    },
    /// Some seed's p95 is above the objective.
    Misses {
        /// The worst seed's p95 divided by the objective.
        by: f64,
    },
    /// An oracle found wrong data: there is no p95 to judge.
    Incorrect {
        /// The seed.
        seed: u64,
        /// The first oracle that failed.
        oracle: String,
        /// What it compared.
        detail: String,
    },
    /// It did not finish for this seed, for this reason.
    Unfinished {
        /// The seed.
        seed: u64,
        /// What became of it.
        why: String,
    },
    /// No request of the subject fell into its window.
    NoData,
    /// A control that an oracle caught in every seed.
    Caught {
        /// The oracle.
        oracle: String,
    },
    /// A control that passed as genuine.
    Slipped {
        /// The seed it passed with.
        seed: u64,
    },
    /// A control that was caught, but not at what is wrong with it.
    Mistaken {
        /// The seed.
        seed: u64,
        /// The oracle that was meant to catch it.
        meant: String,
        /// The one that did.
        by: String,
    },
}

/// What a candidate changes against the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The subject waits clearly less, and without it would have noticed.
    Helps,
    /// Neither.
    Neutral,
    /// The subject waits clearly longer, or as long for a longer time.
    Hurts,
}

/// Why the baseline is good enough by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suffices {
    /// It meets the objective.
    MeetsObjective,
    /// It and the longest wait are over within what the scenario allows once.
    Short,
}

impl Standing {
    /// Where `strategy` stands against `objective_ns`.
    #[must_use]
    pub fn of(strategy: &StrategyResult, objective_ns: u64) -> Self {
        if strategy.role == Role::Control {
            return control(strategy);
        }
        if let Some(broken) = incorrect(strategy).or_else(|| unfinished(strategy)) {
            return broken;
        }
        match strategy.pooled.worst_p95_ns {
            None => Self::NoData,
            Some(p95_ns) if p95_ns <= objective_ns => Self::Meets {
                headroom: objective_ns as f64 / p95_ns.max(1) as f64,
            },
            Some(p95_ns) => Self::Misses {
                by: p95_ns as f64 / objective_ns.max(1) as f64,
            },
        }
    }

    /// One word for a table.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Meets { .. } => "meets",
            Self::Misses { .. } => "misses",
            Self::Incorrect { .. } => "incorrect",
            Self::Unfinished { .. } => "unfinished",
            Self::NoData => "no data",
            Self::Caught { .. } => "caught",
            Self::Slipped { .. } | Self::Mistaken { .. } => "NOT CAUGHT",
        }
    }
}

/// Wrong data, which is worse than not having finished.
fn incorrect(strategy: &StrategyResult) -> Option<Standing> {
    strategy.cells.iter().find_map(|cell| {
        let mut oracles = cell.oracles.iter();
        // What never ends is wrong, however long one waits; what it left half done is a symptom.
        let endless = matches!(cell.ending, Ending::Endless { .. });
        let oracle =
            oracles.find(|oracle| !oracle.passed && (oracle.name == TERMINATION) == endless)?;
        Some(Standing::Incorrect {
            seed: cell.seed,
            oracle: oracle.name.clone(),
            detail: oracle.detail.clone(),
        })
    })
}

fn unfinished(strategy: &StrategyResult) -> Option<Standing> {
    strategy.cells.iter().find_map(|cell| {
        let why = match &cell.ending {
            Ending::Done | Ending::Cancelled | Ending::Killed | Ending::Endless { .. } => {
                return None;
            }
            Ending::OutOfTime => "was still running at the horizon".to_owned(),
            Ending::Failed(error) => format!("failed: {error}"),
            Ending::NoBackfill => "never started".to_owned(),
        };
        Some(Standing::Unfinished {
            seed: cell.seed,
            why,
        })
    })
}

/// A control has to be caught with every seed: one that passes once would pass again. One that
/// did not finish was not caught at what it does.
fn control(strategy: &StrategyResult) -> Standing {
    if let Some(meant) = strategy.meant_oracle {
        return known_control(strategy, meant);
    }
    if let Some(unfinished) = unfinished(strategy) {
        return unfinished;
    }
    if let Some(cell) = strategy.cells.iter().find(|cell| cell.correct) {
        return Standing::Slipped { seed: cell.seed };
    }
    match incorrect(strategy) {
        Some(Standing::Incorrect { oracle, .. }) => Standing::Caught { oracle },
        _ => Standing::NoData,
    }
}

/// A control with a known mistake has to be caught at it: another oracle that fails proves that
/// something is wrong with it, and not that the one that was meant can see.
fn known_control(strategy: &StrategyResult, meant: &str) -> Standing {
    let Some(cell) = strategy.cells.iter().find(|cell| !caught(cell, meant)) else {
        return Standing::Caught {
            oracle: meant.to_owned(),
        };
    };
    if cell.correct {
        return Standing::Slipped { seed: cell.seed };
    }
    let mut failed = cell.oracles.iter().filter(|oracle| !oracle.passed);
    match failed.find(|oracle| oracle.name != TERMINATION) {
        Some(oracle) => Standing::Mistaken {
            seed: cell.seed,
            meant: meant.to_owned(),
            by: oracle.name.clone(),
        },
        None => unfinished(strategy).unwrap_or(Standing::Slipped { seed: cell.seed }),
    }
}

/// Whether the oracle `meant` failed; for the one that asks for an end, because there was none, and
/// not because of an error.
fn caught(cell: &Cell, meant: &str) -> bool {
    let failed = |oracle: &Oracle| oracle.name == meant && !oracle.passed;
    let endless = matches!(cell.ending, Ending::Endless { .. } | Ending::OutOfTime);
    cell.oracles.iter().any(failed) && (meant != TERMINATION || endless)
}

impl Effect {
    /// What `candidate` changes against `baseline`; `None` when either has no p95.
    #[must_use]
    pub fn of(
        candidate: &StrategyResult,
        baseline: &StrategyResult,
        objective_ns: u64,
        one_wait_ns: u64,
    ) -> Option<Self> {
        let p95 = candidate.ratio_to(baseline, |cell| cell.backfill.map(|stats| stats.p95_ns))?;
        let longer = candidate
            .ratio_to(baseline, |cell| cell.duration_ns)
            .is_some_and(|ratio| ratio >= HURTS_AT_LEAST);
        let noticed = Suffices::of(baseline, objective_ns, one_wait_ns).is_none();
        Some(if p95 <= HELPS_AT_MOST && noticed {
            Self::Helps
        } else if p95 >= HURTS_AT_LEAST || (p95 >= LIKE_FROM && longer) {
            Self::Hurts
        } else {
            Self::Neutral
        })
    }

    /// One word for a table or sentence.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Helps => "helps",
            Self::Neutral => "neutral",
            Self::Hurts => "hurts",
        }
    }
}

impl Suffices {
    /// Why `baseline` is good enough by itself; `None` when it is not, or not known to be.
    #[must_use]
    pub fn of(baseline: &StrategyResult, objective_ns: u64, one_wait_ns: u64) -> Option<Self> {
        match Standing::of(baseline, objective_ns) {
            Standing::Meets { .. } => Some(Self::MeetsObjective),
            Standing::Misses { .. } => {
                let longest = baseline.cells.iter().map(|cell| cell.duration_ns);
                let longest: Option<Vec<u64>> = longest.collect();
                let longest_ns = longest?.into_iter().max()?;
                let short = longest_ns <= one_wait_ns && baseline.pooled.max_ns? <= one_wait_ns;
                short.then_some(Self::Short)
            }
            _ => None,
        }
    }
}

impl Comparison {
    /// The candidate to take: of those that meet the objective in every seed the quickest, then
    /// the first in the scenario.
    #[must_use]
    pub fn recommended(&self) -> Option<&StrategyResult> {
        self.of_role(Role::Candidate)
            .filter(|strategy| {
                matches!(
                    Standing::of(strategy, self.objective_ns),
                    Standing::Meets { .. }
                )
            })
            // One that was cancelled for good has no duration, and finished nothing.
            .filter(|strategy| strategy.pooled.duration_ns.is_some())
            .min_by_key(|strategy| strategy.pooled.duration_ns)
    }

    /// The candidate that misses the objective by the least.
    #[must_use]
    pub fn closest(&self) -> Option<&StrategyResult> {
        self.of_role(Role::Candidate)
            .filter(|strategy| {
                matches!(
                    Standing::of(strategy, self.objective_ns),
                    Standing::Misses { .. }
                )
            })
            .min_by_key(|strategy| strategy.pooled.worst_p95_ns)
    }
}
