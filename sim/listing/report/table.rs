//! The strategies of one shape in a table: units in the header, numbers beneath.

use super::evidence::Evidence;
use crate::listing::measure::{ShapeResult, StrategyResult};
use crate::measure::unit;
use crate::report::table::{ABSENT, Column, Table, numbers, or_absent, role, words};

/// Where the name stands, and where the verdict.
pub(super) const STRATEGY: &str = "strategy";
pub(super) const VERDICT: &str = "verdict";

/// The columns; those about readers have no figures where nobody reads, and then they go.
const COLUMNS: [Column; 15] = [
    words(STRATEGY, 0),
    words("role", 3),
    numbers("makespan s", 0),
    numbers("makespan / floor", 0),
    numbers("requests", 2),
    numbers("wasted", 0),
    numbers("answered 429", 4),
    numbers("most in a second", 5),
    numbers("most under way", 9),
    numbers("most pages held", 10),
    numbers("state at most", 6),
    numbers("state B / object", 11),
    numbers("ETA error half-way", 7),
    numbers("reader p95 ms", 8),
    numbers("p95 / no backfill", 1),
];

/// The table of `shape`.
pub(super) fn of(shape: &ShapeResult) -> Table {
    let mut columns = Vec::from(COLUMNS);
    columns.push(words(VERDICT, 0));
    Table::with_figures(columns, shape.strategies.iter().map(row).collect())
}

fn row(result: &StrategyResult) -> Vec<String> {
    let pooled = &result.pooled;
    vec![
        result.name.clone(),
        role(result.role).to_owned(),
        or_absent(pooled.makespan_ns, unit::seconds),
        or_absent(pooled.times_floor, unit::fine_factor),
        or_absent(pooled.requests, unit::count),
        or_absent(pooled.wasted_share, unit::fine_percent),
        unit::count(pooled.limited),
        unit::count(pooled.peak_per_second),
        unit::count(pooled.peak_under_way),
        unit::count(pooled.peak_held_pages),
        or_absent(pooled.peak_state_bytes, unit::bytes),
        or_absent(pooled.state_bytes_per_object, |bytes| format!("{bytes:.1}")),
        or_absent(pooled.half_way_error, unit::signed_percent),
        or_absent(pooled.reader_p95_ns, unit::millis),
        or_absent(pooled.reader_ratio, unit::factor),
        result
            .worst()
            .map_or(ABSENT, |(_, standing)| standing.word())
            .to_owned(),
    ]
}

/// What a shape asks for: pages, floor, and what the floor is made of.
pub(super) fn task(shape: &ShapeResult) -> String {
    let cells = shape.strategies.iter().flat_map(|result| &result.cells);
    let Some((cell, _)) = cells.into_iter().next() else {
        return String::new();
    };
    let task = &cell.task;
    let bound = if task.by_chain_ns > task.by_rate_ns {
        "the fullest second, page after page"
    } else {
        "the rate"
    };
    format!(
        "{} objects on {} pages; the floor is {}, set by {bound}.",
        unit::count(task.objects),
        unit::count(task.pages),
        unit::duration(task.floor_ns())
    )
}

/// What the columns mean, and how the figures of several seeds became one.
pub(super) fn note(evidence: &Evidence<'_>) -> String {
    let comparison = &evidence.comparison;
    let several = comparison.results().any(|result| result.cells.len() > 1);
    let seeds = if several {
        format!(
            "Geometric means over seeds {}; wasted, errors and what is “most” are the worst of all seeds, and so is the verdict.",
            evidence.seeds()
        )
    } else {
        format!("Seed {}.", evidence.seeds())
    };
    let objective = &comparison.objective;
    let readers = objective.reader_p95_times.filter(|_| comparison.read);
    let readers = readers.map_or_else(String::new, |times| {
        format!(
            "; readers' p95 at most {times}{}× what it is without a backfill",
            unit::NBSP
        )
    });
    format!(
        "Makespan: from the start of the backfill to its end, of correct data only. Floor: the least time in which the pages can be had at the API's rate, or the fullest second page by page if that takes longer. Wasted: requests answered with a page on which nothing was new, of all answered. {seeds} Objective: above {} pages at most {}{nbsp}× the floor and {}{nbsp}% wasted, else at most {}{nbsp}× the time of the quickest{readers}.",
        objective.small_pages,
        objective.times_floor,
        objective.wasted_percent,
        objective.times_best,
        nbsp = unit::NBSP,
    )
}
