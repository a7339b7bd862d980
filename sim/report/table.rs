//! The strategy table, once for terminal, Markdown and page: units in the header, numbers beneath.

use std::borrow::Cow;

use super::evidence::{Evidence, Shown};
use crate::measure::unit;
use crate::scenario::Role;

/// What stands where there is no figure.
pub(crate) const ABSENT: &str = "–";

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its header, with the unit.
    pub(crate) title: Cow<'static, str>,
    /// Whether it holds numbers, which are aligned to the right.
    pub(crate) numeric: bool,
    /// Given up first where there is too little room; 0 is never given up.
    pub(crate) expendable: u8,
}

/// A column of numbers.
pub(crate) const fn numbers(title: &'static str, expendable: u8) -> Column {
    Column {
        title: Cow::Borrowed(title),
        numeric: true,
        expendable,
    }
}

/// A column of words.
pub(crate) const fn words(title: &'static str, expendable: u8) -> Column {
    Column {
        title: Cow::Borrowed(title),
        numeric: false,
        expendable,
    }
}

/// The columns, where the objective is about readers.
const COLUMNS: [Column; 14] = [
    words("strategy", 0),
    words("role", 2),
    numbers("duration s", 0),
    numbers("duration / floor", 3),
    numbers("sum of hold s", 9),
    numbers("reader p50 ms", 6),
    numbers("reader p95 ms", 0),
    numbers("reader p99 ms", 7),
    numbers("reader max ms", 4),
    numbers("p95 / no backfill", 1),
    numbers("predicted p95 ms", 8),
    numbers("longest hold ms", 5),
    numbers("chunks", 10),
    words("verdict", 0),
];

/// Rows of words and figures under their columns.
pub(crate) struct Table {
    /// The columns, without those in which no row has a figure.
    pub(crate) columns: Vec<Column>,
    /// Cells in the order of the columns.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// The table of `evidence`. Connections of their own have no floor, for instance: a column
    /// without any figure is left out, one with some keeps its gaps.
    pub(super) fn of(evidence: &Evidence<'_>) -> Self {
        let competing = evidence.comparison.competing;
        let rows: Vec<Vec<String>> = evidence
            .strategies()
            .map(|shown| {
                let others = shown.result.pooled.others_p95_ns;
                let mut row = row(shown);
                if competing {
                    row.insert(row.len() - 1, or_absent(others, unit::millis));
                }
                row
            })
            .collect();
        Self::with_figures(columns(evidence), rows)
    }

    /// `rows` under `columns`, but for the expendable ones in which no row has a figure.
    pub(crate) fn with_figures(mut columns: Vec<Column>, mut rows: Vec<Vec<String>>) -> Self {
        for index in (0..columns.len()).rev() {
            let empty = rows.iter().all(|row| row[index] == ABSENT);
            if empty && columns[index].expendable > 0 {
                columns.remove(index);
                rows.iter_mut().for_each(|row| drop(row.remove(index)));
            }
        }
        Self { columns, rows }
    }
}

/// The columns of `evidence`: latencies are of those the objective is about. Where two writers
/// compete, the p95 of the others stands before the verdict, and is given up first.
fn columns(evidence: &Evidence<'_>) -> Vec<Column> {
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

/// A figure, or what stands where there is none.
pub(crate) fn or_absent<T>(value: Option<T>, write: impl Fn(T) -> String) -> String {
    value.map_or_else(|| ABSENT.to_owned(), write)
}

fn row(shown: Shown<'_>) -> Vec<String> {
    let pooled = &shown.result.pooled;
    let factor = |value: Option<f64>| or_absent(value, unit::factor);
    let chunks = Some(pooled.chunks).filter(|chunks| *chunks > 0);
    vec![
        shown.result.name.clone(),
        role(shown.result.role).to_owned(),
        or_absent(pooled.duration_ns, unit::seconds),
        factor(pooled.duration_floor),
        or_absent(pooled.held_ns, unit::seconds),
        or_absent(pooled.p50_ns, unit::millis),
        or_absent(pooled.p95_ns, unit::millis),
        or_absent(pooled.p99_ns, unit::millis),
        or_absent(pooled.max_ns, unit::millis),
        factor(pooled.ratio),
        or_absent(pooled.predicted_p95_ns, unit::millis),
        or_absent(pooled.longest_hold_ns, unit::millis),
        or_absent(chunks, unit::count),
        shown.standing.word().to_owned(),
    ]
}

/// A role's name in files.
pub(crate) const fn role(role: Role) -> &'static str {
    match role {
        Role::Candidate => "candidate",
        Role::Baseline => "baseline",
        Role::Control => "control",
    }
}

/// What the columns mean, and how the figures of several seeds became one.
pub(super) fn note(evidence: &Evidence<'_>) -> String {
    let request = evidence.comparison.subject.request();
    let latency =
        format!("Latency counts from the intended arrival of a {request} during the backfill.");
    let mut note = if evidence.several_seeds() {
        format!(
            "{latency} Geometric means over seeds {}; max and longest hold are the worst of all seeds; the verdict is that of the worst seed.",
            evidence.seeds()
        )
    } else {
        format!("{latency} Seed {}.", evidence.seeds())
    };
    let mut strategies = evidence.comparison.strategies.iter();
    if strategies.any(|strategy| strategy.pooled.duration_floor.is_some()) {
        note.push_str(FLOOR);
    }
    note
}

const FLOOR: &str = " Floor: the least time in which the connection can do the work of the single transaction and everything the others ask of it meanwhile. Below 1 × is who does less work than that, by another plan, or leaves readers waiting until after its end.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::synthetic;
    use crate::scenario::Connections;

    #[test]
    fn a_column_nobody_has_a_figure_for_is_left_out_and_not_explained() {
        let mut run = synthetic::run();
        let titles = |evidence: &Evidence<'_>| -> String {
            let table = Table::of(evidence);
            let cells = table.rows.iter().map(Vec::len);
            assert!(cells.into_iter().all(|cells| cells == table.columns.len()));
            let titles: Vec<&str> = table.columns.iter().map(|column| &*column.title).collect();
            titles.join(", ")
        };
        let shared = Evidence::of(&run);
        assert!(titles(&shared).contains("duration / floor"));
        assert!(titles(&shared).contains("sum of hold s"));
        assert!(note(&shared).contains("Floor: "));
        run.scenario.model.database.connections = Connections::Split;
        let split = Evidence::of(&run);
        let left = titles(&split);
        assert!(!left.contains("duration / floor") && !left.contains("sum of hold s"));
        assert!(left.contains("reader p95 ms") && left.contains("longest hold ms"));
        assert!(!note(&split).contains("Floor"));
    }

    #[test]
    fn a_wrong_strategy_keeps_its_row_and_its_gaps() {
        let run = synthetic::run();
        let table = Table::of(&Evidence::of(&run));
        let floor = table
            .columns
            .iter()
            .position(|column| column.title == "duration / floor");
        let cells: Vec<&str> = table
            .rows
            .iter()
            .map(|row| row[floor.unwrap()].as_str())
            .collect();
        assert_eq!(cells[4], ABSENT, "dressed");
        assert!(
            cells[..4].iter().all(|cell| cell.ends_with('×')),
            "{cells:?}"
        );
    }
}
