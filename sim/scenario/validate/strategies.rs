//! Names, roles and settings of the strategies of a scenario.

use super::Findings;
use crate::outcome::NO_BACKFILL;
use crate::scenario::model::{Model, PacerKind, Role, ShapeKind, Strategy, StrategyKind};
use crate::scenario::place::KeyPath;

/// The longest pause, target or interval, ms: an hour. A longer one is not pacing.
const LONGEST_MS: u64 = 3_600_000;
/// The most of a chunk's time, or of readers' own latency, that can be asked for.
const LARGEST_FACTOR: f64 = 1_000.0;

pub(super) fn strategies(model: &Model, findings: &mut Findings) {
    if model.strategies.is_empty() {
        let message = "there is none, so there is nothing to compare".to_owned();
        let help =
            "add one: `[strategies.single-transaction]` with `kind = \"single-transaction\"`";
        findings.add("strategies", message, help);
    }
    for (name, strategy) in &model.strategies {
        check_name(name, findings);
        check_role(name, strategy, findings);
        check_settings(name, strategy, findings);
    }
    let baselines: Vec<&str> = model
        .strategies
        .iter()
        .filter(|(_, strategy)| strategy.role == Role::Baseline)
        .map(|(name, _)| name.as_str())
        .collect();
    if let Some((first, others)) = baselines.split_first() {
        for name in others {
            findings.add(
                at(name, "role"),
                format!("`{first}` is the baseline already"),
                "keep one baseline and make the other a candidate: what would be compared with which?",
            );
        }
    }
}

fn check_name(name: &str, findings: &mut Findings) {
    let whole = KeyPath::new(["strategies", name]);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(plain) {
        let message = format!("`{name}` cannot be the name of a strategy");
        let help = "use lower-case letters, digits and `-`: names become parts of file names";
        findings.add(whole, message, help);
    } else if name == NO_BACKFILL {
        let message = format!("`{NO_BACKFILL}` is the name of the run without any backfill");
        findings.add(
            whole,
            message,
            "choose another name; that run is always made",
        );
    }
}

fn check_role(name: &str, strategy: &Strategy, findings: &mut Findings) {
    if strategy.kind.is_cheat() && strategy.role != Role::Control {
        let kind = strategy.kind.name();
        let message = format!("a {kind} is a cheat and must be caught");
        findings.add(at(name, "role"), message, "write `role = \"control\"`");
    }
}

/// The settings a strategy needs: one of each group.
fn needs(strategy: &Strategy) -> &'static [&'static [&'static str]] {
    match (strategy.kind, strategy.pacer.unwrap_or_default()) {
        (StrategyKind::SingleTransaction | StrategyKind::GuardedSingleTransaction, _) => &[],
        (StrategyKind::DressedSingleTransaction, _) => &[&["rows"]],
        (
            StrategyKind::Proposal
            | StrategyKind::PauseSkipped
            | StrategyKind::NoSnapshot
            | StrategyKind::NoCursor
            | StrategyKind::SentinelCursor
            | StrategyKind::LateWrite
            | StrategyKind::DoneAfterCancel
            | StrategyKind::ProgressPerRow
            | StrategyKind::ResumeFromZero
            | StrategyKind::BlindStatus,
            _,
        ) => &[&["rows"], &["pause_ms"]],
        (StrategyKind::Chunked, PacerKind::Fixed) => &[&["rows"], &["pause_ms"]],
        (StrategyKind::Chunked, PacerKind::ProportionalPause) => &[&["rows"], &["coefficient"]],
        (StrategyKind::Chunked, PacerKind::TimeTarget | PacerKind::ElapsedTime) => {
            &[&["target_ms"]]
        }
        (StrategyKind::Chunked, PacerKind::Efficiency) => &[&["rows"], &["interval_ms"]],
        (StrategyKind::Chunked, PacerKind::ReaderSlo) => &[&["p95_ms", "times_no_backfill"]],
    }
}

/// A setting: its key, whether it is given, what is wrong with its value, and an example.
type Setting = (&'static str, bool, Option<String>, &'static str);

