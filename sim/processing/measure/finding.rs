//! The verdict of a run and the reasons for it, in sentences made from figures only.
//!
//! What is the same for every family is in [`crate::sheet`]; this file chooses the words that need
//! the figures of this one.

use super::{Comparison, Pooled, StrategyResult};
use crate::measure::unit::{bytes, count, duration, factor, percent};
use crate::measure::{Finding, Tone};
use crate::processing::Run;
use crate::scenario::Role;
use crate::sheet::{Docket, Judgement, few_reads, finding};

/// Within this of 1, two are as quick as each other: a write more or less shifts an end by as much.
const LIKE: f64 = 0.005;

/// Judges `comparison`, the figures of `run`.
pub(super) fn judge(run: &Run, comparison: &Comparison) -> Judgement {
    let docket = comparison.docket();
    let mut findings = Vec::new();
    for candidate in comparison.of_role(Role::Candidate) {
        findings.extend(docket.missed(&candidate.name));
        findings.extend(quicker(comparison, candidate));
        findings.extend(memory(candidate));
    }
    findings.extend(others_over(comparison));
    findings.extend(stalled(comparison));
    findings.extend(recovered(comparison));
    findings.extend(reread(comparison));
    findings.extend(repeated(comparison));
    findings.extend(refused(comparison));
    findings.extend(docket.blind());
    let cells = comparison.genuine().flat_map(|result| &result.cells);
    findings.extend(few_reads(
        cells.filter_map(|(cell, _)| cell.figures.as_ref()?.readers.backfill),
    ));
    findings.extend(run.unpaired());
    Judgement::of(&docket, || answer(comparison, &docket), findings)
}

/// Headline and next action of a run that is right throughout.
fn answer(comparison: &Comparison, docket: &Docket<'_>) -> (String, String) {
    let quickest = |role: Role| {
        let all = comparison.of_role(role);
        let timed = all.filter_map(|one| Some((one, one.pooled.as_ref()?.makespan_ns?)));
        timed.min_by_key(|(_, ns)| *ns).map(|(one, _)| one)
    };
    if let Some((name, miss)) = docket.worst_miss() {
        return (
            format!("{name} misses the objective: {}.", miss.phrase),
            format!("See the pictures of {name} for where its time goes."),
        );
    }
    let Some(best) = quickest(Role::Candidate) else {
        return (
            "All data is right.".to_owned(),
            "Look at the findings.".to_owned(),
        );
    };
    let candidates: Vec<&str> = docket.candidates().map(|case| case.name).collect();
    let meets = match candidates.as_slice() {
        [one] => format!("{one} meets the objective"),
        many => format!("All {} candidates meet the objective", many.len()),
    };
    let figures = best.pooled.as_ref().map_or_else(String::new, figures);
    let of_whom = if candidates.len() > 1 {
        format!("the quickest, {}, ", best.name)
    } else {
        String::new()
    };
    let next = match quickest(Role::Baseline) {
        Some(other)
            if best
                .quicker_than(other)
                .is_some_and(|times| times < 1.0 - LIKE) =>
        {
            format!(
                "Take {}; {} is quicker, and nothing is asked of it: see what it holds.",
                best.name, other.name
            )
        }
        _ => format!("Take {}.", best.name),
    };
    (format!("{meets}: {of_whom}{figures}."), next)
}

