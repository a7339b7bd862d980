//! Writes a run of a listing scenario down: the same files as for a chunked backfill, with what
//! there is to say of requests in place of what there is to say of chunks.
//!
//! `summary.json`, `calls.csv` (a row per request), `timeline.csv` (a row per second), a picture
//! per file, `summary.md`, `index.html`, and last `manifest.json`. Same run, same bytes: no time,
//! host or path enters a file, and a report appears as a whole or not at all.

mod bars;
mod calls;
mod chart;
mod evidence;
mod figures;
mod html;
mod markdown;
mod matrix;
mod series;
mod summary;
mod table;
mod terminal;

use std::path::Path;

pub use evidence::Evidence;
pub use terminal::terminal;

use crate::listing::Run;
use crate::report::{ReportError, Stage, Written, manifest};

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
    let mut stage = Stage::beside(out)?;
    summary::write(evidence, &mut stage)?;
    calls::write(evidence.run, &mut stage)?;
    series::write(evidence.run, &mut stage)?;
    for figure in figures.all() {
        figure.write(&mut stage)?;
    }
    markdown::write(evidence, &mut stage)?;
    html::write(evidence, &figures, &mut stage)?;
    manifest::write(&evidence.head(), &mut stage)?;
    Ok(Written {
        files: stage.publish()?,
        directory: out.to_owned(),
    })
}

#[cfg(test)]
mod tests;
