//! One line of figures per strategy and seed, next to the same seed without a backfill.
//!
//! A cell whose oracles found wrong data has no latencies: a fast wrong strategy has no p95. A
//! backfill that did not finish has no duration. What is missing is `None`, never 0.

use std::collections::BTreeMap;

use super::floor::{floor_ns, held_ns, rho, work_ns};
use super::forecast::{excursions, forecast};
use super::mean::{geometric, geometric_ns, quotient};
use super::percentile::Stats;
use super::phase::requests_in;
use super::run::Run;
use super::stall::Stall;
use super::standing::forecast_is_off;
use super::subject::Subject;
use crate::outcome::{Ending, Oracle, Outcome};
use crate::scenario::{Connections, HandOff, Journal, Role, StrategyKind};

/// All strategies of a run, in the order of the scenario.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Whom the objective is about: their requests are what is judged.
    pub subject: Subject,
    /// What they are promised: the 95th percentile, nanoseconds.
    pub objective_ns: u64,
    /// The longest wait that is acceptable once, ns.
    pub one_wait_ns: u64,
    /// Whether readers share the connection the backfill writes on.
    pub shared: bool,
    /// Whether readers keep their snapshot while the backfill commits: connections of their own,
    /// and a write-ahead log.
    pub undisturbed: bool,
    /// Whether the backfill and the live writer poll for the write lock, each on its own
    /// connection.
    pub competing: bool,
    /// One per strategy.
    pub strategies: Vec<StrategyResult>,
    /// One per built-in control, in a world of its own: compared with nothing.
    pub controls: Vec<StrategyResult>,
}

/// One strategy over all seeds.
#[derive(Clone, Debug)]
pub struct StrategyResult {
    /// Its name in the scenario.
    pub name: String,
    /// What it is in the comparison.
    pub role: Role,
    /// The oracle that is meant to catch it, where it is known to be wrong.
    pub meant_oracle: Option<&'static str>,
    /// One per seed, in the order of the run.
    pub cells: Vec<Cell>,
    /// Over all seeds.
    pub pooled: Pooled,
}

/// The figures of one strategy and seed.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The seed.
    pub seed: u64,
    /// SHA-256 over the event log, hex.
    pub digest: String,
    /// SHA-256 over the planned arrivals, hex.
    pub plan_hash: String,
    /// Whether every oracle passed.
    pub correct: bool,
    /// How the backfill ended.
    pub ending: Ending,
    /// From the start of the backfill to its end, nanoseconds; `None` unless it finished.
    pub duration_ns: Option<u64>,
    /// How long it ran, finished or not, nanoseconds.
    pub ran_ns: Option<u64>,
    /// Requests of the subject during the backfill; `None` without any, or when the cell is
    /// incorrect.
    pub backfill: Option<Stats>,
    /// The same window of the same seed without a backfill.
    pub no_backfill: Option<Stats>,
    /// p95 with the backfill divided by p95 without, same seed, same window.
    pub ratio: Option<f64>,
    /// The requests that the objective is not about.
    pub others: Paired,
    /// The p95 the hold log explains, nanoseconds; on one shared connection only.
    pub predicted_p95_ns: Option<u64>,
    /// Why the p95 is another than that; `None` where it is not.
    pub stall: Option<Stall>,
    /// All time the backfill held the connection that readers share, nanoseconds; `None` when
    /// they have their own, or it never did.
    pub held_ns: Option<u64>,
    /// The least duration that leaves the others their share of the connection, nanoseconds; on
    /// one shared connection and beside a single transaction only.
    pub floor_ns: Option<u64>,
    /// Duration divided by floor; of a correct cell only.
    pub duration_floor: Option<f64>,
    /// The longest it kept one without a gap, nanoseconds.
    pub longest_hold_ns: Option<u64>,
    /// Chunks it announced.
    pub chunks: u64,
    /// Counted work, by name.
    pub counters: BTreeMap<String, u64>,
    /// What must be true afterwards.
    pub oracles: Vec<Oracle>,
}

/// Latencies of the same planned requests, with a backfill and without.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// During the backfill; `None` without any, or when the cell is incorrect.
    pub backfill: Option<Stats>,
    /// The same window of the same seed without a backfill.
    pub no_backfill: Option<Stats>,
}

