//! `cells.csv`: one row per strategy and seed, for those who compare seeds themselves. An empty
//! field is a figure that does not exist.

use super::Report;
use super::error::ReportError;
use super::evidence::Evidence;
use super::stage::Stage;
use super::table;
use crate::measure::{Cell, Stats};

/// Writes `cells.csv`.
pub(super) struct Cells;

const HEADER: [&str; 17] = [
    "strategy",
    "role",
    "seed",
    "correct",
    "duration_ns",
    "floor_ns",
    "duration_floor",
    "held_ns",
    "longest_hold_ns",
    "reads",
    "p50_ns",
    "p95_ns",
    "p99_ns",
    "max_ns",
    "p95_no_backfill_ns",
    "predicted_p95_ns",
    "stall",
];

impl Report for Cells {
    fn write(&self, evidence: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
        stage.file("cells.csv", |file| {
            let mut csv = csv::Writer::from_writer(file);
            csv.write_record(HEADER)?;
            for strategy in &evidence.comparison.strategies {
                for cell in &strategy.cells {
                    csv.write_record(row(&strategy.name, table::role(strategy.role), cell))?;
                }
            }
            csv.flush()
        })
    }
}

fn row(name: &str, role: &str, cell: &Cell) -> [String; HEADER.len()] {
    let number = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
    let stat = |figure: fn(&Stats) -> u64| number(cell.backfill.as_ref().map(figure));
    let (ratio, stall) = (cell.duration_floor, cell.stall.as_ref());
    [
        name.to_owned(),
        role.to_owned(),
        cell.seed.to_string(),
        cell.correct.to_string(),
        number(cell.duration_ns),
        number(cell.floor_ns),
        ratio.map_or_else(String::new, |ratio| ratio.to_string()),
        number(cell.held_ns),
        number(cell.longest_hold_ns),
        stat(|stats| stats.count),
        stat(|stats| stats.p50_ns),
        stat(|stats| stats.p95_ns),
        stat(|stats| stats.p99_ns),
        stat(|stats| stats.max_ns),
        number(cell.no_backfill.map(|stats| stats.p95_ns)),
        number(cell.predicted_p95_ns),
        stall.map_or_else(String::new, |stall| stall.cause.name().to_owned()),
    ]
}
