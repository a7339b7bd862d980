//! `manifest.json`: what the report consists of and how to get the same bytes again.
//!
//! Versions are those that shape a result. It is written last and therefore not in its own list.

use serde::Serialize;

use super::Report;
use super::error::ReportError;
use super::evidence::Evidence;
use super::head::Head;
use super::stage::{Entry, Stage};
use crate::versions;

/// Writes `manifest.json`.
pub(super) struct Manifest;

#[derive(Serialize)]
struct Document<'a> {
    scenario: &'a str,
    scenario_hash: &'a str,
    complete: bool,
    command: &'a str,
    versions: Versions,
    files: &'a [Entry],
}

/// The versions a report names.
#[derive(Serialize)]
pub(super) struct Versions {
    pub(super) backfill_sim: &'static str,
    pub(super) sqlite: &'static str,
    pub(super) turmoil: &'static str,
    pub(super) plotters: &'static str,
}

/// The versions of this build.
pub(super) fn versions() -> Versions {
    Versions {
        backfill_sim: env!("CARGO_PKG_VERSION"),
        sqlite: versions::sqlite(),
        turmoil: versions::locked("turmoil"),
        plotters: versions::locked("plotters"),
    }
}

/// Writes the manifest of what is on `stage`.
pub(crate) fn write(head: &Head<'_>, stage: &mut Stage) -> Result<(), ReportError> {
    let mut files = stage.entries().to_vec();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let document = Document {
        scenario: head.scenario,
        scenario_hash: head.scenario_hash,
        complete: head.complete,
        command: head.command,
        versions: versions(),
        files: &files,
    };
    stage.file("manifest.json", |file| {
        serde_json::to_writer_pretty(&mut *file, &document)?;
        file.write_all(b"\n")
    })
}

impl Report for Manifest {
    fn write(&self, evidence: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
        write(&evidence.head(), stage)
    }
}
