//! Whether chunking helps in the regime a scenario is about: one sentence, from the figures.
//!
//! Asked of all candidates that work in chunks, against the baseline: chunking helps when any of
//! them helps, hurts when every one of them hurts, and is neutral otherwise. The regime is named
//! after the settings that decide who waits for whom.

use super::comparison::{Comparison, StrategyResult};
use super::finding::{Finding, Tone};
use super::run::Run;
use super::standing::Effect;
use super::unit::duration;
use crate::scenario::{Connections, HandOff, Journal, Model, Role, StrategyKind};

/// What chunking changes in a regime.
#[derive(Clone, Debug)]
pub struct Chunking<'a> {
    /// The regime, as in "chunking helps *on a rollback journal*".
    pub regime: String,
    /// What it changes.
    pub effect: Effect,
    baseline: &'a StrategyResult,
    /// The chunked candidate with the lowest p95.
    best: &'a StrategyResult,
    /// Of those that are not so good, the one with the highest.
    worst: Option<&'a StrategyResult>,
}

impl<'a> Chunking<'a> {
    /// What the chunked candidates of `run` change; `None` without a baseline, or when none of them
    /// has a p95.
    #[must_use]
    pub fn of(run: &Run, comparison: &'a Comparison) -> Option<Self> {
        let baseline = comparison.baseline()?;
        let strategies = &run.scenario.model.strategies;
        let in_chunks = |one: &&StrategyResult| {
            let strategy = strategies.get(&one.name);
            strategy.is_some_and(|strategy| strategy.kind == StrategyKind::Chunked)
        };
        let measured: Vec<(&StrategyResult, Effect)> = comparison
            .of_role(Role::Candidate)
            .filter(in_chunks)
            .filter_map(|one| {
                let (objective_ns, one_wait_ns) = (comparison.objective_ns, comparison.one_wait_ns);
                Some((one, Effect::of(one, baseline, objective_ns, one_wait_ns)?))
            })
            .collect();
        let p95_ns = |(one, _): &&(&StrategyResult, Effect)| one.pooled.p95_ns;
        let best = measured.iter().min_by_key(p95_ns)?.0;
        let is = |wanted: Effect| move |(_, effect): &(&StrategyResult, Effect)| *effect == wanted;
        let effect = if measured.iter().any(is(Effect::Helps)) {
            Effect::Helps
        } else if measured.iter().all(is(Effect::Hurts)) {
            Effect::Hurts
        } else {
            Effect::Neutral
        };
        let others = measured.iter().filter(|(_, other)| match effect {
            Effect::Helps => *other != Effect::Helps,
            Effect::Neutral => *other == Effect::Hurts,
            Effect::Hurts => false,
        });
        Some(Self {
            regime: regime(&run.scenario.model),
            effect,
            baseline,
            best,
            worst: others.max_by_key(p95_ns).map(|(one, _)| *one),
        })
    }

    /// It as a sentence.
    pub(super) fn finding(&self, comparison: &Comparison) -> Finding {
        let (tone, verb) = match self.effect {
            Effect::Helps => (Tone::Good, "helps"),
            Effect::Neutral => (Tone::Note, "is neutral"),
            Effect::Hurts => (Tone::Bad, "hurts"),
        };
        let p95 = |one: &StrategyResult| or_unknown(one.pooled.p95_ns);
        let took = |one: &StrategyResult| or_unknown(one.pooled.duration_ns);
        let (baseline, best) = (self.baseline, self.best);
        let quiet = or_unknown(baseline.pooled.no_backfill_p95_ns);
        let but = self.worst.map_or_else(String::new, |worst| {
            format!(
                " It depends on how: with {} they wait {}.",
                worst.name,
                p95(worst)
            )
        });
        Finding {
            tone,
            strategy: None,
            sentence: format!(
                "Chunking {verb} {}: at p95 {} wait {} with {} (takes {}), {} with {} (takes {}) and {quiet} without any backfill.{but}",
                self.regime,
                comparison.subject.all(),
                p95(baseline),
                baseline.name,
                took(baseline),
                p95(best),
                best.name,
                took(best),
            ),
        }
    }
}

fn or_unknown(ns: Option<u64>) -> String {
    ns.map_or_else(|| "?".to_owned(), duration)
}

/// The settings that decide who waits for whom, in words.
fn regime(model: &Model) -> String {
    let database = &model.database;
    let connections = match (database.connections, database.hand_off, database.journal) {
        (Connections::Shared, HandOff::Fifo, _) => {
            "on a single connection, first come, first served"
        }
        (Connections::Shared, HandOff::Random, _) => "on a single connection handed over at random",
        (Connections::Split, _, Journal::Wal) => {
            "on a write-ahead log with connections for readers"
        }
        (Connections::Split, _, Journal::Delete) => {
            "on a rollback journal with connections for readers"
        }
        (Connections::Competing, _, Journal::Wal) => "among competing writers",
        (Connections::Competing, _, Journal::Delete) => {
            "among competing writers on a rollback journal"
        }
    };
    let scanned = model.cache.as_ref().is_some_and(|one| one.recomputers > 0);
    let lock = if scanned {
        ", behind a readers-writer lock"
    } else {
        ""
    };
    format!("{connections}{lock}")
}
