//! The reasons for a verdict, in sentences made from figures only.
//!
//! The comparisons with the objective are in `standing.rs`; this file chooses words.

use super::cell::Cell;
use super::comparison::{Comparison, StrategyResult};
use super::controls::Controls;
use super::moment::{HALF, Moment};
use super::rival::Rival;
use super::standing::Standing;
use super::verdict::{extremes, headline, next, verdict};
use crate::listing::Run;
use crate::measure::unit::{count, percent, signed_percent};
use crate::measure::{Finding, Tone, Verdict};
use crate::scenario::Role;

/// Shapes that a sentence names one by one.
const NAMED: usize = 5;

/// The verdict of a run and everything it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The answer.
    pub verdict: Verdict,
    /// The answer in a sentence.
    pub headline: String,
    /// What to do now.
    pub next: String,
    /// The reasons: what is wrong, candidates, their rivals, controls, remarks.
    pub findings: Vec<Finding>,
    /// Which controls were caught.
    pub controls: Controls,
}

impl Judgement {
    /// Judges `comparison`, the figures of `run`.
    #[must_use]
    pub fn of(run: &Run, comparison: &Comparison) -> Self {
        let controls = Controls::of(comparison);
        let verdict = verdict(run, comparison, &controls);
        let mut findings = Vec::new();
        for (name, role) in comparison.strategies() {
            if role != Role::Control {
                findings.extend(broken(comparison, name));
            }
        }
        for name in comparison.of_role(Role::Candidate) {
            findings.extend(objective(comparison, name));
            let rivals = Rival::all(comparison, name);
            findings.extend(rivals.iter().map(|rival| beside(comparison, rival)));
            findings.extend(forecasts(comparison, name));
        }
        findings.extend(controls.slipped().map(|control| Finding {
            tone: Tone::Bad,
            strategy: Some(control.name.clone()),
            sentence: format!("{}: what should have seen it is blind.", control.how()),
        }));
        findings.extend(crowded(comparison));
        findings.extend(refused(comparison));
        findings.extend(few_reads(comparison));
        findings.extend(unpaired(comparison));
        Self {
            verdict,
            headline: headline(verdict, comparison, &controls),
            next: next(verdict, comparison),
            findings,
            controls,
        }
    }

    /// What the verdict rests on.
    #[must_use]
    pub fn trust(&self) -> Vec<String> {
        vec![self.controls.line()]
    }
}

fn finding(tone: Tone, strategy: &str, sentence: String) -> Finding {
    Finding {
        tone,
        strategy: Some(strategy.to_owned()),
        sentence,
    }
}

/// Wrong data and what did not finish: the first of each, and on how many shapes more.
fn broken(comparison: &Comparison, name: &str) -> Vec<Finding> {
    let worst = || {
        comparison
            .of_strategy(name)
            .filter_map(|one| Some((one, one.worst()?)))
    };
    let more = |all: usize| match all {
        0 | 1 => String::new(),
        2 => " So on 1 more shape.".to_owned(),
        many => format!(" So on {} more shapes.", many - 1),
    };
    let incorrect = worst().filter_map(|(result, (seed, standing))| match standing {
        Standing::Incorrect { oracle, detail } => Some(format!(
            "{name} is incorrect on {}, seed {seed}: {oracle} found {detail}. It has no duration.",
            result.shape
        )),
        _ => None,
    });
    let unfinished = worst().filter_map(|(result, (seed, standing))| match standing {
        Standing::Unfinished { why } => Some(format!(
            "{name} did not finish on {}, seed {seed}: it {why}.",
            result.shape
        )),
        _ => None,
    });
    [incorrect.collect::<Vec<_>>(), unfinished.collect()]
        .into_iter()
        .filter_map(|all| {
            let first = all.first()?;
            Some(finding(
                Tone::Bad,
                name,
                format!("{first}{}", more(all.len())),
            ))
        })
        .collect()
}

