//! The strategies in two tables: whether they count right and what others wait, and what they move.
//! Units in the header, numbers beneath.

use super::Evidence;
use super::figures::anchor;
use crate::aggregate::Objective;
use crate::aggregate::measure::{Pooled, StrategyResult};
use crate::measure::unit;
use crate::report::table::{ABSENT, Column, Table, numbers, or_absent, role, words};
use crate::sheet::{Exhibit, Mark};

/// What strategies are compared by. Columns without any figure go: nobody reads, or nobody adds.
const COMPARED: [Column; 13] = [
    words("strategy", 0),
    words("role", 4),
    numbers("duration s", 1),
    numbers("views off", 6),
    numbers("worst page off", 9),
    numbers("sessions counted", 0),
    numbers("sessions", 0),
    numbers("/ direct", 1),
    numbers("transaction MB", 1),
    numbers("reader p95 ms", 3),
    numbers("p95 / without", 2),
    numbers("writer p95 ms", 7),
    words("verdict", 0),
];

/// What they moved.
const MOVED: [Column; 9] = [
    words("strategy", 0),
    numbers("chunks", 0),
    numbers("longest hold ms", 1),
    numbers("largest transaction", 0),
    numbers("rows at a time", 1),
    numbers("handed on", 1),
    numbers("pages off", 1),
    numbers("set aside", 1),
    numbers("writer / without", 1),
];

/// The strategies of `evidence`, and where they stand.
pub(super) fn compared(evidence: &Evidence<'_>) -> Exhibit {
    let docket = evidence.comparison.docket();
    let results = evidence.comparison.strategies.iter();
    let both = results.zip(&docket.strategies).map(|(result, case)| {
        let standing = case.worst().map(|(_, standing)| standing);
        let mut row = vec![result.name.clone(), role(result.role).to_owned()];
        row.extend(figures(result, COMPARED.len() - 3, compared_figures));
        row.push(standing.map_or(ABSENT, |one| one.word()).to_owned());
        (row, mark(evidence, result).standing(standing))
    });
    let (rows, marks) = both.unzip();
    Exhibit {
        id: "strategies",
        title: "Strategies",
        marks,
        table: Table::with_figures(COMPARED.to_vec(), rows),
        note: note(evidence),
    }
}

/// What they moved, and handed on.
pub(super) fn moved(evidence: &Evidence<'_>) -> Exhibit {
    let results = &evidence.comparison.strategies;
    let rows = results.iter().map(|result| {
        let mut row = vec![result.name.clone()];
        row.extend(figures(result, MOVED.len() - 1, moved_figures));
        row
    });
    Exhibit {
        id: "moved",
        title: "What was read, written and handed on",
        marks: results.iter().map(|one| mark(evidence, one)).collect(),
        table: Table::with_figures(MOVED.to_vec(), rows.collect()),
        note: "Largest transaction: bytes read from files and written to them. Rows at a time: \
               what the values of the rows of a chunk weigh. Handed on: what one chunk leaves \
               to the next. Set aside: rows that fit no figure; the plain strategies leave them out."
            .to_owned(),
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
    let counts = &pooled.counts;
    let megabytes = |bytes: u64| unit::millis(bytes);
    vec![
        or_absent(pooled.makespan_ns, unit::seconds),
        unit::count(counts.views.off()),
        unit::count(counts.worst_path.off()),
        unit::count(counts.sessions.counted),
        unit::count(counts.sessions.direct),
        or_absent(counts.sessions.ratio(), unit::fine_factor),
        or_absent(pooled.transaction_bytes, megabytes),
        or_absent(pooled.reader_p95_ns, unit::millis),
        or_absent(pooled.reader_ratio, unit::factor),
        or_absent(pooled.writer_p95_ns, unit::millis),
    ]
}

fn moved_figures(pooled: &Pooled) -> Vec<String> {
    // What nobody did is no figure, and a column without any is left out.
    let some = |value: u64| Some(value).filter(|value| *value > 0);
    vec![
        unit::count(pooled.chunks),
        or_absent(pooled.held_ns, unit::millis),
        or_absent(pooled.transaction_bytes, unit::bytes),
        or_absent(pooled.row_bytes, unit::bytes),
        or_absent(some(pooled.carried_bytes), unit::bytes),
        or_absent(some(pooled.counts.paths.off()), unit::count),
        or_absent(some(pooled.refused), unit::count),
        or_absent(pooled.writer_ratio, unit::factor),
    ]
}

/// What the columns mean, how the figures of several seeds became one, and what is asked for.
fn note(evidence: &Evidence<'_>) -> String {
    let strategies = &evidence.comparison.strategies;
    let several = strategies.iter().any(|one| one.cells.len() > 1);
    let seeds = if several {
        format!(
            "Over seeds {}: durations, percentiles and ratios of them are geometric means, and everything else the worst of all seeds, the verdict too.",
            evidence.seeds()
        )
    } else {
        format!("Seed {}.", evidence.seeds())
    };
    format!(
        "Off: how far a count is from a direct one. Sessions: those there are. Known wrong: a baseline that does not promise to count every session once, and does not. {seeds}{}",
        wanted(&evidence.comparison.objective)
    )
}

/// The objective in words; nothing where nothing is asked for.
fn wanted(objective: &Objective) -> String {
    let mb = objective.transaction_mb;
    let mb = mb.map(|mb| format!("largest transaction at most {mb}{}MB", unit::NBSP));
    let times = objective.reader_p95_times;
    let times = times.map(|times| format!("p95 / without at most {times}{}×", unit::NBSP));
    let asked: Vec<String> = mb.into_iter().chain(times).collect();
    if asked.is_empty() {
        return String::new();
    }
    format!(" Objective, of candidates: {}.", asked.join(", "))
}
