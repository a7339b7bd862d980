//! The strategies in a table: units in the header, numbers beneath.

use super::evidence::Evidence;
use super::figures::anchor;
use crate::measure::unit;
use crate::processing::Objective;
use crate::processing::measure::{Pooled, StrategyResult};
use crate::report::table::{ABSENT, Column, Table, numbers, or_absent, role, words};
use crate::sheet::{Exhibit, Mark};

/// The columns between name and verdict. Those without any figure go: nobody reads, or nobody asks
/// the effect.
const COLUMNS: [Column; 22] = [
    words("role", 3),
    numbers("items / s", 0),
    numbers("makespan s", 1),
    numbers("/ synchronous", 2),
    numbers("/ wipe", 4),
    numbers("time stalled", 1),
    numbers("row hits", 8),
    numbers("rows read again", 5),
    numbers("read again / wipe", 9),
    numbers("effect calls", 10),
    numbers("called again", 11),
    numbers("objects held", 1),
    numbers("bytes held", 6),
    numbers("objects over", 7),
    numbers("writes", 12),
    numbers("items / write", 6),
    numbers("most in one", 14),
    numbers("write ms", 13),
    numbers("items repeated", 7),
    numbers("rows refused", 8),
    numbers("recovery / work", 5),
    numbers("reader p95 ms", 4),
];

/// The strategies of `evidence`.
pub(super) fn strategies(evidence: &Evidence<'_>) -> Exhibit {
    let results = &evidence.comparison.strategies;
    let mut columns = vec![words("strategy", 0)];
    columns.extend(COLUMNS);
    columns.push(numbers("p95 / without", 3));
    columns.push(words("verdict", 0));
    let docket = evidence.comparison.docket();
    let standings = docket.strategies.iter().map(|case| case.worst());
    let worst: Vec<_> = standings.map(|worst| worst.map(|(_, one)| one)).collect();
    let rows = results.iter().zip(&worst);
    let rows = rows.map(|(result, standing)| {
        let mut row = row(result);
        row.push(standing.map_or(ABSENT, |one| one.word()).to_owned());
        row
    });
    let marks = results.iter().zip(&worst).map(|(result, standing)| {
        let anchor = anchor(evidence, result);
        Mark::of(evidence.look(&result.name), *standing, anchor)
    });
    Exhibit {
        title: "Strategies",
        marks: marks.collect(),
        table: Table::with_figures(columns, rows.collect()),
        note: note(evidence),
    }
}

fn row(result: &StrategyResult) -> Vec<String> {
    let mut row = vec![result.name.clone(), role(result.role).to_owned()];
    match &result.pooled {
        Some(pooled) => row.extend(figures(pooled)),
        // One for each column, the ratio of the readers' p95 included.
        None => row.extend(vec![ABSENT.to_owned(); COLUMNS.len()]),
    }
    row
}

fn figures(pooled: &Pooled) -> Vec<String> {
    let factor = |value: Option<f64>| or_absent(value, unit::factor);
    // What nobody did is no figure, and a column without any is left out.
    let some = |value: u64| or_absent(Some(value).filter(|value| *value > 0), unit::count);
    let writing = &pooled.writing;
    let asked = pooled.effect.asked();
    let effect = |value: u64| or_absent(asked.then_some(value), unit::count);
    let whole = |value: f64| unit::count(libm::round(value) as u64);
    vec![
        or_absent(pooled.items_per_s, whole),
        or_absent(pooled.makespan_ns, unit::seconds),
        factor(pooled.times_synchronous),
        factor(pooled.times_wipe),
        or_absent(pooled.stalled_share, unit::percent),
        or_absent(pooled.rows.hit_share(), unit::percent),
        unit::count(pooled.reloads),
        factor(pooled.reread_of_wipe),
        effect(pooled.effect.calls),
        effect(pooled.effect.recalls),
        or_absent(pooled.objects, unit::count),
        or_absent(pooled.bytes, unit::bytes),
        or_absent(pooled.objects_over, unit::count),
        unit::count(writing.writes),
        or_absent(writing.items_mean(), whole),
        unit::count(writing.items_most),
        or_absent(writing.try_mean_ns(), unit::millis),
        some(pooled.repeated),
        some(pooled.refused),
        factor(pooled.recovery_times),
        or_absent(pooled.reader_p95_ns, unit::millis),
        factor(pooled.reader_ratio),
    ]
}

