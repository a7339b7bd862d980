//! `summary.json`: what scripts read. Schema version 1: a key that goes or means something else is
//! a new version, a key that is added is not.
//!
//! Times are whole nanoseconds. What does not exist is absent: a wrong cell has no readers during
//! the backfill, an unfinished one no duration, a run without gates an empty list of them. Built-in
//! controls come after the strategies, with the cell of their own world.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::ReportError;
use super::evidence::Evidence;
use super::stage::Stage;
use super::{Report, table};
use crate::gate::{Bench, Judged};
use crate::measure::{Cell, Paired, Stats, Subject};
use crate::outcome::Oracle;

/// Writes `summary.json`.
pub(super) struct Summary;

#[derive(Serialize)]
pub(super) struct Document<'a> {
    schema_version: u32,
    scenario: &'a str,
    scenario_hash: &'a str,
    verdict: &'static str,
    strategies: Vec<Strategy<'a>>,
    gates: &'a [Judged],
}

#[derive(Serialize)]
struct Strategy<'a> {
    name: &'a str,
    role: &'static str,
    cells: Vec<CellDocument<'a>>,
}

#[derive(Serialize)]
struct CellDocument<'a> {
    seed: u64,
    digest: &'a str,
    plan_hash: &'a str,
    correct: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    floor_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicted_p95_ns: Option<u64>,
    /// What the prediction leaves out, where it is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    stall: Option<&'static str>,
    readers: Requests,
    writers: Requests,
    ratios: Ratios,
    counters: &'a BTreeMap<String, u64>,
    oracles: &'a [Oracle],
}

#[derive(Serialize)]
struct Requests {
    #[serde(skip_serializing_if = "Option::is_none")]
    no_backfill: Option<Stats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backfill: Option<Stats>,
}

impl From<Paired> for Requests {
    fn from(paired: Paired) -> Self {
        Self {
            no_backfill: paired.no_backfill,
            backfill: paired.backfill,
        }
    }
}

#[derive(Serialize)]
struct Ratios {
    #[serde(skip_serializing_if = "Option::is_none")]
    reader_p95: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    writer_p95: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_floor: Option<f64>,
}

/// What the gates of a run come to, whatever family its summary is of.
pub(crate) fn judged(document: &impl Serialize, bench: &Bench<'_>) -> Vec<Judged> {
    let document = serde_json::to_value(document).expect("a summary's keys are strings");
    let judged = bench.judge(&document);
    judged.expect("a summary of any family has the keys that gates read")
}

impl Report for Summary {
    fn write(&self, evidence: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
        let document = document(evidence);
        stage.file("summary.json", |file| {
            serde_json::to_writer_pretty(&mut *file, &document)?;
            file.write_all(b"\n")
        })
    }
}

/// What there is to say of a run.
pub(super) fn document<'a>(evidence: &'a Evidence<'_>) -> Document<'a> {
    let strategies = evidence
        .comparison
        .strategies
        .iter()
        .chain(&evidence.comparison.controls)
        .map(|strategy| Strategy {
            name: &strategy.name,
            role: table::role(strategy.role),
            cells: strategy
                .cells
                .iter()
                .map(|one| cell(one, evidence.comparison.subject))
                .collect(),
        });
    Document {
        schema_version: 1,
        scenario: &evidence.run.scenario.name,
        scenario_hash: &evidence.run.scenario_hash,
        verdict: evidence.head().answer(),
        strategies: strategies.collect(),
        gates: &evidence.gates,
    }
}

fn cell(cell: &Cell, subject: Subject) -> CellDocument<'_> {
    let judged = Paired {
        backfill: cell.backfill,
        no_backfill: cell.no_backfill,
    };
    let (readers, writers) = match subject {
        Subject::Readers => (judged, cell.others),
        Subject::Writers => (cell.others, judged),
    };
    CellDocument {
        seed: cell.seed,
        digest: &cell.digest,
        plan_hash: &cell.plan_hash,
        correct: cell.correct,
        duration_ns: cell.duration_ns,
        floor_ns: cell.floor_ns,
        held_ns: cell.held_ns,
        predicted_p95_ns: cell.predicted_p95_ns,
        stall: cell.stall.as_ref().map(|stall| stall.cause.name()),
        ratios: Ratios {
            reader_p95: readers.ratio(),
            writer_p95: writers.ratio(),
            duration_floor: cell.duration_floor,
        },
        readers: Requests::from(readers),
        writers: Requests::from(writers),
        counters: &cell.counters,
        oracles: &cell.oracles,
    }
}
