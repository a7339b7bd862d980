//! STAND-IN, to be replaced by what measures a run and writes it down: it does neither.

use std::path::Path;

use super::run::Run;
use crate::measure::Verdict;
use crate::report::{ReportError, Stage, Written};

/// What the command line looks at.
#[derive(Clone, Copy, Debug)]
pub struct Judgement {
    /// The answer.
    pub verdict: Verdict,
}

/// What all files of a report are made from.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The run.
    pub run: &'a Run,
    /// What its figures mean.
    pub judgement: Judgement,
}

impl<'a> Evidence<'a> {
    /// Judges nothing.
    #[must_use]
    pub const fn of(run: &'a Run) -> Self {
        let judgement = Judgement {
            verdict: Verdict::NoData,
        };
        Self { run, judgement }
    }
}

/// Writes an empty report.
///
/// # Errors
/// When `out` holds something else than a report or cannot be written.
pub fn write_evidence(_: &Evidence<'_>, out: &Path) -> Result<Written, ReportError> {
    Ok(Written {
        files: Stage::beside(out)?.publish()?,
        directory: out.to_owned(),
    })
}

/// Says nothing.
#[must_use]
pub const fn terminal(_: &Evidence<'_>, _: &str, _: Option<u16>) -> String {
    String::new()
}
