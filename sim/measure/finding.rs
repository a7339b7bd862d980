//! The verdict and its reasons, in sentences made from figures only.
//!
//! The thresholds are in `standing.rs`; this file chooses words. A sentence names the strategy,
//! says what readers wait, and says against what. It never recommends what was not measured
//! without saying that it has to be measured.

use super::comparison::{Comparison, StrategyResult};
use super::run::Run;
use super::standing::{Effect, FAR_FACTOR, FORECAST_OFF, Standing, Suffices};
use super::unit::{count, duration, exact, factor};
use crate::scenario::Role;

/// The answer of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Some strategy meets the objective, all data is right, every control was caught.
    Pass,
    /// No strategy meets the objective, or a control passed as genuine.
    Fail,
    /// An oracle found wrong data after a strategy that was not meant to be wrong.
    Incorrect,
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
            Self::Fail => "fail",
            Self::Incorrect => "incorrect",
            Self::NoData => "no-data",
            Self::Incomplete => "incomplete",
        }
    }
}

/// How a finding is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As hoped.
    Good,
    /// A reason against.
    Bad,
    /// Worth knowing.
    Note,
}

/// One sentence or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it is meant.
    pub tone: Tone,
    /// Whom it is about; `None` when about the run.
    pub strategy: Option<String>,
    /// The words.
    pub sentence: String,
}

/// The verdict of a run and everything it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The answer.
    pub verdict: Verdict,
    /// The answer in a sentence.
    pub headline: String,
    /// What to do now.
    pub next: String,
    /// The reasons: baseline, candidates, controls, remarks.
    pub findings: Vec<Finding>,
    /// Where each strategy stands, and what it changes, in the order of the comparison.
    pub standings: Vec<(Standing, Option<Effect>)>,
}

impl Judgement {
    /// Judges `comparison`, the figures of `run`.
    #[must_use]
    pub fn of(run: &Run, comparison: &Comparison) -> Self {
        let baseline = comparison.baseline();
        let standings: Vec<(Standing, Option<Effect>)> = comparison
            .strategies
            .iter()
            .map(|strategy| {
                let effect = baseline
                    .filter(|_| strategy.role == Role::Candidate)
                    .and_then(|base| Effect::of(strategy, base, comparison.objective_ns));
                (Standing::of(strategy, comparison.objective_ns), effect)
            })
            .collect();
        let verdict = verdict(run, comparison, &standings);
        let mut findings = Vec::new();
        for (strategy, (standing, effect)) in comparison.strategies.iter().zip(&standings) {
            findings.push(about(comparison, strategy, standing, *effect));
        }
        findings.sort_by_key(|finding| order(comparison, finding));
        findings.extend(suffices(comparison));
        findings.extend(controls(comparison, &standings));
        findings.extend(remarks(comparison));
        Self {
            verdict,
            headline: headline(verdict, comparison, &standings),
            next: next(verdict, comparison),
            findings,
            standings,
        }
    }
}

/// The baseline first, then candidates, then controls.
fn order(comparison: &Comparison, finding: &Finding) -> u8 {
    let of = |role| {
        comparison
            .of_role(role)
            .any(|strategy| Some(&strategy.name) == finding.strategy.as_ref())
    };
    if of(Role::Baseline) {
        0
    } else if of(Role::Candidate) {
        1
    } else {
        2
    }
}

fn verdict(
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
    } else if any(|standing| matches!(standing, Standing::Slipped { .. })) {
        Verdict::Fail
    } else if comparison.strategies.is_empty() || any(|standing| *standing == Standing::NoData) {
        Verdict::NoData
    } else if any(|standing| matches!(standing, Standing::Meets { .. })) {
        Verdict::Pass
    } else {
        Verdict::Fail
    }
}

fn headline(
    verdict: Verdict,
    comparison: &Comparison,
    standings: &[(Standing, Option<Effect>)],
) -> String {
    let objective = exact(comparison.objective_ns);
    let named = |wanted: fn(&Standing) -> bool| {
        let mut all = comparison.strategies.iter().zip(standings);
        all.find(|(_, (standing, _))| wanted(standing))
            .map_or("a strategy", |(strategy, _)| strategy.name.as_str())
    };
    match verdict {
        Verdict::Incomplete => "The run was interrupted: what is here is not judged.".to_owned(),
        Verdict::Incorrect => format!(
            "{} leaves wrong data behind.",
            named(|standing| matches!(standing, Standing::Incorrect { .. }))
        ),
        Verdict::NoData => "There is nothing to judge: no read fell into the window.".to_owned(),
        Verdict::Fail => {
            let slipped = named(|standing| matches!(standing, Standing::Slipped { .. }));
            if slipped != "a strategy" {
                return format!(
                    "The control {slipped} passed as genuine: this run proves nothing."
                );
            }
            format!("No strategy keeps readers within {objective} at p95.")
        }
        Verdict::Pass => {
            let meeting = standings
                .iter()
                .filter(|(standing, _)| matches!(standing, Standing::Meets { .. }));
            let judged = comparison
                .strategies
                .iter()
                .filter(|s| s.role != Role::Control);
            format!(
                "{} of {} strategies keep readers within {objective} at p95.",
                meeting.count(),
                judged.count()
            )
        }
    }
}

