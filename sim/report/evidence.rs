//! A run with everything that is computed from it once and shown in several files.

use std::collections::BTreeSet;

use super::chart::Look;
use super::head::Head;
use super::summary;
use crate::gate::{Bench, Judged};
use crate::measure::{
    Comparison, Judgement, Latencies, Run, Standing, StrategyResult, Tail, requests_in,
};
use crate::outcome::{NO_BACKFILL, Window};
use crate::scenario::Role;

/// What all files of a report are made from.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// The run.
    pub run: &'a Run,
    /// Its figures.
    pub comparison: Comparison,
    /// What they mean.
    pub judgement: Judgement,
    /// Requests of the subject during the backfill, all seeds pooled, per strategy in the order of
    /// the comparison; empty for a strategy with wrong data, which has no latencies.
    pub judged: Vec<Latencies>,
    /// The same without a backfill, all seeds pooled, over the longest window of any strategy.
    pub quiet: Latencies,
    /// What the slowest of these waited for: per strategy, and without a backfill.
    tails: (Vec<Option<Tail>>, Option<Tail>),
    /// What its gates came to.
    pub gates: Vec<Judged>,
}

impl<'a> Evidence<'a> {
    /// Measures and judges `run`.
    #[must_use]
    pub fn of(run: &'a Run) -> Self {
        let comparison = Comparison::of(run);
        let judgement = Judgement::of(run, &comparison);
        let subject = comparison.subject;
        let judged = comparison
            .strategies
            .iter()
            .map(|strategy| {
                let outcomes = run.outcomes_of(&strategy.name);
                pooled(
                    outcomes
                        .filter(|outcome| outcome.correct())
                        .filter_map(|one| Some(requests_in(&one.requests, subject, one.backfill?))),
                )
            })
            .collect();
        let quiet = pooled(run.counterfactuals.iter().filter_map(|outcome| {
            let window = longest_window(run, outcome.seed)?;
            Some(requests_in(&outcome.requests, subject, window))
        }));
        let tails = tails(run, &comparison);
        Self {
            run,
            comparison,
            judgement,
            judged,
            quiet,
            tails,
            gates: Vec::new(),
        }
    }

    /// Judges the gates of the run by its summary.
    pub fn judge(&mut self, bench: &Bench<'_>) {
        self.gates = summary::judged(&summary::document(self), bench);
    }

    /// What the slowest requests waited for, where there were any: name, look and figures of each
    /// strategy, and last of the run without a backfill.
    pub(super) fn tails(&self) -> impl Iterator<Item = (&str, Look, &Tail)> {
        let (tails, quiet) = &self.tails;
        let shown = self.strategies().zip(tails);
        let own = shown.filter_map(|(shown, tail)| {
            Some((shown.result.name.as_str(), shown.look, tail.as_ref()?))
        });
        let quiet = quiet.as_ref();
        own.chain(quiet.map(|tail| (NO_BACKFILL, Look::NO_BACKFILL, tail)))
    }

    /// What its files begin with.
    pub(super) fn head(&self) -> Head<'_> {
        let (run, judgement) = (self.run, &self.judgement);
        Head {
            scenario: &run.scenario.name,
            question: &run.scenario.question,
            scenario_hash: &run.scenario_hash,
            command: &run.command,
            complete: run.complete,
            verdict: judgement.verdict,
            headline: &judgement.headline,
            next: &judgement.next,
            findings: &judgement.findings,
            trust: judgement.trust(),
            gates: &self.gates,
        }
    }

    /// The strategies with what stands beside them.
    pub fn strategies(&self) -> impl Iterator<Item = Shown<'_>> {
        let mut others = 0;
        self.comparison
            .strategies
            .iter()
            .enumerate()
            .map(move |(index, result)| {
                let look = if result.role == Role::Baseline {
                    Look::BASELINE
                } else {
                    others += 1;
                    Look::of(others - 1)
                };
                Shown {
                    result,
                    standing: &self.judgement.standings[index].0,
                    judged: &self.judged[index],
                    look,
                }
            })
    }

    /// `1` or `1, 2, 3`.
    #[must_use]
    pub fn seeds(&self) -> String {
        listed(self.run.outcomes.iter().map(|outcome| outcome.seed))
    }

    /// Whether there is more than one seed.
    #[must_use]
    pub fn several_seeds(&self) -> bool {
        self.comparison
            .strategies
            .iter()
            .any(|strategy| strategy.cells.len() > 1)
    }
}

/// A strategy with what stands beside it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// Its figures.
    pub result: &'a StrategyResult,
    /// Where it stands.
    pub standing: &'a Standing,
    /// The subject's requests during the backfill, all seeds.
    pub judged: &'a Latencies,
    /// Its colour, mark and dash in every chart.
    pub look: Look,
}

/// All samples of all.
pub(crate) fn pooled(all: impl Iterator<Item = Latencies>) -> Latencies {
    all.fold(Latencies::default(), |sum, latencies| {
        sum.pooled(&latencies)
    })
}

/// Each of `seeds` once, in order: `1` or `1, 2, 3`.
pub(crate) fn listed(seeds: impl Iterator<Item = u64>) -> String {
    let seeds: BTreeSet<u64> = seeds.collect();
    let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
    seeds.join(", ")
}

/// What the slowest requests waited for: with each strategy that has figures, and without any.
fn tails(run: &Run, comparison: &Comparison) -> (Vec<Option<Tail>>, Option<Tail>) {
    let subject = comparison.subject;
    let of_strategy = |strategy: &StrategyResult| {
        let outcomes = run.outcomes_of(&strategy.name);
        let correct = outcomes.filter(|outcome| outcome.correct());
        let tails = correct.filter_map(|one| Tail::of(one, subject, one.backfill?));
        tails.reduce(Tail::pooled)
    };
    let quiet = run.counterfactuals.iter().filter_map(|outcome| {
        let window = longest_window(run, outcome.seed)?;
        Tail::of(outcome, subject, window)
    });
    (
        comparison.strategies.iter().map(of_strategy).collect(),
        quiet.reduce(Tail::pooled),
    )
}

/// From the first start to the last end of any strategy's backfill with `seed`.
fn longest_window(run: &Run, seed: u64) -> Option<Window> {
    let windows = run.outcomes.iter().filter(|outcome| outcome.seed == seed);
    windows
        .filter_map(|outcome| outcome.backfill)
        .reduce(Window::around)
}

/// The strategy's name as part of a file name: what is not a letter, digit, dot or dash becomes a
/// dash, and a leading dot too.
#[must_use]
pub(crate) fn file_part(name: &str) -> String {
    let part: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || "-_.".contains(letter) {
                letter
            } else {
                '-'
            }
        })
        .collect();
    part.strip_prefix('.')
        .map_or(part.clone(), |rest| format!("-{rest}"))
}
