//! Writes a run of a processing scenario down: the same files as for every other scenario.
//!
//! What there is to say is made here, as a sheet; [`crate::sheet`] makes files of it:
//! `summary.json`, `writes.csv` (a row per write), `moments.csv` (a row per batch and write),
//! `samples.csv` (a row per read), a picture per file, `summary.md`, `index.html`, and last
//! `manifest.json`.

mod csv;
mod figures;
mod reads;
mod record;
mod table;

use std::path::Path;

use crate::processing::Run;
use crate::processing::measure::{Cell, Processing};
use crate::report::{ReportError, Written};
use crate::sheet::{self, Exhibit, Family as _, Reported, Sheet, records};

/// What all files of a report are made from.
pub type Evidence<'a> = sheet::Evidence<'a, Processing>;

/// Writes the report of `run` to `out`, in place of the one that may be there.
///
/// # Errors
/// When `out` holds something else than a report, cannot be written, or a chart cannot be drawn.
/// The report that was there before is then still there.
pub fn write(run: &Run, out: &Path) -> Result<Written, ReportError> {
    sheet::write(&Evidence::of(run), out)
}

impl Reported for Processing {
    type Measured = record::Measured;

    fn measured(cell: &Cell) -> record::Measured {
        record::measured(cell)
    }

    fn sheet<'a>(evidence: &'a Evidence<'_>) -> Result<Sheet<'a, record::Measured>, ReportError> {
        Ok(Sheet {
            head: evidence.head(),
            main: table::compared(evidence),
            more: vec![table::done(evidence)],
            sections: figures::sections(evidence)?,
            method: method(evidence),
            options: &evidence.run.options,
            seeds: evidence.seeds(),
            planned: Self::PLANNED,
            records: records(&evidence.comparison),
            csv: csv::files(evidence.run),
        })
    }

    fn compared(evidence: &Evidence<'_>) -> Exhibit {
        table::compared(evidence)
    }
}

/// How it was measured, and what that leaves out.
fn method(evidence: &Evidence<'_>) -> Vec<String> {
    let mut method = vec![
        "The code that holds and writes is the real one, on real SQLite; disk, network, the effect and time are modelled. SQLite's counted work is charged at the costs of the device profile: the ranking holds as far as the profile does.",
        "A cell is one strategy and one seed. Strategies of a seed see the same items and reads; ratios are paired by seed.",
        "The makespan runs from the first start to the last end, when all that was processed is in the database; crashes and what comes after them are in it. Items per second are the items there were over the makespan, however often some had to be processed again.",
        "Wrong data, or no end, is no figure.",
        "Stalled is the time in which a batch could not begin for want of room. A strategy that writes each batch before the next is stalled whenever it writes.",
        "Held is what is in memory: what was read, what waits to be written and what is being written. A batch begins when there is room and is not cut in the middle, so the budget and one batch may be held.",
        "Items per write and the mean length of the try that wrote say how writes were made. What of it is a cost of each write and what of each row cannot be told from outside.",
        "Recovery runs from the end of the last outage to the first moment at which everything that was processed by that end is in the database. It is compared with the sum of the tries that wrote in between, each only after that end: no pause between tries, no failed try. 1 is writing without a break.",
        "Read again are rows that had been known and were forgotten; called again is the effect for an input that had been called for before.",
        "Controls are cheats, each with a mistake that one oracle is meant to see: it has to, with every seed. The built-in ones run in a small world of their own.",
    ];
    if evidence.comparison.has_counterfactual {
        method.insert(3, "Reader latency counts from the intended arrival of a read during the processing; “without” is the same seed, reads and span without any. Percentiles are nearest rank on exact nanoseconds; a failed read counts with the time it waited.");
    }
    method.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
