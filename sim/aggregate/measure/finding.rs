//! The verdict of a run and the reasons for it, in sentences made from figures only.
//!
//! What is the same for every family is in [`crate::sheet`]; this file chooses the words that need
//! the figures of this one. Sentences are about a strategy with all of its workloads.

use indexmap::IndexMap;

use super::{Comparison, Pooled, StrategyResult};
use crate::aggregate::{Outcome, Run, counter};
use crate::measure::unit::{bytes, count, duration, factor};
use crate::measure::{Finding, Tone};
use crate::scenario::Role;
use crate::sheet::{Docket, Judgement, few_reads, finding};

/// What a transaction of the platform of the original may read and write, bytes.
pub(crate) const PLATFORM_BYTES: u64 = 16_000_000;

/// A strategy with its figures, workload by workload.
type Group<'a> = Vec<(&'a StrategyResult, &'a Pooled)>;

/// Judges `comparison`, the figures of `run`.
pub(super) fn judge(run: &Run, comparison: &Comparison) -> Judgement {
    let docket = comparison.docket();
    let mut findings = Vec::new();
    for result in comparison.of_role(Role::Candidate) {
        findings.extend(docket.missed(&result.name));
    }
    let groups = groups(comparison);
    for (name, group) in &groups {
        findings.push(counted(name, group));
    }
    for (name, group) in &groups {
        findings.extend(moved(name, group));
        findings.extend(waits(name, group));
    }
    findings.extend(set_aside(&groups));
    let cells = comparison.genuine().flat_map(|result| &result.cells);
    findings.extend(few_reads(
        cells.filter_map(|(cell, _)| cell.figures.as_ref()?.readers.backfill),
    ));
    findings.extend(docket.blind());
    findings.extend(run.unpaired());
    let mut judgement = Judgement::of(&docket, || answer(comparison, &docket), findings);
    judgement.trust.push(given(run));
    judgement
}

/// Every strategy that is no control, candidates first, as far as it has figures.
fn groups(comparison: &Comparison) -> IndexMap<&str, Group<'_>> {
    let mut groups: IndexMap<&str, Group<'_>> = IndexMap::new();
    let of_role = |role| comparison.of_role(role);
    for result in of_role(Role::Candidate).chain(of_role(Role::Baseline)) {
        if let Some(pooled) = &result.pooled {
            let group = groups.entry(&result.strategy).or_default();
            group.push((result, pooled));
        }
    }
    groups
}

/// Headline and next action of a run that is right throughout.
fn answer(comparison: &Comparison, docket: &Docket<'_>) -> (String, String) {
    if let Some((name, miss)) = docket.worst_miss() {
        return (
            format!("{name} misses the objective: {}.", miss.phrase),
            format!("See the picture of {name} for where its time goes."),
        );
    }
    let groups = groups(comparison);
    let right = comparison.of_role(Role::Candidate).next();
    let Some(name) = right.map(|one| one.strategy.as_str()) else {
        return (
            "All data is right.".to_owned(),
            "Look at the findings.".to_owned(),
        );
    };
    let wrong = groups.values().flatten();
    let wrong = wrong.filter(|(_, pooled)| pooled.counts.sessions.off() > 0);
    let worst = wrong.max_by_key(|(_, pooled)| pooled.counts.sessions.off());
    let beside = worst.map_or_else(String::new, |(result, pooled)| {
        let sessions = pooled.counts.sessions;
        format!(
            "; {} counts {} sessions where there are {}",
            result.name,
            count(sessions.counted),
            count(sessions.direct)
        )
    });
    let workloads = comparison.of_role(Role::Candidate).count();
    let all = match workloads {
        1 => String::new(),
        many => format!(" in all {many} cells"),
    };
    (
        format!("{name} counts every view, page and session once{all}{beside}."),
        format!("Take {name}."),
    )
}

