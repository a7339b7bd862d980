//! The verdict of a run and the reasons for it, in sentences made from figures only.
//!
//! What is the same for every family is in [`crate::sheet`]; this file chooses the words that need
//! the figures of this one.

use super::{Comparison, Pooled, StrategyResult};
use crate::measure::unit::{bytes, count, duration, factor, fine_factor, percent};
use crate::measure::{Finding, Quantile, Tone};
use crate::scenario::Role;
use crate::sheet::{Docket, Judgement, finding};
use crate::stash::Run;

/// Judges `comparison`, the figures of `run`.
pub(super) fn judge(run: &Run, comparison: &Comparison) -> Judgement {
    let docket = comparison.docket();
    let mut findings = Vec::new();
    for candidate in comparison.of_role(Role::Candidate) {
        findings.extend(docket.missed(&candidate.name));
        findings.extend(served(candidate));
    }
    findings.extend(expected(comparison));
    for result in comparison.of_role(Role::Baseline) {
        findings.extend(passed(result));
    }
    findings.extend(docket.blind());
    findings.extend(run.unpaired());
    Judgement::of(&docket, || answer(comparison, &docket), findings)
}

/// Headline and next action of a run that is right throughout.
fn answer(comparison: &Comparison, docket: &Docket<'_>) -> (String, String) {
    if let Some((name, miss)) = docket.worst_miss() {
        return (
            format!("{name} misses the objective: {}.", miss.phrase),
            format!("See the pictures of {name} for what held the room meanwhile."),
        );
    }
    let mut candidates = comparison.of_role(Role::Candidate);
    let asked = |one: &&StrategyResult| one.cells.iter().any(|(cell, _)| cell.about.asked);
    let first = candidates.find(asked);
    let Some((one, pooled)) = first.and_then(|one| Some((one, one.pooled.as_ref()?))) else {
        return (
            "Everything came to its end.".to_owned(),
            "Look at the findings.".to_owned(),
        );
    };
    let figures = match pooled.fallbacks_of_immediate() {
        Some(times) => format!("{} the fallbacks of immediate", fine_factor(times)),
        None => format!("{} fallbacks", count(pooled.counted.fallbacks)),
    };
    (
        format!(
            "{} meets what is asked of it: {figures}{}.",
            one.name,
            waits(pooled)
        ),
        format!("Take {}.", one.strategy),
    )
}

/// As in `, of those in line 95 % waited 60 ms at the most`.
fn waits(pooled: &Pooled) -> String {
    let p95 = pooled.waits.at(Quantile::P95);
    p95.map_or_else(String::new, |ns| {
        format!(
            ", of those in line 95 % waited {} at the most",
            duration(ns)
        )
    })
}

/// What a candidate did with what it was given.
fn served(result: &StrategyResult) -> Option<Finding> {
    let (name, pooled) = (&result.name, result.pooled.as_ref()?);
    let counted = pooled.counted;
    let share = percent(pooled.fallback_share()?);
    let beside = pooled
        .fallbacks_of_immediate()
        .map_or_else(String::new, |times| {
            let worst = pooled.worst_of_immediate.unwrap_or(times);
            format!(
                ", {} those of immediate, {} with the worst seed",
                fine_factor(times),
                fine_factor(worst)
            )
        });
    let line = match pooled.waited_share() {
        Some(share) if counted.waited > 0 => {
            format!("{} were in line{}", percent(share), waits(pooled))
        }
        _ => "nobody was in line".to_owned(),
    };
    let order = match counted.inversions {
        0 => "nobody was passed".to_owned(),
        some => format!(
            "{} were stored before somebody who had come before",
            count(some)
        ),
    };
    let whole = pooled.whole_p95_of_immediate();
    let whole = whole.map_or_else(String::new, |times| {
        format!(
            " A whole request takes {} of immediate at the 95th percentile.",
            factor(times)
        )
    });
    let sentence = format!(
        "{name}: of {} results {} ({share}) found no room{beside}; {line}; {order}. At the most {} \
         were held and waiting, of {}.{whole}",
        count(counted.puts),
        count(counted.fallbacks),
        bytes(pooled.with_waiting_most_bytes),
        bytes(pooled.limit_bytes)
    );
    Some(finding(Tone::Good, name, sentence))
}

/// Whom a baseline passed over.
fn passed(result: &StrategyResult) -> Option<Finding> {
    let (name, pooled) = (&result.name, result.pooled.as_ref()?);
    let counted = pooled.counted;
    if counted.inversions == 0 {
        return None;
    }
    let sentence = format!(
        "{name} stored {} results before others who had come before; {} of these then waited in \
         vain.",
        count(counted.inversions),
        count(counted.starved)
    );
    Some(finding(Tone::Note, name, sentence))
}

/// What single puts came to, where the scenario expects something of them.
fn expected(comparison: &Comparison) -> Vec<Finding> {
    let of = |result: &StrategyResult| {
        let (cell, _) = result.cells.first()?;
        let mut all = cell.oracles.iter();
        let oracle = all.find(|one| one.name == crate::stash::oracle_names::EXPECTATIONS)?;
        let name = &result.name;
        let sentence = format!("With {name}: {}.", oracle.detail);
        let tone = if oracle.passed { Tone::Good } else { Tone::Bad };
        Some(finding(tone, name, sentence))
    };
    comparison.genuine().filter_map(of).collect()
}