fn next(verdict: Verdict, comparison: &Comparison) -> String {
    let baseline = comparison.baseline();
    let objective_ns = comparison.objective_ns;
    match verdict {
        Verdict::Incomplete => "Run it again to the end.".to_owned(),
        Verdict::Incorrect => "Repair the strategy; its speed does not matter before.".to_owned(),
        Verdict::NoData => "Raise load.reads_per_s or make the backfill longer.".to_owned(),
        Verdict::Pass | Verdict::Fail => {
            if let Some((base, _)) =
                baseline.zip(baseline.and_then(|b| Suffices::of(b, objective_ns)))
            {
                return format!(
                    "Ship {}: chunks would solve a problem this database does not have.",
                    base.name
                );
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
            "Do not ship any of them. {name} is closest; its timeline shows when readers wait."
        ),
    }
}

fn about(
    comparison: &Comparison,
    strategy: &StrategyResult,
    standing: &Standing,
    effect: Option<Effect>,
) -> Finding {
    let name = &strategy.name;
    let (tone, sentence) = match standing {
        Standing::Incorrect {
            seed,
            oracle,
            detail,
        } => (
            Tone::Bad,
            format!(
                "{name} is incorrect with seed {seed}: {oracle} found {detail}. It has no p95."
            ),
        ),
        Standing::Unfinished { seed, why } => (
            Tone::Bad,
            format!("{name} did not finish with seed {seed}: it {why}."),
        ),
        Standing::NoData => (
            Tone::Bad,
            format!("{name}: no data, no read fell into its window."),
        ),
        Standing::Caught { oracle } => (
            Tone::Good,
            format!("The control {name} was caught by {oracle}, as it must be."),
        ),
        Standing::Slipped { seed } => (
            Tone::Bad,
            format!(
                "The control {name} passed every oracle with seed {seed}: the oracles are blind to what it does."
            ),
        ),
        Standing::Meets { .. } | Standing::Misses { .. } if strategy.role == Role::Baseline => (
            Tone::Note,
            baseline_sentence(comparison, strategy, standing),
        ),
        Standing::Meets { .. } | Standing::Misses { .. } => {
            candidate_sentence(comparison, strategy, standing, effect)
        }
    };
    Finding {
        tone,
        strategy: Some(name.clone()),
        sentence,
    }
}

fn baseline_sentence(
    comparison: &Comparison,
    strategy: &StrategyResult,
    standing: &Standing,
) -> String {
    let pooled = &strategy.pooled;
    let held = pooled.longest_hold_ns.map_or_else(String::new, |hold_ns| {
        let what = if comparison.shared { "the" } else { "its" };
        format!(" holds {what} connection for {};", duration(hold_ns))
    });
    let ratio = pooled.ratio.map_or_else(String::new, |ratio| {
        format!(", {} what they wait without it", factor(ratio))
    });
    format!(
        "{}{held} readers wait {} at p95{ratio}. It {}.",
        strategy.name,
        pooled.p95_ns.map_or_else(|| "?".to_owned(), duration),
        against_objective(comparison, standing),
    )
}

fn against_objective(comparison: &Comparison, standing: &Standing) -> String {
    let objective = exact(comparison.objective_ns);
    match standing {
        Standing::Meets { headroom } => {
            format!(
                "meets the objective of {objective} with {} to spare",
                factor(*headroom)
            )
        }
        Standing::Misses { by } => {
            format!("misses the objective of {objective} by {}", factor(*by))
        }
        _ => "cannot be judged".to_owned(),
    }
}

fn candidate_sentence(
    comparison: &Comparison,
    strategy: &StrategyResult,
    standing: &Standing,
    effect: Option<Effect>,
) -> (Tone, String) {
    let name = &strategy.name;
    let p95 = strategy
        .pooled
        .p95_ns
        .map_or_else(|| "?".to_owned(), duration);
    let against = against_objective(comparison, standing);
    let (Some(effect), Some(base)) = (effect, comparison.baseline()) else {
        return (
            Tone::Note,
            format!("With {name} readers wait {p95} at p95. It {against}."),
        );
    };
    let base_p95 = base.pooled.p95_ns.map_or_else(|| "?".to_owned(), duration);
    let took = match (strategy.pooled.duration_ns, base.pooled.duration_ns) {
        (Some(own), Some(theirs)) => format!(
            " It takes {} instead of {}.",
            duration(own),
            duration(theirs)
        ),
        _ => String::new(),
    };
    // Of the mean that the sentence shows; `by` is that of the worst seed.
    let objective_ns = comparison.objective_ns.max(1) as f64;
    let times = factor(strategy.pooled.p95_ns.unwrap_or(0) as f64 / objective_ns);
    let instead = format!(
        "readers wait {p95} at p95 instead of {base_p95} with {}",
        base.name
    );
    match (effect, standing) {
        (Effect::Helps, Standing::Misses { by }) if *by >= FAR_FACTOR => (
            Tone::Bad,
            format!(
                "Not fixed with {name}: readers still wait {p95} at p95, {} the objective ({base_p95} with {}).{took}",
                times, base.name
            ),
        ),
        (Effect::Helps, Standing::Misses { .. }) => (
            Tone::Note,
            format!("{name} helps: {instead}. It still {against}.{took}"),
        ),
        (Effect::Helps, _) => (
            Tone::Good,
            format!("{name} helps: {instead}, which {against}.{took}"),
        ),
        (Effect::Neutral, _) => (
            Tone::Note,
            format!("{name} changes nothing readers notice: {instead}. It {against}.{took}"),
        ),
        (Effect::Hurts, _) => (
            Tone::Bad,
            format!("{name} hurts: {instead}. It {against}.{took}"),
        ),
    }
}

/// When the baseline is good enough, that is the answer, whatever the candidates do.
fn suffices(comparison: &Comparison) -> Option<Finding> {
    let base = comparison.baseline()?;
    let p95 = base.pooled.worst_p95_ns.map(duration)?;
    let worst = base.pooled.max_ns.map(duration)?;
    let took = base
        .pooled
        .duration_ns
        .map_or_else(|| "a while".to_owned(), duration);
    let name = &base.name;
    let sentence = match Suffices::of(base, comparison.objective_ns)? {
        Suffices::MeetsObjective if comparison.shared => format!(
            "Chunking is not what this database needs: {name} already meets the objective (p95 {p95}, over in {took})."
        ),
        Suffices::MeetsObjective => format!(
            "Chunking is not what this database needs: readers have connections of their own and do not wait for the writer ({name}: p95 {p95})."
        ),
        Suffices::Short => format!(
            "Chunking is not what this database needs: {name} is over in {took} and nobody waits longer than {worst}, once. A quiet moment is enough."
        ),
    };
    Some(Finding {
        tone: Tone::Good,
        strategy: None,
        sentence,
    })
}

fn controls(comparison: &Comparison, standings: &[(Standing, Option<Effect>)]) -> Option<Finding> {
    let all = comparison.of_role(Role::Control).count();
    let caught = standings
        .iter()
        .filter(|(standing, _)| matches!(standing, Standing::Caught { .. }))
        .count();
    (all > 0).then(|| Finding {
        tone: if caught == all { Tone::Good } else { Tone::Bad },
        strategy: None,
        sentence: format!("Controls: {caught}/{all} caught."),
    })
}

/// What makes the figures themselves doubtful.
fn remarks(comparison: &Comparison) -> Vec<Finding> {
    let mut remarks = Vec::new();
    let note = |strategy: &StrategyResult, sentence: String| Finding {
        tone: Tone::Note,
        strategy: Some(strategy.name.clone()),
        sentence,
    };
    for strategy in &comparison.strategies {
        let name = &strategy.name;
        if strategy.pooled.failed > 0 {
            remarks.push(note(strategy, format!(
                "{} of {} reads failed or stayed unanswered with {name}; they count with the time they waited.",
                count(strategy.pooled.failed), count(strategy.pooled.reads)
            )));
        }
        let few = strategy
            .cells
            .iter()
            .find_map(|cell| cell.backfill?.few_samples().map(|few| (few, cell)));
        if let Some((few, cell)) = few {
            remarks.push(note(
                strategy,
                format!("{name}, seed {}: {few}.", cell.seed),
            ));
        }
        let off = strategy
            .pooled
            .p95_ns
            .zip(strategy.pooled.predicted_p95_ns)
            .filter(|(own, predicted)| {
                let off = *own as f64 / (*predicted).max(1) as f64;
                !(1.0 / FORECAST_OFF..=FORECAST_OFF).contains(&off)
            });
        if let Some((own, predicted)) = off {
            remarks.push(note(strategy, format!(
                "The holds of {name} explain a p95 of {}, measured were {}: something else matters as well.",
                duration(predicted), duration(own)
            )));
        }
    }
    remarks
}

#[cfg(test)]
#[path = "finding_tests.rs"]
mod tests;
