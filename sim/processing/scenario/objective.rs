//! What a scenario may promise: figures within their ranges, and nothing that nobody could measure.

use super::model::Model;
use super::strategy_kind::StrategyKind;
use crate::scenario::Findings;

/// A strategy cannot be promised more than this many times of anything.
const MOST_TIMES: f64 = 1_000.0;

pub(super) fn objective(model: &Model, findings: &mut Findings) {
    let of = &model.objective;
    // Where both are the same in fact, the ratio is 1: what lasts as long as its parts, or longer,
    // cannot be promised to take less.
    for (key, times, least) in [
        ("times_synchronous", of.times_synchronous, 0.001),
        ("times_wipe", of.times_wipe, 0.001),
        ("reread_of_wipe", of.reread_of_wipe, 0.0),
        ("objects_of_count_only", of.objects_of_count_only, 0.001),
        ("recovery_times", of.recovery_times, 1.0),
        ("reader_p95_times", of.reader_p95_times, 1.0),
    ] {
        if let Some(times) = times {
            findings.number(&format!("objective.{key}"), times, least, MOST_TIMES);
        }
    }
    rivals(model, findings);
    if of.objects_of_count_only.is_some() {
        let mut all = model.strategies.values();
        if all.all(|strategy| strategy.efficiency_percent.is_none()) {
            let path = "objective.objects_of_count_only";
            let message = "it is asked of strategies with `efficiency_percent`, and there is none";
            let help = "give one of kind `store` `efficiency_percent = 95`, say, or remove it";
            findings.add(path, message.to_owned(), help);
        }
    }
    if of.recovery_times.is_some() && model.outage.is_empty() {
        let message = "there is no outage to recover from".to_owned();
        let help = "add `[[outage]]` with `after_s` and `for_s`, or remove it";
        findings.add("objective.recovery_times", message, help);
    }
    readers(model, findings);
}

/// A figure that is compared with one kind of strategy needs one of that kind, and only one.
fn rivals(model: &Model, findings: &mut Findings) {
    let of = &model.objective;
    for (key, given, kind) in [
        (
            "times_synchronous",
            of.times_synchronous,
            StrategyKind::Synchronous,
        ),
        ("times_wipe", of.times_wipe, StrategyKind::Wipe),
        ("reread_of_wipe", of.reread_of_wipe, StrategyKind::Wipe),
        (
            "objects_of_count_only",
            of.objects_of_count_only,
            StrategyKind::CountOnly,
        ),
    ] {
        let name = kind.name();
        let rivals = model.strategies.iter().filter(|(_, one)| one.kind == kind);
        let rivals: Vec<String> = rivals.map(|(name, _)| format!("`{name}`")).collect();
        let (message, help) = match (given, rivals.len()) {
            (None, _) | (Some(_), 1) => continue,
            (Some(_), 0) => (
                format!("it is compared with a strategy of kind `{name}`, and there is none"),
                format!("add `[strategies.{name}]` with `kind = \"{name}\"`, or remove it"),
            ),
            (Some(_), _) => (
                format!(
                    "of kind `{name}` are {}: which is meant?",
                    rivals.join(" and ")
                ),
                "keep one of them".to_owned(),
            ),
        };
        findings.add(format!("objective.{key}").as_str(), message, help);
    }
}

fn readers(model: &Model, findings: &mut Findings) {
    if model.objective.reader_p95_times.is_none() {
        return;
    }
    let path = "objective.reader_p95_times";
    if model.load.reads_per_s <= 0.0 {
        let message = "readers are promised something, but nobody reads".to_owned();
        findings.add(path, message, "raise `load.reads_per_s`, or remove it");
    } else if model.items.opened_share <= 0.0 {
        let message = "without any processing, readers find no accounts".to_owned();
        let help = "raise `items.opened_share`: what is compared is to be the same work";
        findings.add(path, message, help);
    }
}