/// Figures over all seeds: geometric means, because ratios multiply, and worst cases. A mean is
/// `None` when any seed lacks the figure: a mean over the seeds that happened to finish would
/// flatter the strategy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pooled {
    /// Geometric mean, nanoseconds.
    pub duration_ns: Option<u64>,
    /// Geometric mean, nanoseconds.
    pub p50_ns: Option<u64>,
    /// Geometric mean, nanoseconds.
    pub p95_ns: Option<u64>,
    /// Geometric mean, nanoseconds.
    pub p99_ns: Option<u64>,
    /// The worst of all seeds, nanoseconds.
    pub max_ns: Option<u64>,
    /// The p95 of the worst seed, nanoseconds.
    pub worst_p95_ns: Option<u64>,
    /// Geometric mean.
    pub ratio: Option<f64>,
    /// Geometric mean of the p95 without a backfill, nanoseconds.
    pub no_backfill_p95_ns: Option<u64>,
    /// Geometric mean of the p95 of requests the objective is not about, nanoseconds.
    pub others_p95_ns: Option<u64>,
    /// Geometric mean, nanoseconds.
    pub predicted_p95_ns: Option<u64>,
    /// Geometric mean, nanoseconds.
    pub held_ns: Option<u64>,
    /// Geometric mean.
    pub duration_floor: Option<f64>,
    /// The longest of all seeds, nanoseconds.
    pub longest_hold_ns: Option<u64>,
    /// Requests of the subject in the window, all seeds.
    pub requests: u64,
    /// Those that failed or stayed unanswered, all seeds.
    pub failed: u64,
    /// The most chunks of any seed.
    pub chunks: u64,
}

impl Comparison {
    /// The figures of `run`.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let database = &run.scenario.model.database;
        let shared = database.connections == Connections::Shared;
        let subject = run.subject();
        let readers = subject == Subject::Readers;
        // The forecast knows readers in one queue, first come, first served.
        let in_order = shared && readers && database.hand_off == HandOff::Fifo;
        let strategy_kinds = &run.scenario.model.strategies;
        let strategies = run
            .strategies()
            .into_iter()
            .map(|name| {
                let outcomes: Vec<&Outcome> = run.outcomes_of(name).collect();
                let cells: Vec<Cell> = outcomes
                    .iter()
                    .map(|outcome| {
                        let beside = Beside {
                            counterfactual: run.counterfactual(outcome.seed),
                            work_ns: work_ns(run, outcome.seed),
                            subject,
                            shared,
                            in_order,
                        };
                        Cell::of(outcome, beside)
                    })
                    .collect();
                StrategyResult {
                    name: name.to_owned(),
                    role: outcomes.iter().find_map(|o| o.role).unwrap_or_default(),
                    meant_oracle: strategy_kinds.get(name).and_then(|s| s.kind.meant_oracle()),
                    pooled: Pooled::of(&cells),
                    cells,
                }
            })
            .collect();
        Self {
            subject,
            objective_ns: run.objective_ns(),
            one_wait_ns: run.one_wait_ns(),
            shared,
            undisturbed: !shared && readers && database.journal == Journal::Wal,
            competing: database.connections == Connections::Competing,
            strategies,
            controls: run.controls.iter().map(StrategyResult::control).collect(),
        }
    }

    /// What the candidates are compared with.
    #[must_use]
    pub fn baseline(&self) -> Option<&StrategyResult> {
        self.of_role(Role::Baseline).next()
    }

    /// The strategies of one role, in order.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &StrategyResult> {
        self.strategies
            .iter()
            .filter(move |strategy| strategy.role == role)
    }
}

impl StrategyResult {
    /// A built-in control.
    fn control(outcome: &Outcome) -> Self {
        let kinds = StrategyKind::CHEATS.into_iter();
        let mut own = kinds.filter(|kind| kind.name() == outcome.strategy);
        Self {
            name: outcome.strategy.clone(),
            role: Role::Control,
            meant_oracle: own.next().and_then(StrategyKind::meant_oracle),
            cells: vec![Cell::of(
                outcome,
                Beside {
                    counterfactual: None,
                    work_ns: None,
                    subject: Subject::Readers,
                    shared: false,
                    in_order: false,
                },
            )],
            pooled: Pooled::default(),
        }
    }

    /// Geometric mean over seeds of this strategy's `figure` divided by `other`'s, paired by seed.
    #[must_use]
    pub fn ratio_to(&self, other: &Self, figure: impl Fn(&Cell) -> Option<u64>) -> Option<f64> {
        let ratios = self.cells.iter().map(|cell| {
            let theirs = other.cells.iter().find(|theirs| theirs.seed == cell.seed)?;
            quotient(figure(cell)?, figure(theirs)?)
        });
        geometric(ratios)
    }
}

/// What a cell is measured against.
#[derive(Clone, Copy)]
struct Beside<'a> {
    /// The same seed without a backfill.
    counterfactual: Option<&'a Outcome>,
    /// The connection time the job takes as one statement, nanoseconds.
    work_ns: Option<u64>,
    /// Whose requests it is judged by.
    subject: Subject,
    /// Whether readers share the connection the backfill writes on.
    shared: bool,
    /// Whether that is handed over first come, first served.
    in_order: bool,
}

impl Beside<'_> {
    fn predicted_p95_ns(&self, outcome: &Outcome) -> Option<u64> {
        let counterfactual = self.counterfactual.filter(|_| self.in_order)?;
        forecast(outcome, counterfactual).map(|forecast| forecast.p95_ns)
    }

    fn stall(&self, outcome: &Outcome, predicted_ns: u64, p95_ns: u64) -> Option<Stall> {
        let counterfactual = self
            .counterfactual
            .filter(|_| forecast_is_off(predicted_ns, p95_ns))?;
        Stall::of(outcome, counterfactual, predicted_ns)
    }

    fn floor_ns(&self, outcome: &Outcome) -> Option<u64> {
        let (counterfactual, work_ns) = self.counterfactual.zip(self.work_ns)?;
        let rho = rho(counterfactual, outcome.backfill?)?;
        floor_ns(work_ns, rho).filter(|_| self.shared)
    }
}

