//! The strategies in a table: units in the header, numbers beneath.

use super::Evidence;
use super::figures::anchor;
use crate::measure::unit;
use crate::processing::Objective;
use crate::processing::measure::{Pooled, StrategyResult};
use crate::report::table::{ABSENT, Column, Table, numbers, or_absent, role, words};
use crate::sheet::{Exhibit, Mark};

/// What strategies are compared by. Columns without any figure go: nobody reads, or there was no
/// outage.
const COMPARED: [Column; 14] = [
    words("strategy", 0),
    words("role", 3),
    numbers("items / s", 0),
    numbers("makespan s", 1),
    numbers("/ synchronous", 2),
    numbers("/ wipe", 6),
    numbers("time stalled", 1),
    numbers("rows read again", 5),
    numbers("read again / wipe", 9),
    numbers("objects held", 1),
    numbers("objects over", 8),
    numbers("recovery / work", 7),
    numbers("reader p95 ms", 4),
    numbers("p95 / without", 3),
];

/// What they did meanwhile.
const DONE: [Column; 12] = [
    words("strategy", 0),
    numbers("row hits", 1),
    numbers("effect calls", 1),
    numbers("called again", 1),
    numbers("bytes held", 1),
    numbers("bytes over", 1),
    numbers("writes", 1),
    numbers("items / write", 1),
    numbers("most in one", 1),
    numbers("write ms", 1),
    numbers("items repeated", 1),
    numbers("rows refused", 1),
];

/// The strategies of `evidence`, and where they stand.
pub(super) fn compared(evidence: &Evidence<'_>) -> Exhibit {
    let results = &evidence.comparison.strategies;
    let mut columns = Vec::from(COMPARED);
    columns.push(words("verdict", 0));
    let docket = evidence.comparison.docket();
    let standings = docket.strategies.iter().map(|case| case.worst());
    let worst: Vec<_> = standings.map(|worst| worst.map(|(_, one)| one)).collect();
    let rows = results.iter().zip(&worst).map(|(result, standing)| {
        let mut row = vec![result.name.clone(), role(result.role).to_owned()];
        row.extend(figures(
            result,
            COMPARED.len() - row.len(),
            compared_figures,
        ));
        row.push(standing.map_or(ABSENT, |one| one.word()).to_owned());
        row
    });
    let marks = results.iter().zip(&worst);
    let marks = marks.map(|(result, standing)| mark(evidence, result).standing(*standing));
    Exhibit {
        id: "strategies",
        title: "Strategies",
        marks: marks.collect(),
        table: Table::with_figures(columns, rows.collect()),
        note: note(evidence),
    }
}

/// What they did meanwhile.
pub(super) fn done(evidence: &Evidence<'_>) -> Exhibit {
    let results = &evidence.comparison.strategies;
    let rows = results.iter().map(|result| {
        let mut row = vec![result.name.clone()];
        row.extend(figures(result, DONE.len() - row.len(), done_figures));
        row
    });
    let marks = results.iter().map(|result| mark(evidence, result));
    Exhibit {
        id: "done",
        title: "What was looked up, held and written",
        marks: marks.collect(),
        table: Table::with_figures(Vec::from(DONE), rows.collect()),
        note: "Row hits: rows that were known, of all that were asked for. Over: bytes above the budget and one batch. Write ms: the try that wrote, on average. Repeated: processed again after a crash.".to_owned(),
    }
}

fn mark(evidence: &Evidence<'_>, result: &StrategyResult) -> Mark {
    Mark {
        look: evidence.look(&result.strategy),
        tone: None,
        anchor: anchor(evidence, result),
    }
}

/// As many figures as there are columns, or as many gaps.
fn figures(result: &StrategyResult, columns: usize, of: fn(&Pooled) -> Vec<String>) -> Vec<String> {
    let gaps = || vec![ABSENT.to_owned(); columns];
    result.pooled.as_ref().map_or_else(gaps, of)
}

fn compared_figures(pooled: &Pooled) -> Vec<String> {
    let factor = |value: Option<f64>| or_absent(value, unit::factor);
    vec![
        or_absent(pooled.items_per_s, whole),
        or_absent(pooled.makespan_ns, unit::seconds),
        factor(pooled.times_synchronous),
        factor(pooled.times_wipe),
        or_absent(pooled.stalled_share, unit::percent),
        unit::count(pooled.reloads),
        factor(pooled.reread_of_wipe),
        or_absent(pooled.objects, unit::count),
        or_absent(pooled.objects_over, unit::count),
        factor(pooled.recovery_times),
        or_absent(pooled.reader_p95_ns, unit::millis),
        factor(pooled.reader_ratio),
    ]
}

fn done_figures(pooled: &Pooled) -> Vec<String> {
    // What nobody did is no figure, and a column without any is left out.
    let some = |value: u64| or_absent(Some(value).filter(|value| *value > 0), unit::count);
    let asked = pooled.effect.asked();
    let effect = |value: u64| or_absent(asked.then_some(value), unit::count);
    let writing = &pooled.writing;
    vec![
        or_absent(pooled.rows.hit_share(), unit::percent),
        effect(pooled.effect.calls),
        effect(pooled.effect.recalls),
        or_absent(pooled.bytes, unit::bytes),
        or_absent(pooled.bytes_over, unit::bytes),
        unit::count(writing.writes),
        or_absent(writing.items_mean(), whole),
        unit::count(writing.items_most),
        or_absent(writing.try_mean_ns(), unit::millis),
        some(pooled.repeated),
        some(pooled.refused),
    ]
}

fn whole(value: f64) -> String {
    unit::count(libm::round(value) as u64)
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
    let task = tasks.map(|(cell, _)| &cell.about.task).next();
    let task = task.map_or_else(String::new, |task| {
        format!(
            "{} items in batches of {}. ",
            unit::count(task.items),
            unit::count(task.batch)
        )
    });
    format!(
        "{task}Stalled: no batch could begin for want of room. Over: objects above the budget and one batch. {seeds}{}",
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
        let evidence = Evidence::of(run);
        let exhibits = [compared(&evidence), done(&evidence)];
        let titles = exhibits.iter().flat_map(|exhibit| {
            let Table { columns, rows } = &exhibit.table;
            assert!(rows.iter().all(|row| row.len() == columns.len()));
            assert_eq!(exhibit.marks.len(), rows.len());
            columns.iter().map(|one| one.title.to_string())
        });
        titles.collect()
    }

    #[test]
    fn columns_come_with_what_they_are_about() {
        let silent = titles(&run_of(vec![took("store", SECOND)]));
        let some = [
            "reader p95 ms",
            "p95 / without",
            "effect calls",
            "items repeated",
            "/ wipe",
            "recovery / work",
        ];
        let full = titles(&synthetic::read_run());
        for title in some {
            assert!(!silent.iter().any(|one| one == title), "{title}");
            assert!(full.iter().any(|one| one == title), "{title} in {full:?}");
        }
    }

    #[test]
    fn a_wrong_strategy_keeps_its_row_and_its_gaps() {
        let mut run = synthetic::run();
        run.outcomes[3].oracles.push(oracle("rows", false));
        let exhibit = compared(&Evidence::of(&run));
        let row = &exhibit.table.rows[3];
        assert_eq!((row[0].as_str(), row[1].as_str()), ("store", "candidate"));
        assert_eq!(row.last().unwrap(), "incorrect");
        assert!(row[2..row.len() - 1].iter().all(|cell| cell == ABSENT));
        assert!(exhibit.note.contains("at least 1.3"), "{}", exhibit.note);
    }
}
