//! `summary.json`: what scripts read. Schema version 1: a key that goes or means something else is
//! a new version, a key that is added is not.
//!
//! Times are whole nanoseconds. What does not exist is absent: a wrong cell has no readers during
//! the backfill, an unfinished one no duration, a run without gates an empty list of them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::ReportError;
use super::evidence::Evidence;
use super::stage::Stage;
use super::{Report, table};
use crate::measure::{Cell, Stats};
use crate::outcome::Oracle;

/// Writes `summary.json`.
pub(super) struct Summary;

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    scenario: &'a str,
    scenario_hash: &'a str,
    verdict: &'static str,
    strategies: Vec<Strategy<'a>>,
    /// Gates are judged elsewhere.
    gates: [(); 0],
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
    readers: Readers,
    ratios: Ratios,
    counters: &'a BTreeMap<String, u64>,
    oracles: &'a [Oracle],
}

#[derive(Serialize)]
struct Readers {
    #[serde(skip_serializing_if = "Option::is_none")]
    no_backfill: Option<Stats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backfill: Option<Stats>,
}

#[derive(Serialize)]
struct Ratios {
    #[serde(skip_serializing_if = "Option::is_none")]
    reader_p95: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_floor: Option<f64>,
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

fn document<'a>(evidence: &'a Evidence<'_>) -> Document<'a> {
    let strategies = evidence
        .comparison
        .strategies
        .iter()
        .map(|strategy| Strategy {
            name: &strategy.name,
            role: table::role(strategy.role),
            cells: strategy.cells.iter().map(cell).collect(),
        });
    Document {
        schema_version: 1,
        scenario: &evidence.run.scenario.name,
        scenario_hash: &evidence.run.scenario_hash,
        verdict: evidence.judgement.verdict.name(),
        strategies: strategies.collect(),
        gates: [],
    }
}

fn cell(cell: &Cell) -> CellDocument<'_> {
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
        readers: Readers {
            no_backfill: cell.no_backfill,
            backfill: cell.backfill,
        },
        ratios: Ratios {
            reader_p95: cell.ratio,
            duration_floor: cell.duration_floor,
        },
        counters: &cell.counters,
        oracles: &cell.oracles,
    }
}