/// What the objective is about, as far as there are figures.
fn figures(pooled: &Pooled) -> String {
    let times = |times: Option<f64>, before: &str, after: &str| {
        times.map(|times| format!("{before}{}{after}", factor(times)))
    };
    let rate = pooled.items_per_s;
    let parts = [
        rate.map(|rate| format!("{} items/s", count(libm::round(rate) as u64))),
        times(pooled.times_synchronous, "", " synchronous"),
        times(pooled.times_wipe, "", " wipe"),
        times(pooled.reread_of_wipe, "rows read again ", " wipe"),
        times(
            pooled.recovery_times,
            "caught up in ",
            " the time of the writing",
        ),
        times(
            pooled.reader_ratio,
            "the readers' p95 ",
            " what it is without",
        ),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

/// A candidate beside every other strategy, seed by seed.
fn quicker(comparison: &Comparison, candidate: &StrategyResult) -> Option<Finding> {
    let pooled = candidate.pooled.as_ref()?;
    let name = &candidate.name;
    let others = comparison.genuine().filter(|one| one.name != *name);
    let compared: Vec<(&str, f64)> = others
        .filter_map(|one| Some((one.name.as_str(), candidate.quicker_than(one)?)))
        .collect();
    let rate = count(libm::round(pooled.items_per_s?) as u64);
    let took = duration(pooled.makespan_ns?);
    let parts = compared
        .iter()
        .map(|(other, times)| format!("{} {other}", factor(*times)));
    let parts: Vec<String> = parts.collect();
    let beside = if parts.is_empty() {
        String::new()
    } else {
        format!(": {}", parts.join(", "))
    };
    let slower = compared.iter().any(|(_, times)| *times < 1.0 - LIKE);
    let tone = if slower { Tone::Note } else { Tone::Good };
    let sentence = format!("{name} takes {took}, {rate} items/s{beside}.");
    Some(finding(tone, name, sentence))
}

/// What a candidate held, and how far above what it may.
fn memory(result: &StrategyResult) -> Option<Finding> {
    let (name, pooled) = (&result.name, result.pooled.as_ref()?);
    let (objects, size) = (count(pooled.objects?), bytes(pooled.bytes?));
    let known = pooled.objects_over.or(pooled.bytes_over).is_some();
    let (tone, end) = match over(pooled) {
        None if known => (Tone::Good, ": within the budget and one batch".to_owned()),
        None => (Tone::Note, String::new()),
        Some(over) => {
            let promised = result.keeps_budget();
            let tone = if promised { Tone::Bad } else { Tone::Note };
            (tone, format!(": {over} above the budget and one batch"))
        }
    };
    let sentence = format!("{name} holds up to {objects} objects, {size}{end}.");
    Some(finding(tone, name, sentence))
}

/// How far above its budget and one batch it was; `None` when it never was.
fn over(pooled: &Pooled) -> Option<String> {
    let some = |over: Option<u64>| over.filter(|over| *over > 0);
    let parts = [
        some(pooled.objects_over).map(|over| format!("{} objects", count(over))),
        some(pooled.bytes_over).map(bytes),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

fn others_over(comparison: &Comparison) -> Option<Finding> {
    let others = comparison.of_role(Role::Baseline);
    remark("Held above the budget and one batch", others, over)
}

fn stalled(comparison: &Comparison) -> Option<Finding> {
    let what = "Of its time, no batch could begin for want of room";
    remark(what, comparison.genuine(), |pooled| {
        let share = pooled.stalled_share.filter(|share| *share > 0.0)?;
        let longest = duration(pooled.stalled_longest_ns);
        Some(format!("{}, {longest} at once", percent(share)))
    })
}

fn recovered(comparison: &Comparison) -> Option<Finding> {
    let what = "From the end of the outage until its backlog was written";
    remark(what, comparison.genuine(), |pooled| {
        let (took, times) = (
            duration(pooled.recovery_ns?),
            factor(pooled.recovery_times?),
        );
        Some(format!("{took}, {times} what the writing takes"))
    })
}

fn reread(comparison: &Comparison) -> Option<Finding> {
    let some = |value: u64| Some(value).filter(|value| *value > 0);
    remark("Read or called for again", comparison.genuine(), |pooled| {
        let parts = [
            some(pooled.reloads).map(|rows| format!("{} rows", count(rows))),
            some(pooled.effect.recalls).map(|calls| format!("{} calls", count(calls))),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" and "))
    })
}

fn repeated(comparison: &Comparison) -> Option<Finding> {
    remark(
        "Processed again after a crash",
        comparison.genuine(),
        |pooled| {
            let items = Some(pooled.repeated).filter(|items| *items > 0)?;
            let most = count(pooled.repeated_most);
            Some(format!("{} items, {most} at once", count(items)))
        },
    )
}

fn refused(comparison: &Comparison) -> Option<Finding> {
    remark(
        "Refused by their table and set aside",
        comparison.genuine(),
        |pooled| {
            let rows = Some(pooled.refused).filter(|rows| *rows > 0)?;
            Some(format!("{} rows", count(rows)))
        },
    )
}

/// One remark for all strategies there is something to say of.
fn remark<'a>(
    what: &str,
    results: impl Iterator<Item = &'a StrategyResult>,
    said: impl Fn(&Pooled) -> Option<String>,
) -> Option<Finding> {
    let parts =
        results.filter_map(|one| Some(format!("{} {}", one.name, said(one.pooled.as_ref()?)?)));
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| Finding {
        tone: Tone::Note,
        strategy: None,
        sentence: format!("{what}: {}.", parts.join("; ")),
    })
}

#[cfg(test)]
#[path = "finding_tests.rs"]
mod tests;
