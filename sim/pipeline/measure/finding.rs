//! The verdict of a run and the reasons for it, in sentences made from figures only.
//!
//! What is the same for every family is in [`crate::sheet`]; this file chooses the words that need
//! the figures of this one.

use super::comparison::{Comparison, Pooled, StrategyResult};
use crate::measure::unit::{bytes, count, duration, factor};
use crate::measure::{Finding, Tone, Verdict};
use crate::pipeline::{Outcome, Run, counter};
use crate::scenario::Role;
use crate::sheet::{Controls, Docket, finding};

/// The verdict of a run and everything it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The answer.
    pub verdict: Verdict,
    /// The answer in a sentence.
    pub headline: String,
    /// What to do now.
    pub next: String,
    /// The reasons: what is wrong, candidates, the others, controls, remarks.
    pub findings: Vec<Finding>,
    /// Which controls were caught.
    pub controls: Controls,
    /// What the operator was told, over all strategies.
    told: String,
}

impl Judgement {
    /// Judges `comparison`, the figures of `run`.
    #[must_use]
    pub fn of(run: &Run, comparison: &Comparison) -> Self {
        let docket = comparison.docket();
        let mut findings = docket.broken();
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
        findings.extend(unpaired(run));
        let (headline, next) = match docket.answer() {
            Some((headline, next)) => (headline, next.to_owned()),
            None => answer(comparison, &docket),
        };
        Self {
            verdict: docket.verdict(),
            headline,
            next,
            findings,
            controls: docket.controls(),
            told: told(run),
        }
    }

    /// What the verdict rests on.
    #[must_use]
    pub fn trust(&self) -> Vec<String> {
        vec![self.controls.line(), self.told.clone()]
    }
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

/// Strategies of one seed must see the same objects and requests, or no ratio means anything.
fn unpaired(run: &Run) -> Option<Finding> {
    let cells = run.outcomes.iter().chain(&run.counterfactuals);
    let differs = run.outcomes.iter().find(|outcome| {
        let mut same_seed = cells.clone().filter(|other| other.seed == outcome.seed);
        same_seed.any(|other| other.plan_hash != outcome.plan_hash)
    })?;
    let seed = differs.seed;
    Some(Finding {
        tone: Tone::Bad,
        strategy: None,
        sentence: format!(
            "With seed {seed} the strategies did not see the same objects and requests (the plan \
             hashes differ): they cannot be compared."
        ),
    })
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
