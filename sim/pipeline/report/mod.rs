//! Writes a run of a pipeline scenario down: the same files as for every other scenario.
//!
//! What there is to say is made here, as a sheet; [`crate::sheet`] makes files of it:
//! `summary.json`, `phases.csv` (a row per part of a run), `moments.csv` (what was held, a row a
//! second), a picture per file, `summary.md`, `index.html`, and last `manifest.json`.

mod csv;
mod figures;
mod record;
mod table;

use std::path::Path;

use crate::pipeline::Run;
use crate::pipeline::measure::{Cell, Pipeline};
use crate::report::{ReportError, Written};
use crate::sheet::{self, Exhibit, Family as _, Reported, Sheet, records};

/// What all files of a report are made from.
pub type Evidence<'a> = sheet::Evidence<'a, Pipeline>;

/// Writes the report of `run` to `out`, in place of the one that may be there.
///
/// # Errors
/// When `out` holds something else than a report, cannot be written, or a chart cannot be drawn.
/// The report that was there before is then still there.
pub fn write(run: &Run, out: &Path) -> Result<Written, ReportError> {
    sheet::write(&Evidence::of(run), out)
}

impl Reported for Pipeline {
    type Measured = record::Measured;

    fn measured(cell: &Cell) -> record::Measured {
        record::measured(cell)
    }

    fn sheet<'a>(evidence: &'a Evidence<'_>) -> Result<Sheet<'a, record::Measured>, ReportError> {
        Ok(Sheet {
            head: evidence.head(),
            main: table::compared(evidence),
            more: vec![table::parts(evidence)],
            sections: figures::sections(evidence)?,
            method: METHOD.map(str::to_owned).to_vec(),
            options: &evidence.run.options,
            seeds: evidence.seeds(),
            planned: Self::PLANNED,
            records: records(&evidence.comparison),
            csv: csv::files(evidence),
        })
    }

    fn compared(evidence: &Evidence<'_>) -> Exhibit {
        table::compared(evidence)
    }
}

/// How it was measured, and what that leaves out.
const METHOD: [&str; 8] = [
    "The code of all three stages is the real one, on real SQLite and one ledger; disk, network, the API and time are modelled. SQLite's counted work is charged at the costs of the device profile: the ranking holds as far as the profile does.",
    "A cell is one strategy and one seed. Strategies of a seed see the same history, reads and live inserts; ratios are paired by seed.",
    "The reference is the same seed with one stage after the other, nobody who reads and nothing that goes wrong, but the same live inserts. Every row of every table must be equal to its; the API's own objects and the plan of the inserts say besides what every transmission must be.",
    "Live inserts are the same for every strategy, however long it takes, and are sent again until they are stored; their latency counts from the intended arrival to the moment they are.",
    "“Without” is the same seed, requests and span without any stage: there the tables have only what was added live. Readers ask for pages of the newest and of single transmissions, whose size does not depend on how much there is, but the trees they go down are lower.",
    "A stage that fails is started again 5 s later and goes on from what the ledger says. Crashes and what comes after them are in the duration.",
    "Reader latency counts from the intended arrival of a read. Percentiles are nearest rank on exact nanoseconds; a failed read counts with the time it waited. Wrong data, or no end, is no figure.",
    "Controls are cheats, each with a mistake that one oracle is meant to see. The built-in ones run in a small world of their own, with a reference of its own.",
];