/// How far its counts are off.
fn counted(name: &str, group: &Group<'_>) -> Finding {
    let off: Vec<String> = group
        .iter()
        .filter(|(_, pooled)| pooled.counts.is_off())
        .map(|(result, pooled)| {
            let sessions = pooled.counts.sessions;
            let ratio = sessions.ratio().map_or_else(String::new, factor);
            format!(
                "{} sessions where there are {} ({}, {ratio})",
                count(sessions.counted),
                count(sessions.direct),
                result.workload
            )
        })
        .collect();
    if off.is_empty() {
        let sessions = group
            .iter()
            .map(|(_, pooled)| pooled.counts.sessions.direct);
        let sessions: Vec<String> = sessions.map(count).collect();
        let sentence = format!(
            "{name} counts every view, page and session once: {} sessions.",
            sessions.join(", ")
        );
        return finding(Tone::Good, name, sentence);
    }
    let right: Vec<&str> = group
        .iter()
        .filter(|(_, pooled)| !pooled.counts.is_off())
        .map(|(result, _)| result.workload.as_str())
        .collect();
    let right = if right.is_empty() {
        String::new()
    } else {
        format!("; right with {}", right.join(", "))
    };
    let sentence = format!("{name} counts {}{right}.", off.join(", "));
    finding(Tone::Bad, name, sentence)
}

/// What it moves in a transaction, and hands from one to the next.
fn moved(name: &str, group: &Group<'_>) -> Option<Finding> {
    let all = group.iter();
    let largest = all.filter_map(|(result, one)| Some((result, one.transaction_bytes?, one)));
    let (result, most, pooled) = largest.max_by_key(|(_, most, _)| *most)?;
    let over = if most > PLATFORM_BYTES {
        let times = most as f64 / PLATFORM_BYTES as f64;
        format!(
            ", {} the 16 MB that the original's platform allows",
            factor(times)
        )
    } else {
        ", within the 16 MB that the original's platform allows".to_owned()
    };
    let rows = pooled.row_bytes.map_or_else(String::new, |rows| {
        format!(" It reads {} of rows at a time.", bytes(rows))
    });
    let carried = group.iter().map(|(_, one)| one.carried_bytes).max();
    let carried = match carried.filter(|carried| *carried > 0) {
        Some(carried) => format!(" A chunk is handed {} at the most.", bytes(carried)),
        None => String::new(),
    };
    let tone = if most > PLATFORM_BYTES {
        Tone::Bad
    } else {
        Tone::Note
    };
    let sentence = format!(
        "{name} reads and writes up to {} in a transaction ({}){over}.{rows}{carried}",
        bytes(most),
        result.workload
    );
    Some(finding(tone, name, sentence))
}

/// What others wait meanwhile, where it is the most.
fn waits(name: &str, group: &Group<'_>) -> Option<Finding> {
    let all = group.iter();
    let read = all.filter_map(|(result, one)| Some((result, one.reader_p95_ns?, one)));
    let (result, p95_ns, pooled) = read.max_by_key(|(_, p95_ns, _)| *p95_ns)?;
    let ratio = pooled.reader_ratio.map_or_else(String::new, |ratio| {
        format!(", {} what they wait without", factor(ratio))
    });
    let writers = group.iter().filter_map(|(_, one)| one.writer_p95_ns).max();
    let writers = writers.map_or_else(String::new, |ns| {
        format!("; those who add wait {}", duration(ns))
    });
    let sentence = format!(
        "With {name} readers wait up to {} at p95 ({}){ratio}{writers}.",
        duration(p95_ns),
        result.workload
    );
    Some(finding(Tone::Note, name, sentence))
}

fn set_aside(groups: &IndexMap<&str, Group<'_>>) -> Option<Finding> {
    let all = groups.values().flatten();
    let some = all.filter(|(_, pooled)| pooled.refused > 0);
    let parts: Vec<String> = some
        .map(|(result, pooled)| format!("{} {} rows", result.name, count(pooled.refused)))
        .collect();
    (!parts.is_empty()).then(|| Finding {
        tone: Tone::Note,
        strategy: None,
        sentence: format!("Fit no figure and were left out: {}.", parts.join("; ")),
    })
}

/// How often readers were given counts, and how often told that there are none yet.
fn given(run: &Run) -> String {
    let sum = |name: &str| -> u64 {
        let counted = |outcome: &Outcome| outcome.counters.get(name).copied();
        run.outcomes.iter().filter_map(counted).sum()
    };
    format!(
        "readers: {} times given whole counts, {} times told that there are none yet",
        count(sum(counter::GIVEN)),
        count(sum(counter::NOT_READY))
    )
}
