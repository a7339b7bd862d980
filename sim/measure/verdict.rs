//! The answer of a run in a word, in a sentence, and what to do now.
//!
//! Nothing is recommended that was not measured without saying that it has to be measured.

use super::comparison::{Comparison, StrategyResult};
use super::controls::Controls;
use super::run::Run;
use super::standing::{Effect, Standing, Suffices};
use super::subject::Subject;
use super::unit::{duration, exact, factor};
use crate::scenario::Role;

/// The answer of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Some strategy meets the objective, all data is right, every control was caught.
    Pass,
    /// All data is right and every control was caught, but no strategy meets the objective.
    ObjectiveMissed,
    /// A control passed as genuine.
    Fail,
    /// An oracle found wrong data after a strategy that was not meant to be wrong.
    Incorrect,
    /// A strategy failed, or was still running at the horizon.
    Unfinished,
    /// There is nothing to judge.
    NoData,
    /// Not every cell was run.
    Incomplete,
}

impl Verdict {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::ObjectiveMissed => "objective-missed",
            Self::Fail => "fail",
            Self::Incorrect => "incorrect",
            Self::Unfinished => "unfinished",
            Self::NoData => "no-data",
            Self::Incomplete => "incomplete",
        }
    }
}

pub(super) fn verdict(
    run: &Run,
    comparison: &Comparison,
    standings: &[(Standing, Option<Effect>)],
) -> Verdict {
    let any =
        |wanted: fn(&Standing) -> bool| standings.iter().any(|(standing, _)| wanted(standing));
    if !run.complete {
        Verdict::Incomplete
    } else if any(|standing| matches!(standing, Standing::Incorrect { .. })) {
        Verdict::Incorrect
    } else if Controls::of(comparison).slipped().is_some() || !all_built_in_caught(comparison) {
        Verdict::Fail
    } else if any(|standing| matches!(standing, Standing::Unfinished { .. })) {
        Verdict::Unfinished
    } else if comparison.strategies.is_empty() || any(|standing| *standing == Standing::NoData) {
        Verdict::NoData
    } else if any(|standing| matches!(standing, Standing::Meets { .. })) {
        Verdict::Pass
    } else {
        Verdict::ObjectiveMissed
    }
}

/// The world of a built-in control leaves it no excuse: it is caught, or the run proves nothing.
fn all_built_in_caught(comparison: &Comparison) -> bool {
    let mut controls = comparison.controls.iter();
    controls.all(|control| {
        let standing = Standing::of(control, comparison.objective_ns);
        matches!(standing, Standing::Caught { .. })
    })
}

pub(super) fn headline(
    verdict: Verdict,
    comparison: &Comparison,
    standings: &[(Standing, Option<Effect>)],
) -> String {
    let objective = exact(comparison.objective_ns);
    let subject = comparison.subject;
    let named = |wanted: fn(&Standing) -> bool| {
        let mut all = comparison.strategies.iter().zip(standings);
        all.find(|(_, (standing, _))| wanted(standing))
            .map(|(strategy, _)| strategy.name.as_str())
    };
    match verdict {
        Verdict::Incomplete => "The run was interrupted: what is here is not judged.".to_owned(),
        Verdict::Incorrect => format!(
            "{} leaves wrong data behind.",
            named(|standing| matches!(standing, Standing::Incorrect { .. }))
                .unwrap_or("A strategy")
        ),
        Verdict::Unfinished => format!(
            "{} did not finish.",
            named(|standing| matches!(standing, Standing::Unfinished { .. }))
                .unwrap_or("A strategy")
        ),
        Verdict::NoData => format!(
            "There is nothing to judge: no {} fell into the window.",
            subject.request()
        ),
        Verdict::ObjectiveMissed => {
            format!(
                "No strategy keeps {} within {objective} at p95.",
                subject.all()
            )
        }
        Verdict::Fail => match Controls::of(comparison).slipped() {
            Some((name, Standing::Mistaken { meant, .. })) => format!(
                "The control {name} was not caught by {meant}, its own oracle: this run proves nothing."
            ),
            Some((name, _)) => {
                format!("The control {name} passed as genuine: this run proves nothing.")
            }
            None => "A control was not caught: this run proves nothing.".to_owned(),
        },
        Verdict::Pass => {
            let meets = |standing: &Standing| matches!(standing, Standing::Meets { .. });
            let meeting = standings
                .iter()
                .filter(|(standing, _)| meets(standing))
                .count();
            let judged = comparison
                .strategies
                .iter()
                .filter(|s| s.role != Role::Control)
                .count();
            let keep = if meeting == 1 { "keeps" } else { "keep" };
            let all = subject.all();
            format!("{meeting} of {judged} strategies {keep} {all} within {objective} at p95.")
        }
    }
}