/// Whether a candidate meets the objective: once if it does, else shape by shape.
fn objective(comparison: &Comparison, name: &str) -> Vec<Finding> {
    let all: Vec<&StrategyResult> = comparison.of_strategy(name).collect();
    let meeting = all
        .iter()
        .copied()
        .filter(|one| matches!(one.worst(), Some((_, Standing::Meets))));
    let meeting: Vec<&StrategyResult> = meeting.collect();
    let mut findings = Vec::new();
    if !meeting.is_empty() {
        let on = match (meeting.as_slice(), all.len()) {
            ([one], 1) => format!("on {}", one.shape),
            (some, all) if some.len() == all => format!("on all {all} shapes"),
            (some, all) => format!("on {} of {all} shapes", some.len()),
        };
        let figures = extremes(|| meeting.iter().copied(), comparison);
        let sentence = format!("{name} meets the objective {on}: {figures}.");
        findings.push(finding(Tone::Good, name, sentence));
    }
    let mut missing: Vec<(&StrategyResult, u64, Vec<String>, f64)> = all
        .iter()
        .filter_map(|one| match one.worst()? {
            (seed, Standing::Misses(misses)) => {
                let by = misses.first()?.by();
                let phrases = misses.iter().map(|miss| miss.phrase());
                Some((*one, seed, phrases.collect(), by))
            }
            _ => None,
        })
        .collect();
    missing.sort_by(|a, b| b.3.total_cmp(&a.3));
    let named = missing.iter().take(NAMED);
    findings.extend(named.map(|(result, seed, phrases, _)| {
        let sentence = format!(
            "{name} misses the objective on {}, seed {seed}: {}.",
            result.shape,
            phrases.join("; ")
        );
        finding(Tone::Bad, name, sentence)
    }));
    let others: Vec<&str> = missing
        .iter()
        .skip(NAMED)
        .map(|one| one.0.shape.as_str())
        .collect();
    if !others.is_empty() {
        let sentence = format!("{name} misses it by less on {}.", others.join(", "));
        findings.push(finding(Tone::Bad, name, sentence));
    }
    findings
}

fn beside(comparison: &Comparison, rival: &Rival<'_>) -> Finding {
    let tone = match rival.quicker() {
        Some(true) => Tone::Good,
        None => Tone::Note,
        Some(false) => Tone::Bad,
    };
    finding(tone, rival.candidate, rival.sentence(comparison))
}

/// What was said of the time left half-way, where it was farthest off, and how often the interval
/// was right.
fn forecasts(comparison: &Comparison, name: &str) -> Option<Finding> {
    let cells = || {
        comparison.of_strategy(name).flat_map(|result| {
            result
                .cells
                .iter()
                .map(|(cell, _)| (result.shape.as_str(), cell))
        })
    };
    let half_way =
        cells().filter_map(|(shape, cell)| Some((shape, cell.moments.get(HALF)?.error?)));
    let worst = half_way.reduce(|worst, other| {
        if other.1.abs() > worst.1.abs() {
            other
        } else {
            worst
        }
    });
    let (shape, error) = worst?;
    let moments: Vec<Moment> = cells()
        .flat_map(|(_, cell)| cell.moments.iter().copied())
        .collect();
    let interval = interval(&moments);
    let farthest = if comparison.shapes.len() > 1 {
        format!(" at the farthest ({shape})")
    } else {
        String::new()
    };
    let sentence = format!(
        "Half-way, what {name} says of the time left is {} off{farthest}{interval}.",
        signed_percent(error)
    );
    Some(finding(Tone::Note, name, sentence))
}

