//! What the objective asks of a cell, and the figure it has for that.

use super::Cell;
use crate::measure::unit::factor;
use crate::pipeline::Objective;
use crate::sheet::{Aim, Wanted};

/// What `objective` asks of `cell`, and the figure it has for that.
pub(super) fn aims(cell: &Cell, objective: &Objective) -> Vec<Aim> {
    let figures = cell.figures.as_ref();
    let whole = figures.and_then(|figures| figures.spells.first());
    let quicker = objective.times_one_after_another.map(|least| Aim {
        name: "times_one_after_another",
        figure: figures.and_then(|figures| figures.times_one_after_another),
        wanted: Wanted::AtLeast(least),
        said: |times| format!("{} as quick as `one-after-another`", factor(times)),
        unit: "×",
    });
    let readers = objective.reader_p95_times.map(|most| Aim {
        name: "reader_p95_times",
        figure: whole.and_then(|spell| spell.readers.ratio()),
        wanted: Wanted::AtMost(most),
        said: |times| format!("the readers' p95 {} what it is without", factor(times)),
        unit: "×",
    });
    quicker.into_iter().chain(readers).collect()
}