pub(super) fn next(run: &Run, verdict: Verdict, comparison: &Comparison) -> String {
    match verdict {
        Verdict::Incomplete => "Run it again to the end.".to_owned(),
        Verdict::Incorrect => "Repair the strategy; its speed does not matter before.".to_owned(),
        Verdict::Unfinished => "See the findings for what stopped it; where it was only too slow, \
             raise phases.horizon_s."
            .to_owned(),
        Verdict::NoData => format!(
            "Raise {} or make the backfill longer.",
            match (comparison.subject, &run.scenario.file) {
                (Subject::Readers, None) => "load.reads_per_s",
                (Subject::Writers, None) => "load.observations_per_s",
                (Subject::Readers, Some(_)) => "rate_per_s of a [[readers.query]]",
                (Subject::Writers, Some(_)) => "rate_per_s of a [[writers.statement]]",
            }
        ),
        Verdict::Pass | Verdict::ObjectiveMissed | Verdict::Fail => {
            if verdict == Verdict::Fail {
                return "Teach the oracles to see what the control does; believe no other figure before.".to_owned();
            }
            let missed = verdict == Verdict::ObjectiveMissed;
            if let Some(next) = elsewhere(comparison).filter(|_| missed) {
                return next;
            }
            if let Some(next) = baseline_next(comparison) {
                return next;
            }
            if let Some(best) = comparison
                .recommended()
                .filter(|_| verdict == Verdict::Pass)
            {
                return format!(
                    "Ship {}: the quickest candidate that meets the objective.",
                    best.name
                );
            }
            comparison.closest().map_or_else(
                || "Look at the findings.".to_owned(),
                |closest| closest_next(closest, comparison),
            )
        }
    }
}

/// When the baseline is good enough; a gentler candidate is named for those who disagree.
fn baseline_next(comparison: &Comparison) -> Option<String> {
    let base = comparison.baseline()?;
    let name = &base.name;
    let why = Suffices::of(base, comparison.objective_ns, comparison.one_wait_ns)?;
    let worst = base.pooled.max_ns.map(duration);
    Some(match (why, comparison.recommended(), worst) {
        (Suffices::Short, Some(best), Some(worst)) => format!(
            "Ship {name} at a quiet moment; only where {worst} once is too long, ship {}.",
            best.name
        ),
        (Suffices::Short, None, Some(worst)) => format!(
            "Ship {name} at a quiet moment; where {worst} once is too long, none of these will do."
        ),
        _ => format!("Ship {name}: chunks would solve a problem this database does not have."),
    })
}

/// When the objective is missed without any backfill too, no way to do one can meet it.
fn elsewhere(comparison: &Comparison) -> Option<String> {
    let judged = comparison.strategies.iter();
    let quiet = judged.map(|strategy| strategy.pooled.no_backfill_p95_ns);
    let least_ns = quiet.collect::<Option<Vec<u64>>>()?.into_iter().min()?;
    (least_ns > comparison.objective_ns).then(|| {
        format!(
            "Look elsewhere: {} wait {} at p95 without any backfill, more than the objective of {}.",
            comparison.subject.all(),
            duration(least_ns),
            exact(comparison.objective_ns)
        )
    })
}

/// A wait is at most about one hold, so a hold above the objective tells how far chunks are off.
fn closest_next(closest: &StrategyResult, comparison: &Comparison) -> String {
    let objective_ns = comparison.objective_ns.max(1);
    let name = &closest.name;
    match closest.pooled.longest_hold_ns {
        Some(hold_ns) if hold_ns > objective_ns && comparison.shared => format!(
            "Do not ship any of them. {name} is closest; its longest hold is {}, {} the objective. \
             Try chunks that much smaller, or give readers connections of their own, and measure again.",
            duration(hold_ns),
            factor(hold_ns as f64 / objective_ns as f64)
        ),
        _ => format!(
            "Do not ship any of them. {name} is closest; its timeline shows when {} wait.",
            comparison.subject.all()
        ),
    }
}
