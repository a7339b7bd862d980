//! `summary.json`: what scripts read, with the keys of a chunked backfill's where they mean the
//! same. Schema version 1: a key that goes or means something else is a new version, a key that
//! is added is not.
//!
//! Times are whole nanoseconds and counters whole numbers. What does not exist is absent: a wrong
//! or unfinished cell has no duration, and where nobody reads there are no readers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::evidence::Evidence;
use crate::gate::Judged;
use crate::listing::measure::{Cell, Moment, Standing, StrategyResult};
use crate::measure::Stats;
use crate::outcome::Oracle;
use crate::report::table::role;
use crate::report::{ReportError, Stage};

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
    shape: &'a str,
    seed: u64,
    digest: &'a str,
    plan_hash: &'a str,
    correct: bool,
    /// `meets`, `misses`, `incorrect`, …
    standing: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ns: Option<u64>,
    floor_ns: u64,
    floor_by_rate_ns: u64,
    floor_by_chain_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    readers: Option<Readers>,
    ratios: Ratios,
    counters: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    eta: Vec<Eta>,
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
    duration_floor: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_best: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wasted_requests: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_bytes_per_object: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reader_p95: Option<f64>,
}

/// What was said of the time left when `at_percent` of the time had gone by.
#[derive(Serialize)]
struct Eta {
    at_percent: u64,
    /// What was said minus what was true, over what was true.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<f64>,
    /// Whether the interval held the truth.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_interval: Option<bool>,
    /// From its least to its most, over what was true.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_width: Option<f64>,
}

impl From<&Moment> for Eta {
    fn from(moment: &Moment) -> Self {
        Self {
            at_percent: moment.at_percent,
            error: moment.error,
            in_interval: moment.within,
            interval_width: moment.width,
        }
    }
}

/// Writes `summary.json`.
pub(super) fn write(evidence: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
    let document = document(evidence);
    stage.file("summary.json", |file| {
        serde_json::to_writer_pretty(&mut *file, &document)?;
        file.write_all(b"\n")
    })
}

/// Strategies in the order of the run, each with the cells of all shapes; then built-in controls.
pub(super) fn document<'a>(evidence: &'a Evidence<'_>) -> Document<'a> {
    let comparison = &evidence.comparison;
    let own = comparison
        .strategies()
        .into_iter()
        .map(|(name, of_role)| Strategy {
            name,
            role: role(of_role),
            cells: comparison.of_strategy(name).flat_map(cells).collect(),
        });
    let built_in = comparison.controls.iter().map(|control| Strategy {
        name: &control.name,
        role: role(control.role),
        cells: cells(control).collect(),
    });
    Document {
        schema_version: 1,
        scenario: &evidence.run.name,
        scenario_hash: &evidence.run.scenario_hash,
        verdict: evidence.head().answer(),
        strategies: own.chain(built_in).collect(),
        gates: &evidence.gates,
    }
}

fn cells(result: &StrategyResult) -> impl Iterator<Item = CellDocument<'_>> {
    let all = result.cells.iter();
    all.map(|(one, standing)| cell(&result.shape, one, standing))
}

fn cell<'a>(shape: &'a str, cell: &'a Cell, standing: &Standing) -> CellDocument<'a> {
    let (backfill, no_backfill) = (cell.readers.backfill, cell.readers.no_backfill);
    let read = backfill.is_some() || no_backfill.is_some();
    CellDocument {
        shape,
        seed: cell.seed,
        digest: &cell.digest,
        plan_hash: &cell.plan_hash,
        correct: cell.correct,
        standing: standing.word(),
        duration_ns: cell.makespan_ns,
        floor_ns: cell.task.floor_ns(),
        floor_by_rate_ns: cell.task.by_rate_ns,
        floor_by_chain_ns: cell.task.by_chain_ns,
        readers: read.then_some(Readers {
            no_backfill,
            backfill,
        }),
        ratios: Ratios {
            duration_floor: cell.times_floor,
            duration_best: cell.times_best,
            wasted_requests: cell.tally.wasted_share(),
            state_bytes_per_object: cell.storing.state_bytes_per_object,
            reader_p95: cell.readers.ratio(),
        },
        counters: cell.all_counters(),
        eta: cell.moments.iter().map(Eta::from).collect(),
        oracles: &cell.oracles,
    }
}
