//! The strategy table, once for terminal, Markdown and page: units in the header, numbers beneath.

use std::borrow::Cow;

use super::evidence::{Evidence, Shown};
use crate::measure::unit;
use crate::scenario::Role;

/// What stands where there is no figure.
pub(super) const ABSENT: &str = "–";

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Its header, with the unit.
    pub(super) title: Cow<'static, str>,
    /// Whether it holds numbers, which are aligned to the right.
    pub(super) numeric: bool,
    /// Given up first where there is too little room; 0 is never given up.
    pub(super) expendable: u8,
}

const fn numbers(title: &'static str, expendable: u8) -> Column {
    Column {
        title: Cow::Borrowed(title),
        numeric: true,
        expendable,
    }
}

const fn words(title: &'static str, expendable: u8) -> Column {
    Column {
        title: Cow::Borrowed(title),
        numeric: false,
        expendable,
    }
}

/// The columns, where the objective is about readers.
const COLUMNS: [Column; 12] = [
    words("strategy", 0),
    words("role", 2),
    numbers("duration s", 0),
    numbers("reader p50 ms", 5),
    numbers("reader p95 ms", 0),
    numbers("reader p99 ms", 6),
    numbers("reader max ms", 3),
    numbers("p95 / no backfill", 1),
    numbers("predicted p95 ms", 7),
    numbers("longest hold ms", 4),
    numbers("chunks", 8),
    words("verdict", 0),
];

/// The columns of `evidence`: latencies are of those the objective is about. Where two writers
/// compete, the p95 of the others stands before the verdict, and is given up first.
pub(super) fn columns(evidence: &Evidence<'_>) -> Vec<Column> {
    let subject = evidence.comparison.subject;
    let mut columns = Vec::from(COLUMNS);
    for column in &mut columns {
        column.title = column.title.replace("reader", subject.one()).into();
    }
    if evidence.comparison.competing {
        let beside = Column {
            title: format!("{} p95 ms", subject.others().one()).into(),
            ..numbers("", u8::MAX)
        };
        columns.insert(columns.len() - 1, beside);
    }
    columns
}

/// One row per strategy, cells in the order of [`columns`].
pub(super) fn rows(evidence: &Evidence<'_>) -> Vec<Vec<String>> {
    let competing = evidence.comparison.competing;
    evidence
        .strategies()
        .map(|shown| {
            let others = shown.result.pooled.others_p95_ns;
            let mut row = row(shown);
            if competing {
                row.insert(row.len() - 1, or_absent(others, unit::millis));
            }
            row
        })
        .collect()
}

fn or_absent(value: Option<u64>, write: fn(u64) -> String) -> String {
    value.map_or_else(|| ABSENT.to_owned(), write)
}

fn row(shown: Shown<'_>) -> Vec<String> {
    let pooled = &shown.result.pooled;
    let chunks = Some(pooled.chunks).filter(|chunks| *chunks > 0);
    vec![
        shown.result.name.clone(),
        role(shown.result.role).to_owned(),
        or_absent(pooled.duration_ns, unit::seconds),
        or_absent(pooled.p50_ns, unit::millis),
        or_absent(pooled.p95_ns, unit::millis),
        or_absent(pooled.p99_ns, unit::millis),
        or_absent(pooled.max_ns, unit::millis),
        pooled.ratio.map_or_else(|| ABSENT.to_owned(), unit::factor),
        or_absent(pooled.predicted_p95_ns, unit::millis),
        or_absent(pooled.longest_hold_ns, unit::millis),
        or_absent(chunks, unit::count),
        shown.standing.word().to_owned(),
    ]
}

/// A role's name in files.
pub(super) const fn role(role: Role) -> &'static str {
    match role {
        Role::Candidate => "candidate",
        Role::Baseline => "baseline",
        Role::Control => "control",
    }
}

/// How the figures of several seeds became one.
pub(super) fn note(evidence: &Evidence<'_>) -> String {
    let request = evidence.comparison.subject.request();
    let latency =
        format!("Latency counts from the intended arrival of a {request} during the backfill.");
    if evidence.several_seeds() {
        format!(
            "{latency} Geometric means over seeds {}; max and longest hold are the worst of all seeds; the verdict is that of the worst seed.",
            evidence.seeds()
        )
    } else {
        format!("{latency} Seed {}.", evidence.seeds())
    }
}
