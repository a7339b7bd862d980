//! What strategies of a listing scenario take: by kind, and within which ranges.

use super::model::Model;
use super::strategy::Strategy;
use super::strategy_kind::StrategyKind;
use super::validate::MOST_SLOTS;
use crate::scenario::validate::settings::{self, Group, Setting, Takes};
use crate::scenario::validate::strategies::names_and_roles;
use crate::scenario::{Findings, KeyPath};

/// Equal segments, at the most: far more than there are pages.
const MOST_SEGMENTS: u32 = 100_000;
/// Parts of a segment after every page, at the most.
const MOST_WAYS: u32 = 100;

pub(super) fn strategies(model: &Model, findings: &mut Findings) {
    names_and_roles(&model.strategies, "sequential", findings);
    for (name, strategy) in &model.strategies {
        let whole = KeyPath::new(["strategies", name]);
        let (needs, may) = taken(strategy.kind);
        let takes = Takes {
            who: &format!("kind `{}`", strategy.kind.name()),
            needs,
            may,
            other: "kind",
        };
        settings::check(&whole, &takes, &given(strategy), findings);
        fit(model, strategy, &whole, findings);
    }
}

/// What a strategy of a kind needs, one of each group, and what else it takes.
const fn taken(kind: StrategyKind) -> (&'static [Group], Group) {
    match kind {
        StrategyKind::Sequential => (&[], &[]),
        StrategyKind::Fixed => (&[&["segments"]], &["slots"]),
        StrategyKind::Recursive => (&[&["ways"]], &["slots"]),
        StrategyKind::Adaptive => (&[], &["slots", "blind"]),
        StrategyKind::Tiers
        | StrategyKind::Probe
        | StrategyKind::EqualCount
        | StrategyKind::StateFirst
        | StrategyKind::RetryOutside
        | StrategyKind::BoundaryDropped
        | StrategyKind::CursorTrusted
        | StrategyKind::RefetchingSplit
        | StrategyKind::ProbeDiscarded
        | StrategyKind::LimitCompletes => (&[], &["slots"]),
    }
}

fn given(strategy: &Strategy) -> [Setting; 4] {
    let setting = |key, value: Option<u32>, least: u32, most: u32, example| Setting {
        key,
        given: value.is_some(),
        wrong: value
            .filter(|value| !(least..=most).contains(value))
            .map(|value| format!("{value} is not within {least} and {most}")),
        example,
    };
    [
        setting("segments", strategy.segments, 1, MOST_SEGMENTS, "50"),
        setting("ways", strategy.ways, 2, MOST_WAYS, "2"),
        setting("slots", strategy.slots, 1, MOST_SLOTS, "15"),
        setting("blind", strategy.blind, 1, MOST_SLOTS, "1"),
    ]
}

/// Numbers that are right, but not beside each other.
fn fit(model: &Model, strategy: &Strategy, whole: &KeyPath, findings: &mut Findings) {
    let slots = strategy.slots(&model.client);
    let as_many = strategy.kind == StrategyKind::Fixed && strategy.slots.is_none();
    if as_many && (MOST_SLOTS + 1..=MOST_SEGMENTS).contains(&slots) {
        let message = format!("{slots} segments would be fetched at a time");
        let help = "add `slots = 15`, say: unless said, there are as many as segments";
        findings.add(whole.member("segments"), message, help);
    }
    let blind = strategy.blind.filter(|&blind| blind <= MOST_SLOTS);
    if let Some(blind) = blind.filter(|&blind| blind > slots && slots > 0) {
        let message = format!("{blind} calls cannot be under way in {slots} slots");
        let help = format!("choose up to {slots}, or raise `slots`");
        findings.add(whole.member("blind"), message, help);
    }
}
