//! Settings that belong to a kind: which of them it takes, which it needs, and their ranges.

use super::Findings;
use crate::scenario::pacing::Pacing;
use crate::scenario::place::KeyPath;
use crate::scenario::strategy::PacerKind;

/// The longest pause, target or interval, ms: an hour. A longer one is not pacing.
const LONGEST_MS: u64 = 3_600_000;
/// The most of a chunk's time, or of readers' own latency, that can be asked for.
const LARGEST_FACTOR: f64 = 1_000.0;

/// Keys of which one must be given.
pub(crate) type Group = &'static [&'static str];

/// What a kind takes, as it is called in messages.
pub(crate) struct Takes<'a> {
    /// The kind, or what else takes it.
    pub(crate) who: &'a str,
    /// One of each group must be given.
    pub(crate) needs: &'a [Group],
    /// These may be given.
    pub(crate) may: Group,
    /// What else to choose for a key that is not taken.
    pub(crate) other: &'static str,
}

/// A setting as it is given.
pub(crate) struct Setting {
    /// Its key.
    pub(crate) key: &'static str,
    /// Whether it is given.
    pub(crate) given: bool,
    /// What is wrong with its value.
    pub(crate) wrong: Option<String>,
    /// A value that is right.
    pub(crate) example: &'static str,
}

/// The settings a pacer needs: one of each group.
pub(crate) const fn of_pacer(pacer: PacerKind) -> &'static [Group] {
    match pacer {
        PacerKind::Fixed => &[&["rows"], &["pause_ms"]],
        PacerKind::ProportionalPause => &[&["rows"], &["coefficient"]],
        PacerKind::TimeTarget | PacerKind::ElapsedTime => &[&["target_ms"]],
        PacerKind::Efficiency => &[&["rows"], &["interval_ms"]],
        PacerKind::ReaderSlo => &[&["p95_ms", "times_no_backfill"]],
    }
}

/// What is given of a pacer's settings.
pub(crate) fn pacing(pacing: &Pacing) -> Vec<Setting> {
    let rows = pacing.rows;
    let zero =
        (rows == Some(0)).then(|| "chunks of 0 rows never finish; take 1 or more".to_owned());
    let time = |value: Option<u64>| match value {
        Some(0) => Some("nothing can be done in no time".to_owned()),
        Some(ms) if ms > LONGEST_MS => Some(format!("{ms} ms is more than an hour")),
        _ => None,
    };
    let pause = pacing.pause_ms;
    let long = pause.filter(|&ms| ms > LONGEST_MS);
    let long = long.map(|ms| format!("{ms} ms is more than an hour"));
    let factor = |value: Option<f64>, least: f64| {
        let value = value.filter(|value| !(least..=LARGEST_FACTOR).contains(value))?;
        Some(format!(
            "{value} is not within {least} and {LARGEST_FACTOR}"
        ))
    };
    let (target, interval) = (pacing.target_ms, pacing.interval_ms);
    let (share, times) = (pacing.coefficient, pacing.times_no_backfill);
    let p95 = pacing.p95_ms;
    let all = [
        ("rows", rows.is_some(), zero, "500"),
        ("pause_ms", pause.is_some(), long, "100"),
        ("target_ms", target.is_some(), time(target), "50"),
        ("interval_ms", interval.is_some(), time(interval), "2_000"),
        ("coefficient", share.is_some(), factor(share, 0.0), "0.7"),
        ("p95_ms", p95.is_some(), time(p95), "50"),
        (
            "times_no_backfill",
            times.is_some(),
            factor(times, 1.0),
            "3.0",
        ),
    ];
    let setting = |(key, given, wrong, example)| Setting {
        key,
        given,
        wrong,
        example,
    };
    all.into_iter().map(setting).collect()
}

/// Checks the settings of the table `whole` against what its kind takes.
pub(crate) fn check(
    whole: &KeyPath,
    takes: &Takes<'_>,
    settings: &[Setting],
    findings: &mut Findings,
) {
    let who = takes.who;
    for setting in settings {
        let key = setting.key;
        let taken = takes.may.contains(&key) || takes.needs.iter().any(|one| one.contains(&key));
        if setting.given && !taken {
            not_taken(whole, takes, key, findings);
        } else if let Some(wrong) = &setting.wrong {
            let help = format!("change it, for example `{key} = {}`", setting.example);
            findings.add(whole.member(key), wrong.clone(), help);
        }
    }
    for group in takes.needs {
        let of_group = || settings.iter().filter(|one| group.contains(&one.key));
        let example = of_group()
            .next()
            .map_or_else(String::new, |one| format!("{} = {}", one.key, one.example));
        let keys = listed(group);
        match of_group().filter(|one| one.given).count() {
            0 => findings.add(
                whole.clone(),
                format!("{who} needs {keys}"),
                format!("add `{example}`, say"),
            ),
            1 => {}
            _ => findings.add(
                whole.clone(),
                format!("{who} takes one of {keys}"),
                "remove one of them",
            ),
        }
    }
}

/// A key of the table `whole` that its kind does not take.
pub(crate) fn not_taken(whole: &KeyPath, takes: &Takes<'_>, key: &str, findings: &mut Findings) {
    let message = format!("{} does not take `{key}`", takes.who);
    let help = format!("remove `{key}`, or choose another {}", takes.other);
    findings.add(whole.member(key), message, help);
}

/// Keys as words.
fn listed(keys: &[&str]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    quoted.join(" or ")
}
