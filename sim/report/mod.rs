//! Writes a run down: files for reviewers, scripts and pull requests, and a page for the terminal.
//!
//! A report is a directory and appears as a whole: everything is written beside it first and
//! renamed into place. Same run, same bytes: no time, host, path or map order enters a file.
//!
//! Each file, or family of files, is one [`Report`]; [`write()`] runs them in an order in which a
//! page can quote the hashes of the data it shows, and the manifest comes last.

mod cells;
pub mod chart;
mod distribution;
mod error;
pub(crate) mod evidence;
pub(crate) mod figure;
mod figures;
pub(crate) mod head;
mod html;
pub(crate) mod manifest;
pub(crate) mod markdown;
pub(crate) mod page;
mod samples;
mod series;
mod stage;
mod summary;
pub(crate) mod table;
mod tail;
pub(crate) mod terminal;
mod trace;

use std::path::{Path, PathBuf};

pub use error::ReportError;
pub use evidence::Evidence;
pub use stage::{Entry, Stage};
pub(crate) use summary::judged;
pub use terminal::terminal;

use crate::measure::Run;

/// One file of a report, or several of a kind.
pub trait Report {
    /// Writes it.
    ///
    /// # Errors
    /// When a file cannot be written or a chart cannot be drawn.
    fn write(&self, evidence: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError>;
}

/// A report that is in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its directory.
    pub directory: PathBuf,
    /// Its files with their hashes, in the order they were written; the manifest is the last.
    pub files: Vec<Entry>,
}

/// Whether a report could be written to `out`: somebody else's files do not lie there, and a
/// directory can be made beside it.
///
/// # Errors
/// As [`write()`].
pub fn check_place(out: &Path) -> Result<(), ReportError> {
    Stage::beside(out).map(drop)
}

/// Writes the report of `run` to `out`, in place of the one that may be there.
///
/// # Errors
/// When `out` holds something else than a report, cannot be written, or a chart cannot be drawn.
/// The report that was there before is then still there.
pub fn write(run: &Run, out: &Path) -> Result<Written, ReportError> {
    write_evidence(&Evidence::of(run), out)
}

/// [`write()`] for a caller that has the evidence already.
///
/// # Errors
/// As [`write()`].
pub fn write_evidence(evidence: &Evidence<'_>, out: &Path) -> Result<Written, ReportError> {
    let figures = figures::Figures::of(evidence)?;
    let reports: [&dyn Report; 10] = [
        &summary::Summary,
        &cells::Cells,
        &samples::Samples,
        &trace::Trace,
        &series::Series,
        &distribution::Distributions,
        &figures,
        &markdown::Markdown,
        &html::Page { figures: &figures },
        &manifest::Manifest,
    ];
    write_with(&reports, evidence, out)
}

fn write_with(
    reports: &[&dyn Report],
    evidence: &Evidence<'_>,
    out: &Path,
) -> Result<Written, ReportError> {
    let mut stage = Stage::beside(out)?;
    for report in reports {
        report.write(evidence, &mut stage)?;
    }
    let files = stage.publish()?;
    Ok(Written {
        directory: out.to_owned(),
        files,
    })
}

#[cfg(test)]
mod tests;
