//! The reasons for a verdict, in sentences made from figures only.
//!
//! The thresholds are in `standing.rs`; this file chooses words. A sentence names the strategy,
//! says what readers, or writers, wait, and says against what.

use super::chunking::Chunking;
use super::comparison::{Comparison, StrategyResult};
use super::controls::Controls;
use super::operator::Operator;
use super::remark::remarks;
use super::run::Run;
use super::standing::{Effect, FAR_FACTOR, HELPS_AT_MOST, Standing, Suffices};
use super::unit::{duration, exact, factor};
use super::verdict::{Verdict, headline, next, verdict};
use crate::scenario::Role;

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
    /// Which controls were caught.
    pub controls: Controls,
    /// What the operator was told.
    pub operator: Option<Operator>,
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
                    .and_then(|base| {
                        Effect::of(
                            strategy,
                            base,
                            comparison.objective_ns,
                            comparison.one_wait_ns,
                        )
                    });
                (Standing::of(strategy, comparison.objective_ns), effect)
            })
            .collect();
        let controls = Controls::of(comparison);
        let verdict = verdict(run, comparison, &standings);
        let mut findings = Vec::new();
        for (strategy, (standing, effect)) in comparison.strategies.iter().zip(&standings) {
            findings.push(about(comparison, strategy, standing, *effect));
        }
        findings.sort_by_key(|finding| order(comparison, finding));
        findings.extend(Chunking::of(run, comparison).map(|one| one.finding(comparison)));
        findings.extend(suffices(comparison));
        findings.extend(built_in(comparison));
        findings.extend(remarks(comparison));
        Self {
            verdict,
            headline: headline(verdict, comparison, &standings),
            next: next(run, verdict, comparison),
            findings,
            standings,
            controls,
            operator: Operator::of(comparison),
        }
    }

    /// What the verdict rests on: the controls, and what the operator was told.
    #[must_use]
    pub fn trust(&self) -> Vec<String> {
        let operator = self.operator.as_ref().map(Operator::line);
        std::iter::once(self.controls.line())
            .chain(operator)
            .collect()
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
            format!(
                "{name}: no data, no {} fell into its window.",
                comparison.subject.request()
            ),
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
        Standing::Mistaken { seed, meant, by } => (
            Tone::Bad,
            format!(
                "The control {name} was not caught by its own oracle with seed {seed}: {by} failed, and {meant} saw nothing."
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

/// What a built-in control got away with; those that were caught are in the line of the controls.
fn built_in(comparison: &Comparison) -> Vec<Finding> {
    let controls = comparison.controls.iter();
    let judged = controls.map(|one| (one, Standing::of(one, comparison.objective_ns)));
    judged
        .filter(|(_, standing)| !matches!(standing, Standing::Caught { .. }))
        .map(|(one, standing)| about(comparison, one, &standing, None))
        .collect()
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
        "{}{held} {} wait {} at p95{ratio}. It {}.",
        strategy.name,
        comparison.subject.all(),
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
    let (name, subject) = (&strategy.name, comparison.subject.all());
    let p95 = strategy
        .pooled
        .p95_ns
        .map_or_else(|| "?".to_owned(), duration);
    let against = against_objective(comparison, standing);
    let (Some(effect), Some(base)) = (effect, comparison.baseline()) else {
        return (
            Tone::Note,
            format!("With {name} {subject} wait {p95} at p95. It {against}."),
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
    // Neutral although readers wait clearly less: the baseline was good enough before.
    let gentler = strategy
        .ratio_to(base, |cell| cell.backfill.map(|stats| stats.p95_ns))
        .is_some_and(|ratio| ratio <= HELPS_AT_MOST);
    // Of the mean that the sentence shows; `by` is that of the worst seed.
    let objective_ns = comparison.objective_ns.max(1) as f64;
    let times = factor(strategy.pooled.p95_ns.unwrap_or(0) as f64 / objective_ns);
    let already = match Suffices::of(base, comparison.objective_ns, comparison.one_wait_ns) {
        Some(Suffices::Short) => "comes once and is soon over",
        _ => "is short already",
    };
    let instead = format!(
        "{subject} wait {p95} at p95 instead of {base_p95} with {}",
        base.name
    );
    match (effect, standing) {
        (Effect::Helps, Standing::Misses { by }) if *by >= FAR_FACTOR => (
            Tone::Bad,
            format!(
                "Not fixed with {name}: {subject} still wait {p95} at p95, {} the objective ({base_p95} with {}).{took}",
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
        (Effect::Neutral, _) if gentler => (
            Tone::Note,
            format!("{name} shortens a wait that {already}: {instead}. It {against}.{took}"),
        ),
        (Effect::Neutral, _) => (
            Tone::Note,
            format!("{name} changes nothing {subject} notice: {instead}. It {against}.{took}"),
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
    let allowed = exact(comparison.one_wait_ns);
    let sentence = match Suffices::of(base, comparison.objective_ns, comparison.one_wait_ns)? {
        Suffices::MeetsObjective if !comparison.undisturbed => format!(
            "Chunking is not what this database needs: {name} already meets the objective (p95 {p95}, over in {took})."
        ),
        Suffices::MeetsObjective => format!(
            "Chunking is not what this database needs: readers have connections of their own and do not wait for the writer ({name}: p95 {p95})."
        ),
        Suffices::Short => format!(
            "Chunking is not what this database needs: {name} is over in {took} and nobody waits longer than {worst}, once, within the {allowed} this scenario allows. A quiet moment is enough."
        ),
    };
    Some(Finding {
        tone: Tone::Good,
        strategy: None,
        sentence,
    })
}

#[cfg(test)]
#[path = "finding_tests.rs"]
mod tests;
