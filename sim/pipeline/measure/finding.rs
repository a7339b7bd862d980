//! The verdict of a run and the reasons for it, in sentences made from figures only.
//!
//! What is the same for every family is in [`crate::sheet`]; this file chooses the words that need
//! the figures of this one.

use super::{Comparison, Pooled, StrategyResult};
use crate::measure::unit::{bytes, count, duration, factor};
use crate::measure::{Finding, Tone};
use crate::pipeline::{Outcome, Run, counter};
use crate::scenario::Role;
use crate::sheet::{Docket, Judgement, finding};

/// Of fewer the p95 by nearest rank is the slowest: a part so short says nothing of its readers.
const FEWEST_READS: u64 = 21;

/// Judges `comparison`, the figures of `run`.
pub(super) fn judge(run: &Run, comparison: &Comparison) -> Judgement {
    let docket = comparison.docket();
    let mut findings = Vec::new();
    for result in comparison.genuine() {
        findings.extend(docket.missed(&result.name));
        let Some(pooled) = &result.pooled else {
            continue;
        };
        findings.extend(took(result, pooled));
        findings.extend(waits(result, pooled));
        findings.extend(held(result, pooled));
        findings.extend(unwritten(result, pooled));
    }
    findings.extend(docket.blind());
    findings.extend(run.unpaired());
    let mut judgement = Judgement::of(&docket, || answer(comparison, &docket), findings);
    judgement.trust.push(told(run));
    judgement
}

/// Headline and next action of a run that is right throughout.
fn answer(comparison: &Comparison, docket: &Docket<'_>) -> (String, String) {
    if let Some((name, miss)) = docket.worst_miss() {
        return (
            format!("{name} misses the objective: {}.", miss.phrase),
            format!("See the picture of {name} for where its time goes."),
        );
    }
    let timed = comparison
        .of_role(Role::Candidate)
        .filter_map(|one| Some((one, one.pooled.as_ref()?.makespan_ns?)));
    let Some((best, ns)) = timed.min_by_key(|(_, ns)| *ns) else {
        return (
            "All data is right.".to_owned(),
            "Look at the findings.".to_owned(),
        );
    };
    let times = best.pooled.as_ref();
    let times = times.and_then(|pooled| pooled.times_one_after_another);
    let quicker = times.map_or_else(String::new, |times| {
        format!(", {} as quick as one stage after the other", factor(times))
    });
    (
        format!(
            "Every strategy leaves the rows of the reference; {} takes {}{quicker}.",
            best.name,
            duration(ns)
        ),
        format!("Take {}.", best.name),
    )
}

/// How long it took, part by part.
fn took(result: &StrategyResult, pooled: &Pooled) -> Option<Finding> {
    let (_, parts) = pooled.spells.split_first()?;
    let parts = parts
        .iter()
        .filter_map(|spell| Some(format!("{} {}", spell.name, duration(spell.duration_ns?))));
    let parts: Vec<String> = parts.collect();
    let all = duration(pooled.makespan_ns?);
    let sentence = format!("{} takes {all}: {}.", result.name, parts.join(", "));
    Some(finding(Tone::Note, &result.name, sentence))
}

/// In which part readers and writers wait the longest.
fn waits(result: &StrategyResult, pooled: &Pooled) -> Option<Finding> {
    let (_, parts) = pooled.spells.split_first()?;
    let slowest = parts
        .iter()
        .filter(|one| one.reads >= FEWEST_READS)
        .filter_map(|one| Some((one, one.reader_p95_ns?)));
    let (spell, p95_ns) = slowest.max_by_key(|(_, ns)| *ns)?;
    let ratio = spell.reader_ratio.map_or_else(String::new, |ratio| {
        format!(", {} what they wait without", factor(ratio))
    });
    let writers = parts
        .iter()
        .filter_map(|one| Some((one, one.writer_p95_ns?)));
    let writers = writers.max_by_key(|(_, ns)| *ns);
    let writers = writers.map_or_else(String::new, |(spell, ns)| {
        format!("; writers {} while {}", duration(ns), spell.name)
    });
    let sentence = format!(
        "With {} readers wait {} at p95 while {}{ratio}{writers}.",
        result.name,
        duration(p95_ns),
        spell.name
    );
    Some(finding(Tone::Note, &result.name, sentence))
}

/// What processing held, and how often stages were started again.
fn held(result: &StrategyResult, pooled: &Pooled) -> Option<Finding> {
    let restarts = match pooled.restarts {
        0 => String::new(),
        times => format!(
            "; stages failed and were started again {} times",
            count(times)
        ),
    };
    let sentence = format!(
        "With {} processing holds up to {} objects, {}{restarts}.",
        result.name,
        count(pooled.objects_most?),
        bytes(pooled.bytes_most?)
    );
    Some(finding(Tone::Note, &result.name, sentence))
}

/// A time in which nobody added anything is no proof that it can be.
fn unwritten(result: &StrategyResult, pooled: &Pooled) -> Option<Finding> {
    let share = pooled.unwritten_ns as f64 / pooled.makespan_ns?.max(1) as f64;
    let sentence = format!(
        "All live inserts were made {} before {} ended: raise `load.inserts_for_s`.",
        duration(pooled.unwritten_ns),
        result.name
    );
    // The last one may be some seconds before the end of all.
    (share > 0.05).then(|| finding(Tone::Note, &result.name, sentence))
}

/// How many answers the operator had; the oracle has looked at each.
fn told(run: &Run) -> String {
    let sum = |name: &str| -> u64 {
        let counted = |outcome: &Outcome| outcome.counters.get(name).copied();
        run.outcomes.iter().filter_map(counted).sum()
    };
    format!(
        "operator: {} answers on three stages, {} polls unanswered",
        count(sum(counter::POLLS)),
        count(sum(counter::UNANSWERED))
    )
}