/// What the columns mean, how the figures of several seeds became one, and what is asked for.
fn note(evidence: &Evidence<'_>) -> String {
    let comparison = &evidence.comparison;
    let several = comparison.strategies.iter().any(|one| one.cells.len() > 1);
    let seeds = if several {
        format!(
            "Over seeds {}: rates and ratios are geometric means, hits and writes sums, and everything else the worst of all seeds, the verdict too.",
            evidence.seeds()
        )
    } else {
        format!("Seed {}.", evidence.seeds())
    };
    let tasks = comparison.strategies.iter().flat_map(|one| &one.cells);
    let task = tasks.map(|(cell, _)| &cell.task).next();
    let task = task.map_or_else(String::new, |task| {
        format!(
            "{} items in batches of {}. ",
            unit::count(task.items),
            unit::count(task.batch)
        )
    });
    format!(
        "{task}Stalled: no batch could begin for want of room. Over: objects above the budget and one batch. Write ms: the try that wrote, on average. {seeds}{}",
        wanted(&comparison.objective)
    )
}

/// The objective in words; nothing where nothing is asked for.
fn wanted(objective: &Objective) -> String {
    let asked = [
        ("/ synchronous at least", objective.times_synchronous),
        ("/ wipe at least", objective.times_wipe),
        ("read again / wipe at most", objective.reread_of_wipe),
        (
            "objects / count-only, of those told how efficient to be, at most",
            objective.objects_of_count_only,
        ),
        ("recovery / work at most", objective.recovery_times),
        ("p95 / without at most", objective.reader_p95_times),
    ];
    let asked = asked
        .into_iter()
        .filter_map(|(what, value)| Some(format!("{what} {}{}×", value?, unit::NBSP)));
    let asked: Vec<String> = asked.collect();
    if asked.is_empty() {
        return String::new();
    }
    format!(" Objective, of candidates: {}.", asked.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processing::measure::synthetic::{self, SECOND, oracle, run_of, took};

    fn titles(run: &crate::processing::Run) -> Vec<String> {
        let exhibit = strategies(&Evidence::of(run));
        let Table { columns, rows } = &exhibit.table;
        assert!(rows.iter().all(|row| row.len() == columns.len()));
        assert_eq!(exhibit.marks.len(), rows.len());
        columns.iter().map(|one| one.title.to_string()).collect()
    }

    #[test]
    fn columns_come_with_what_they_are_about() {
        let silent = titles(&run_of(vec![took("store", SECOND)]));
        for absent in ["reader p95 ms", "effect calls", "items repeated", "/ wipe"] {
            assert!(!silent.iter().any(|one| one == absent), "{absent}");
        }
        let full = titles(&synthetic::read_run());
        for there in [
            "reader p95 ms",
            "p95 / without",
            "effect calls",
            "recovery / work",
        ] {
            assert!(full.iter().any(|one| one == there), "{there} in {full:?}");
        }
    }

    #[test]
    fn a_wrong_strategy_keeps_its_row_and_its_gaps() {
        let mut run = synthetic::run();
        run.outcomes[3].oracles.push(oracle("rows", false));
        let exhibit = strategies(&Evidence::of(&run));
        let row = &exhibit.table.rows[3];
        assert_eq!((row[0].as_str(), row[1].as_str()), ("store", "candidate"));
        assert_eq!(row.last().unwrap(), "incorrect");
        assert!(row[2..row.len() - 1].iter().all(|cell| cell == ABSENT));
        assert!(exhibit.note.contains("at least 1.3"), "{}", exhibit.note);
    }
}