fn settings(strategy: &Strategy) -> [Setting; 7] {
    let rows = strategy.rows;
    let zero = |value: Option<u64>| {
        (value == Some(0)).then(|| "chunks of 0 rows never finish; take 1 or more".to_owned())
    };
    let time = |value: Option<u64>| match value {
        Some(0) => Some("nothing can be done in no time".to_owned()),
        Some(ms) if ms > LONGEST_MS => Some(format!("{ms} ms is more than an hour")),
        _ => None,
    };
    let pause = strategy.pause_ms;
    let long = pause.filter(|&ms| ms > LONGEST_MS);
    let factor = |value: Option<f64>, least: f64| {
        let value = value.filter(|value| !(least..=LARGEST_FACTOR).contains(value))?;
        Some(format!(
            "{value} is not within {least} and {LARGEST_FACTOR}"
        ))
    };
    let long = long.map(|ms| format!("{ms} ms is more than an hour"));
    let (target, interval) = (strategy.target_ms, strategy.interval_ms);
    let (share, times) = (strategy.coefficient, strategy.times_no_backfill);
    let p95 = strategy.p95_ms;
    [
        ("rows", rows.is_some(), zero(rows), "rows = 500"),
        ("pause_ms", pause.is_some(), long, "pause_ms = 100"),
        (
            "target_ms",
            target.is_some(),
            time(target),
            "target_ms = 50",
        ),
        (
            "interval_ms",
            interval.is_some(),
            time(interval),
            "interval_ms = 2_000",
        ),
        (
            "coefficient",
            share.is_some(),
            factor(share, 0.0),
            "coefficient = 0.7",
        ),
        ("p95_ms", p95.is_some(), time(p95), "p95_ms = 50"),
        (
            "times_no_backfill",
            times.is_some(),
            factor(times, 1.0),
            "times_no_backfill = 3.0",
        ),
    ]
}

fn check_settings(name: &str, strategy: &Strategy, findings: &mut Findings) {
    let chunked = strategy.kind == StrategyKind::Chunked;
    let kind = match strategy.kind {
        StrategyKind::Chunked => format!("pacer `{}`", strategy.pacer.unwrap_or_default().name()),
        kind => format!("kind `{}`", kind.name()),
    };
    for (key, given) in [
        ("pacer", strategy.pacer.is_some()),
        ("shape", strategy.shape.is_some()),
    ] {
        if given && !chunked {
            not_taken(name, &kind, key, findings);
        }
    }
    let in_place = strategy.shape.unwrap_or_default() == ShapeKind::InPlace;
    if strategy.reads.is_some() && in_place {
        let message = "what is done in place reads where it writes".to_owned();
        let help = "remove `reads`, or choose `shape = \"two-phase\"` or `\"storage-order\"`";
        findings.add(at(name, "reads"), message, help);
    }
    let needs = needs(strategy);
    let settings = settings(strategy);
    for (key, given, wrong, example) in &settings {
        let taken = needs.iter().any(|group| group.contains(key));
        if *given && !taken {
            not_taken(name, &kind, key, findings);
        } else if let Some(wrong) = wrong {
            let help = format!("change it, for example `{example}`");
            findings.add(at(name, key), wrong.clone(), help);
        }
    }
    for group in needs {
        let given = settings
            .iter()
            .filter(|(key, given, ..)| *given && group.contains(key));
        let keys = listed(group);
        let example = settings
            .iter()
            .find(|(key, ..)| group.contains(key))
            .map_or("", |(.., example)| example);
        let whole = KeyPath::new(["strategies", name]);
        match given.count() {
            0 => findings.add(
                whole,
                format!("{kind} needs {keys}"),
                format!("add `{example}`, say"),
            ),
            1 => {}
            _ => findings.add(
                whole,
                format!("{kind} takes one of {keys}"),
                "remove one of them",
            ),
        }
    }
}

/// Keys as words.
fn listed(keys: &[&str]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    quoted.join(" or ")
}

fn not_taken(name: &str, kind: &str, key: &str, findings: &mut Findings) {
    let message = format!("{kind} does not take `{key}`");
    let help = format!("remove `{key}`, or choose another kind or pacer");
    findings.add(at(name, key), message, help);
}

fn at(name: &str, key: &str) -> KeyPath {
    KeyPath::new(["strategies", name, key])
}
