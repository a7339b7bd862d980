//! What the objective asks of a cell, and the figure it has for that.

use super::Cell;
use crate::aggregate::Objective;
use crate::measure::unit::{bytes, factor};
use crate::sheet::{Aim, Wanted};

/// What `objective` asks of `cell`.
pub(super) fn aims(cell: &Cell, objective: &Objective) -> Vec<Aim> {
    let figures = cell.figures.as_ref();
    let transaction = figures.and_then(|figures| figures.transaction_bytes);
    let transaction = objective.transaction_mb.map(|most| Aim {
        name: "transaction_mb",
        figure: transaction.map(|bytes| bytes as f64 / 1e6),
        wanted: Wanted::AtMost(most),
        said: |mb| format!("{} in one transaction", bytes(libm::round(mb * 1e6) as u64)),
        unit: "MB",
    });
    let readers = objective.reader_p95_times.map(|most| Aim {
        name: "reader_p95_times",
        figure: figures.and_then(|figures| figures.readers.ratio()),
        wanted: Wanted::AtMost(most),
        said: |times| format!("the readers' p95 {} what it is without", factor(times)),
        unit: "×",
    });
    transaction.into_iter().chain(readers).collect()
}
