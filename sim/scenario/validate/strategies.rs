//! Names, roles and settings of the strategies of a scenario.

use indexmap::IndexMap;

use super::Findings;
use super::settings::{self, Group, Takes, not_taken};
use crate::outcome::NO_BACKFILL;
use crate::scenario::model::{Model, Role, ShapeKind, Strategy, StrategyKind};
use crate::scenario::place::KeyPath;
use crate::scenario::strategy::Compared;

pub(super) fn strategies(model: &Model, findings: &mut Findings) {
    names_and_roles(&model.strategies, "single-transaction", findings);
    for (name, strategy) in &model.strategies {
        check_settings(name, strategy, findings);
    }
}

/// What holds for strategies of all families; `example` is a kind that needs no settings.
pub(crate) fn names_and_roles<S: Compared>(
    strategies: &IndexMap<String, S>,
    example: &str,
    findings: &mut Findings,
) {
    if strategies.is_empty() {
        let message = "there is none, so there is nothing to compare".to_owned();
        let help = format!("add one: `[strategies.{example}]` with `kind = \"{example}\"`");
        findings.add("strategies", message, help);
    }
    for (name, strategy) in strategies {
        check_name(name, findings);
        check_role(name, strategy, findings);
    }
    let baselines: Vec<&str> = strategies
        .iter()
        .filter(|(_, strategy)| strategy.role() == Role::Baseline)
        .map(|(name, _)| name.as_str())
        .collect();
    if let Some((first, others)) = baselines.split_first()
        && !S::MANY_BASELINES
    {
        for name in others {
            findings.add(
                at(name).member("role"),
                format!("`{first}` is the baseline already"),
                "keep one baseline and make the other a candidate: what would be compared with which?",
            );
        }
    }
}

fn check_name(name: &str, findings: &mut Findings) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(plain) {
        let message = format!("`{name}` cannot be the name of a strategy");
        let help = "use lower-case letters, digits and `-`: names become parts of file names";
        findings.add(at(name), message, help);
    } else if name == NO_BACKFILL {
        let message = format!("`{NO_BACKFILL}` is the name of the run without any backfill");
        findings.add(
            at(name),
            message,
            "choose another name; that run is always made",
        );
    }
}

fn check_role(name: &str, strategy: &impl Compared, findings: &mut Findings) {
    if strategy.is_cheat() && strategy.role() != Role::Control {
        let message = format!("a {} is a cheat and must be caught", strategy.kind());
        let path = at(name).member("role");
        findings.add(path, message, "write `role = \"control\"`");
    }
}

/// The settings a strategy needs: one of each group.
const fn needs(strategy: &Strategy) -> &'static [Group] {
    match strategy.kind {
        StrategyKind::SingleTransaction | StrategyKind::GuardedSingleTransaction => &[],
        StrategyKind::DressedSingleTransaction => &[&["rows"]],
        StrategyKind::Proposal
        | StrategyKind::PauseSkipped
        | StrategyKind::NoSnapshot
        | StrategyKind::NoCursor
        | StrategyKind::SentinelCursor
        | StrategyKind::LateWrite
        | StrategyKind::DoneAfterCancel
        | StrategyKind::ProgressPerRow
        | StrategyKind::ResumeFromZero
        | StrategyKind::BlindStatus => &[&["rows"], &["pause_ms"]],
        StrategyKind::Chunked => settings::of_pacer(strategy.pacing().pacer),
    }
}

fn check_settings(name: &str, strategy: &Strategy, findings: &mut Findings) {
    let (whole, pacing) = (at(name), strategy.pacing());
    let chunked = strategy.kind == StrategyKind::Chunked;
    let who = match strategy.kind {
        StrategyKind::Chunked => format!("pacer `{}`", pacing.pacer.name()),
        kind => format!("kind `{}`", kind.name()),
    };
    let takes = Takes {
        who: &who,
        needs: needs(strategy),
        may: &[],
        other: "kind or pacer",
    };
    for (key, given) in [
        ("pacer", strategy.pacer.is_some()),
        ("shape", strategy.shape.is_some()),
    ] {
        if given && !chunked {
            not_taken(&whole, &takes, key, findings);
        }
    }
    let in_place = strategy.shape.unwrap_or_default() == ShapeKind::InPlace;
    if strategy.reads.is_some() && in_place {
        let message = "what is done in place reads where it writes".to_owned();
        let help = "remove `reads`, or choose `shape = \"two-phase\"` or `\"storage-order\"`";
        findings.add(whole.member("reads"), message, help);
    }
    settings::check(&whole, &takes, &settings::pacing(&pacing), findings);
}

fn at(name: &str) -> KeyPath {
    KeyPath::new(["strategies", name])
}
