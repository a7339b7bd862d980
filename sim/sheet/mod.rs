//! What families of scenarios need besides their own figures: standings, verdicts, and a report.
//!
//! A family measures its cells and says what it asks of them; where they stand, what verdict that
//! makes and which files a report consists of is decided here, once. A map:
//!
//! * [`standing`](Standing): where a cell stands, from what is asked of it.
//! * [`controls`](Controls): whether every control was caught at what it does.
//! * [`docket`](Docket): everything that is judged in a run, and the verdict.
//! * [`family`](Family): what is a family's own: start here for a new one. What it implements gives
//!   it [`Run`], [`Cell`], [`Comparison`], [`Judgement`] and [`Evidence`].
//! * `execution`: all cells of a scenario, in parallel.
//! * `Sheet`: what a report says, whatever it is about. Start here for a new report.
//! * `exhibit`: a table with its note; `record`: a cell, as in `summary.json`.
//! * `chart`: pictures that any family has: panels over time, and bars.
//! * `markdown`, `page`, `terminal`: the same in `summary.md`, in `index.html` and on a terminal.
//!
//! The head of a report, its files' frame and the pens are those of [`crate::report`].

mod cell;
pub(crate) mod chart;
mod comparison;
mod controls;
mod docket;
mod evidence;
pub(crate) mod execution;
mod exhibit;
mod family;
mod judgement;
mod markdown;
mod page;
mod record;
mod run;
mod standing;
mod terminal;

use std::path::Path;

use serde::Serialize;

pub use cell::Cell;
pub use comparison::{Comparison, StrategyResult};
pub use controls::{Control, Controls};
pub use docket::{Case, Docket, few_reads, finding};
pub use evidence::Evidence;
pub(crate) use exhibit::{Exhibit, Mark};
pub(crate) use family::Reported;
pub(crate) use family::title;
pub use family::{Base, Family, Observed};
pub use judgement::Judgement;
pub(crate) use record::{Record, records};
pub use run::Run;
pub use standing::{Aim, Judged, Miss, Standing, Wanted};

use crate::report::figure::Figure;
use crate::report::head::Head;
use crate::report::{ReportError, Stage, Written, manifest};

/// What a report says. `F` are the figures of a cell that only its family has.
pub(crate) struct Sheet<'a, F> {
    /// The question, the answer, the reasons, and how to get it again.
    pub(crate) head: Head<'a>,
    /// The strategies: what comes first, everywhere.
    pub(crate) main: Exhibit,
    /// What else there is to say of them in figures, beneath it.
    pub(crate) more: Vec<Exhibit>,
    /// The pictures, in the order of the page.
    pub(crate) sections: Vec<Section>,
    /// How it was measured and what that leaves out, a sentence or two each.
    pub(crate) method: Vec<String>,
    /// Every option of the run.
    pub(crate) options: &'a [(String, String)],
    /// `1` or `1, 2, 3`.
    pub(crate) seeds: String,
    /// What the plan hash is of, as in `items and reads`.
    pub(crate) planned: &'static str,
    /// Every strategy with its cells; built-in controls come last.
    pub(crate) records: Vec<Record<'a, F>>,
    /// Tables for those who compute themselves.
    pub(crate) csv: Vec<Csv<'a>>,
}

/// Pictures that belong together.
pub(crate) struct Section {
    /// What unfolds them; `None` where they are always seen.
    pub(crate) folded: Option<String>,
    /// The pictures.
    pub(crate) figures: Vec<Figure>,
}

/// A file of comma-separated values, written row by row, however many there are.
pub(crate) struct Csv<'a> {
    /// Its name.
    pub(crate) file: &'static str,
    /// What its columns are called.
    pub(crate) header: &'static [&'static str],
    /// As many fields each as the header has; an empty one is a figure that does not exist.
    pub(crate) rows: Box<dyn Iterator<Item = Vec<String>> + 'a>,
}

/// Writes the report of a run to `out`, in place of the one that may be there.
///
/// # Errors
/// When `out` holds something else than a report, cannot be written, or a chart cannot be drawn.
/// The report that was there before is then still there.
pub(crate) fn write<F: Reported>(
    evidence: &Evidence<'_, F>,
    out: &Path,
) -> Result<Written, ReportError> {
    F::sheet(evidence)?.write(out)
}

/// The end of a run as text for a terminal of `width` columns; `None` when there is no terminal,
/// and then nothing is left out or wrapped. `place` is where the report was written, as the user
/// is to read it.
pub(crate) fn terminal<F: Reported>(
    evidence: &Evidence<'_, F>,
    place: &str,
    width: Option<u16>,
) -> String {
    terminal::text(&evidence.head(), &F::compared(evidence), place, width)
}

impl<F: Serialize> Sheet<'_, F> {
    /// Writes the report to `out`, in place of the one that may be there: `summary.json`, the
    /// tables, a picture per file, `summary.md`, `index.html`, and last `manifest.json`. The same
    /// sheet gives the same bytes; they appear as a whole or not at all.
    ///
    /// # Errors
    /// When `out` holds something else than a report or cannot be written. The report that was
    /// there before is then still there.
    pub(crate) fn write(mut self, out: &Path) -> Result<Written, ReportError> {
        let mut stage = Stage::beside(out)?;
        record::write(&self, &mut stage)?;
        for csv in std::mem::take(&mut self.csv) {
            csv.write(&mut stage)?;
        }
        for figure in self.sections.iter().flat_map(|section| &section.figures) {
            figure.write(&mut stage)?;
        }
        markdown::write(&self, &mut stage)?;
        page::write(&self, &mut stage)?;
        manifest::write(&self.head, &mut stage)?;
        Ok(Written {
            files: stage.publish()?,
            directory: out.to_owned(),
        })
    }
}

impl Csv<'_> {
    fn write(self, stage: &mut Stage) -> Result<(), ReportError> {
        stage.file(self.file, |file| {
            let mut csv = csv::Writer::from_writer(file);
            csv.write_record(self.header)?;
            for row in self.rows {
                csv.write_record(row)?;
            }
            csv.flush()
        })
    }
}
