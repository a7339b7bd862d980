//! What the objective asks of a cell, and the figure it has for that.

use super::Cell;
use crate::measure::Quantile;
use crate::measure::unit::{duration, fine_factor};
use crate::sheet::{Aim, Wanted};
use crate::stash::Objective;

/// What `objective` asks of `cell`: nothing where its workload is there to be compared only.
pub(super) fn aims(cell: &Cell, objective: &Objective) -> Vec<Aim> {
    if !cell.about.asked {
        return Vec::new();
    }
    let figures = cell.figures.as_ref();
    let fallbacks = objective.fallbacks_of_immediate.map(|most| Aim {
        name: "fallbacks_of_immediate",
        figure: figures.and_then(super::Figures::fallbacks_of_immediate),
        wanted: Wanted::AtMost(most),
        said: |times| format!("{} the fallbacks of `immediate`", fine_factor(times)),
        unit: "×",
    });
    // Where nobody had to wait, nobody waited too long.
    let nobody = figures.is_some_and(|one| one.counted.waited == 0);
    let wait = objective.wait_p95_ms.filter(|_| !nobody).map(|most| Aim {
        name: "wait_p95_ms",
        figure: figures
            .and_then(|one| one.waits.at(Quantile::P95))
            .map(|ns| ns as f64 / 1e6),
        wanted: Wanted::AtMost(most),
        said: |ms| format!("p95 of the waits {}", duration((ms * 1e6) as u64)),
        unit: "ms",
    });
    fallbacks.into_iter().chain(wait).collect()
}