/// How often the interval was right, how little it said, and how often it had no end, which is
/// neither.
fn interval(moments: &[Moment]) -> String {
    let said = moments.iter().filter(|moment| moment.error.is_some());
    let (bounded, endless): (Vec<&Moment>, Vec<&Moment>) =
        said.partition(|moment| moment.within.is_some());
    let held = bounded.iter().filter(|moment| moment.within == Some(true));
    let mut widths: Vec<f64> = bounded.iter().filter_map(|moment| moment.width).collect();
    widths.sort_by(f64::total_cmp);
    let mut phrases = String::new();
    if let Some(width) = widths.get(widths.len() / 2) {
        phrases = format!(
            "; its interval held the truth at {} of {} moments, from least to most {} of it in the median",
            held.count(),
            bounded.len(),
            percent(*width)
        );
    }
    if !endless.is_empty() {
        phrases.push_str(&format!(
            "; at {} it had no upper end",
            count(endless.len() as u64)
        ));
    }
    phrases
}

/// Whoever sends more in a second than the API takes has a limiter that does not limit.
fn crowded(comparison: &Comparison) -> Vec<Finding> {
    let over = |name: &str| {
        let all = comparison.of_strategy(name).flat_map(|result| {
            result
                .cells
                .iter()
                .map(|(cell, _)| (result.shape.as_str(), cell))
        });
        let over = |(_, cell): &(&str, &Cell)| cell.peak_per_second > cell.allowed_per_second();
        let (shape, cell) = all
            .filter(over)
            .max_by_key(|(_, cell)| cell.peak_per_second)?;
        let sentence = format!(
            "{name} sent {} requests within a second on {shape}, seed {}: more than the {} that rate and burst allow.",
            count(cell.peak_per_second),
            cell.seed,
            count(cell.allowed_per_second())
        );
        Some(finding(Tone::Bad, name, sentence))
    };
    genuine(comparison).into_iter().filter_map(over).collect()
}

/// Who was refused, and how often, over all cells.
fn refused(comparison: &Comparison) -> Option<Finding> {
    let times = |name: &str| {
        let cells = comparison
            .of_strategy(name)
            .flat_map(|result| &result.cells);
        cells.map(|(cell, _)| cell.tally.limited).sum::<u64>()
    };
    let all = genuine(comparison)
        .into_iter()
        .map(|name| (name, times(name)));
    let refused: Vec<String> = all
        .filter(|(_, times)| *times > 0)
        .map(|(name, times)| format!("{name} {}", count(times)))
        .collect();
    (!refused.is_empty()).then(|| Finding {
        tone: Tone::Note,
        strategy: None,
        sentence: format!("Refused with 429, over all cells: {}.", refused.join(", ")),
    })
}

/// One remark for all cells with too few reads.
fn few_reads(comparison: &Comparison) -> Option<Finding> {
    let cells = comparison.results().flat_map(|result| &result.cells);
    let stats = cells.filter_map(|(cell, _)| cell.readers.backfill);
    let least = stats.min_by_key(|stats| stats.count)?;
    let remark = least.few_samples()?;
    Some(Finding {
        tone: Tone::Note,
        strategy: None,
        sentence: format!(
            "Readers asked {} times in the shortest cell: {remark}.",
            count(least.count)
        ),
    })
}

/// Strategies of one shape and seed must see the same data, or no ratio between them means
/// anything.
fn unpaired(comparison: &Comparison) -> Option<Finding> {
    let (shape, seed) = comparison.shapes.iter().find_map(|shape| {
        let cells = || shape.strategies.iter().flat_map(|result| &result.cells);
        let differs = |cell: &Cell| {
            let mut same_seed = cells().filter(|(other, _)| other.seed == cell.seed);
            same_seed.any(|(other, _)| other.plan_hash != cell.plan_hash)
        };
        let (cell, _) = cells().find(|(cell, _)| differs(cell))?;
        Some((&shape.name, cell.seed))
    })?;
    Some(Finding {
        tone: Tone::Bad,
        strategy: None,
        sentence: format!(
            "On {shape}, seed {seed}, the strategies did not see the same data (the plan hashes differ): they cannot be compared."
        ),
    })
}

fn genuine(comparison: &Comparison) -> Vec<&str> {
    let all = comparison.strategies().into_iter();
    all.filter(|one| one.1 != Role::Control)
        .map(|one| one.0)
        .collect()
}

#[cfg(test)]
#[path = "finding_tests.rs"]
mod tests;
