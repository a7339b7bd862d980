//! Names, roles and settings of the strategies of a scenario.

use super::Findings;
use crate::outcome::NO_BACKFILL;
use crate::scenario::model::{Model, Role, Strategy, StrategyKind};
use crate::scenario::place::KeyPath;

/// The longest pause between two chunks, ms: an hour. A longer one is not pacing.
const LONGEST_PAUSE_MS: u64 = 3_600_000;

pub(super) fn strategies(model: &Model, findings: &mut Findings) {
    if model.strategies.is_empty() {
        let message = "there is none, so there is nothing to compare".to_owned();
        let help =
            "add one: `[strategies.single-transaction]` with `kind = \"single-transaction\"`";
        findings.add("strategies", message, help);
    }
    for (name, strategy) in &model.strategies {
        check_name(name, findings);
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

fn check_settings(name: &str, strategy: &Strategy, findings: &mut Findings) {
    let (takes_rows, takes_pause, kind) = match strategy.kind {
        StrategyKind::SingleTransaction => (false, false, "single-transaction"),
        StrategyKind::Chunked => (true, true, "chunked"),
        StrategyKind::DressedSingleTransaction => (true, false, "dressed-single-transaction"),
    };
    check_rows(name, kind, takes_rows, strategy.rows, findings);
    check_pause(name, kind, takes_pause, strategy.pause_ms, findings);
    let dressed = strategy.kind == StrategyKind::DressedSingleTransaction;
    if dressed && strategy.role != Role::Control {
        let message = "a dressed-single-transaction is a cheat and must be caught".to_owned();
        findings.add(at(name, "role"), message, "write `role = \"control\"`");
    }
}

fn check_rows(name: &str, kind: &str, taken: bool, rows: Option<u64>, findings: &mut Findings) {
    match rows {
        None if taken => findings.add(
            KeyPath::new(["strategies", name]),
            format!("kind `{kind}` needs `rows`"),
            "add the rows of a chunk, for example `rows = 500`",
        ),
        Some(_) if !taken => not_taken(name, kind, "rows", findings),
        Some(0) => findings.add(
            at(name, "rows"),
            "chunks of 0 rows never finish".to_owned(),
            "write `rows` as 1 or more, for example `rows = 500`",
        ),
        _ => {}
    }
}

fn check_pause(name: &str, kind: &str, taken: bool, pause: Option<u64>, findings: &mut Findings) {
    match pause {
        None if taken => findings.add(
            KeyPath::new(["strategies", name]),
            format!("kind `{kind}` needs `pause_ms`"),
            "add the pause between chunks, for example `pause_ms = 100`; 0 is no pause",
        ),
        Some(_) if !taken => not_taken(name, kind, "pause_ms", findings),
        Some(pause_ms) if pause_ms > LONGEST_PAUSE_MS => findings.add(
            at(name, "pause_ms"),
            format!("{pause_ms} ms between two chunks is more than an hour"),
            format!("choose from 0 to {LONGEST_PAUSE_MS}"),
        ),
        _ => {}
    }
}

fn not_taken(name: &str, kind: &str, key: &str, findings: &mut Findings) {
    let message = format!("kind `{kind}` does not take `{key}`");
    let help = format!("remove `{key}`, or write `kind = \"chunked\"`");
    findings.add(at(name, key), message, help);
}

fn at(name: &str, key: &str) -> KeyPath {
    KeyPath::new(["strategies", name, key])
}
