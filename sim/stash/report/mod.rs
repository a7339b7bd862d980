//! Writes a run of a stash scenario down: the same files as for every other scenario.
//!
//! What there is to say is made here, as a sheet; [`crate::sheet`] makes files of it:
//! `summary.json`, `samples.csv` (a row per request), `moments.csv` (what was held, first seed), a
//! picture per file, `summary.md`, `index.html`, and last `manifest.json`.

mod csv;
mod figures;
mod record;
mod table;

use std::path::Path;

use crate::report::{ReportError, Written};
use crate::sheet::{self, Exhibit, Family as _, Reported, Sheet, records};
use crate::stash::Run;
use crate::stash::measure::{Cell, Stashing};

/// What all files of a report are made from.
pub type Evidence<'a> = sheet::Evidence<'a, Stashing>;

/// Writes the report of `run` to `out`, in place of the one that may be there.
///
/// # Errors
/// When `out` holds something else than a report, cannot be written, or a chart cannot be drawn.
/// The report that was there before is then still there.
pub fn write(run: &Run, out: &Path) -> Result<Written, ReportError> {
    sheet::write(&Evidence::of(run), out)
}

impl Reported for Stashing {
    type Measured = record::Measured;

    fn measured(cell: &Cell) -> record::Measured {
        record::measured(cell)
    }

    fn sheet<'a>(evidence: &'a Evidence<'_>) -> Result<Sheet<'a, record::Measured>, ReportError> {
        Ok(Sheet {
            head: evidence.head(),
            main: table::compared(evidence),
            more: vec![table::held(evidence)],
            sections: figures::sections(evidence)?,
            method: METHOD.map(str::to_owned).to_vec(),
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
const METHOD: [&str; 9] = [
    "The stash and its route are the real ones; time and network are modelled, and every byte of every payload goes over HTTP. Bandwidth is without limit, so a large payload takes as long as a small one.",
    "A cell is one strategy, one workload and one seed. Strategies of a seed and a workload see the same requests at the same moments, planned before the run: nobody asks later because others wait.",
    "The load is the mean of the bytes that would be held if everything were stored at once, over the capacity: what is fetched counts until then, what is never fetched for all of its time to live.",
    "A fallback is a result that found no room, at once or in time. What it costs is the work, done once more; its other way is not modelled, and takes no time.",
    "A wait counts from the put to the moment the result was stored, given up or cancelled; percentiles are nearest rank over those who were in line, of all seeds together.",
    "An inversion is a result that was stored while somebody was in line who had come before, unless that one stood aside because its own owner held its share. Starved is who waited to the end in vain after it was passed so.",
    "A whole request counts from its intended arrival until its client has the result, the gap before it is fetched included; clients that never come are left out.",
    "The time to wake runs from the moment something expired to that in which somebody in line was served because of it.",
    "Controls are cheats, each with a mistake that one oracle is meant to see: it has to. The built-in ones run in a small world of their own, in which the stash under test passes every oracle.",
];