impl Cell {
    fn of(outcome: &Outcome, beside: Beside<'_>) -> Self {
        let (counterfactual, subject) = (beside.counterfactual, beside.subject);
        let correct = outcome.correct();
        let judged = Paired::of(outcome, counterfactual, subject);
        let holds = excursions(outcome);
        let ran_ns = outcome.backfill.map(|window| window.duration_ns());
        let duration_ns = ran_ns.filter(|_| outcome.ending == Ending::Done);
        let floor_ns = beside.floor_ns(outcome);
        let predicted_p95_ns = beside.predicted_p95_ns(outcome).filter(|_| correct);
        let stall = predicted_p95_ns
            .zip(judged.backfill)
            .and_then(|(predicted_ns, reads)| beside.stall(outcome, predicted_ns, reads.p95_ns));
        Self {
            seed: outcome.seed,
            digest: outcome.digest.clone(),
            plan_hash: outcome.plan_hash.clone(),
            correct,
            ending: outcome.ending.clone(),
            duration_ns,
            ran_ns,
            backfill: judged.backfill,
            no_backfill: judged.no_backfill,
            ratio: judged.ratio(),
            others: Paired::of(outcome, counterfactual, subject.others()),
            predicted_p95_ns,
            stall,
            held_ns: held_ns(outcome).filter(|_| beside.shared),
            floor_ns,
            duration_floor: duration_ns
                .zip(floor_ns)
                .filter(|_| correct)
                .and_then(|(duration_ns, floor_ns)| quotient(duration_ns, floor_ns)),
            longest_hold_ns: holds.iter().map(|hold| hold.held_ns).max(),
            chunks: outcome.chunks.len() as u64,
            counters: outcome.counters.clone(),
            oracles: outcome.oracles.clone(),
        }
    }
}

impl Paired {
    fn of(outcome: &Outcome, counterfactual: Option<&Outcome>, subject: Subject) -> Self {
        let stats = |from: Option<&Outcome>| {
            let window = outcome.backfill?;
            requests_in(&from?.requests, subject, window).stats()
        };
        Self {
            backfill: stats(Some(outcome)).filter(|_| outcome.correct()),
            no_backfill: stats(counterfactual),
        }
    }

    /// p95 with the backfill divided by p95 without.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        let (with, without) = self.backfill.zip(self.no_backfill)?;
        quotient(with.p95_ns, without.p95_ns)
    }
}

impl Pooled {
    fn of(cells: &[Cell]) -> Self {
        let stat = |figure: fn(&Stats) -> u64| {
            geometric_ns(cells.iter().map(|cell| cell.backfill.as_ref().map(figure)))
        };
        // Without the figure of every seed there is no worst seed either.
        let worst = |figure: fn(&Stats) -> u64| {
            let all: Option<Vec<u64>> = cells
                .iter()
                .map(|cell| cell.backfill.as_ref().map(figure))
                .collect();
            all?.into_iter().max()
        };
        let sum = |figure: fn(&Stats) -> u64| {
            cells
                .iter()
                .filter_map(|cell| cell.backfill.as_ref().map(figure))
                .sum()
        };
        Self {
            duration_ns: geometric_ns(cells.iter().map(|cell| cell.duration_ns)),
            p50_ns: stat(|stats| stats.p50_ns),
            p95_ns: stat(|stats| stats.p95_ns),
            p99_ns: stat(|stats| stats.p99_ns),
            max_ns: worst(|stats| stats.max_ns),
            worst_p95_ns: worst(|stats| stats.p95_ns),
            ratio: geometric(cells.iter().map(|cell| cell.ratio)),
            no_backfill_p95_ns: geometric_ns(
                cells
                    .iter()
                    .map(|cell| cell.no_backfill.map(|stats| stats.p95_ns)),
            ),
            others_p95_ns: geometric_ns(
                cells
                    .iter()
                    .map(|cell| cell.others.backfill.map(|stats| stats.p95_ns)),
            ),
            predicted_p95_ns: geometric_ns(cells.iter().map(|cell| cell.predicted_p95_ns)),
            held_ns: geometric_ns(cells.iter().map(|cell| cell.held_ns)),
            duration_floor: geometric(cells.iter().map(|cell| cell.duration_floor)),
            longest_hold_ns: cells.iter().filter_map(|cell| cell.longest_hold_ns).max(),
            requests: sum(|stats| stats.count),
            failed: sum(|stats| stats.failed),
            chunks: cells.iter().map(|cell| cell.chunks).max().unwrap_or(0),
        }
    }
}

#[cfg(test)]
#[path = "comparison_tests.rs"]
mod tests;
