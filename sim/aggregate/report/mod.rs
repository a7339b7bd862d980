//! Writes a run of an aggregate scenario down: the same files as for every other scenario.
//!
//! What there is to say is made here, as a sheet; [`crate::sheet`] makes files of it:
//! `summary.json`, `counts.csv` (a row per count), `chunks.csv` (a row per chunk),
//! `transactions.csv` (a row per transaction), `samples.csv` (a row per request), a picture per
//! file, `summary.md`, `index.html`, and last `manifest.json`.

mod csv;
mod figures;
mod record;
mod table;

use std::path::Path;

use crate::aggregate::Run;
use crate::aggregate::measure::{Aggregates, Cell};
use crate::report::{ReportError, Written};
use crate::sheet::{self, Exhibit, Family as _, Reported, Sheet, records};

/// What all files of a report are made from.
pub type Evidence<'a> = sheet::Evidence<'a, Aggregates>;

/// Writes the report of `run` to `out`, in place of the one that may be there.
///
/// # Errors
/// When `out` holds something else than a report, cannot be written, or a chart cannot be drawn.
/// The report that was there before is then still there.
pub fn write(run: &Run, out: &Path) -> Result<Written, ReportError> {
    sheet::write(&Evidence::of(run), out)
}

impl Reported for Aggregates {
    type Measured = record::Measured;

    fn measured(cell: &Cell) -> record::Measured {
        record::measured(cell)
    }

    fn sheet<'a>(evidence: &'a Evidence<'_>) -> Result<Sheet<'a, record::Measured>, ReportError> {
        Ok(Sheet {
            head: evidence.head(),
            main: table::compared(evidence),
            more: vec![table::moved(evidence)],
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
const METHOD: [&str; 8] = [
    "The code that rebuilds the counts is the real one, on real SQLite and its own ledger; disk, network and time are modelled. SQLite's counted work is charged at the costs of the device profile: the ranking holds as far as the profile does.",
    "A cell is one strategy, one workload and one seed. Strategies of a workload and a seed see the same views, reads and live views; ratios are paired by seed.",
    "What the counts must come to is found out from the numbers that views are made from and from the plan of those that are added, and by SQL from the rows.",
    "A transaction's bytes are those it read from files and wrote to them, counted by the simulated file system from its beginning to the end of its commit: whole pages, however little of them it needed. Pages that SQLite's own cache has are not read again. What a commit copies back of the write-ahead log takes its time, and is not counted here: others wrote it. Bytes of rows are what the values of the rows weigh that were read: a text its bytes, anything else 8.",
    "The original is a strategy that is known to be wrong: it is not held to the number of sessions beyond those it carries, and shown for how far it is off. Whatever promises to be exact is held to it, and a built-in control does the same as the original and has to be caught.",
    "Readers ask for the newest views of a page, for all counts and for that of a page. Whoever is given a count holds it against what was there: the views that were stored before, and those added by then.",
    "Latency counts from the intended arrival of a request; “without” is the same seed, requests and span without any rebuild. Percentiles are nearest rank on exact nanoseconds; a failed request counts with the time it waited. Wrong data, or no end, is no figure.",
    "Controls are cheats, each with a mistake that one oracle is meant to see: it has to. The built-in ones run in a small world of their own.",
];
