//! `summary.json`: what scripts read, with the keys every family has. Schema version 1: a key that
//! goes or means something else is a new version, a key that is added is not.
//!
//! Times are whole nanoseconds and counters whole numbers. What does not exist is absent.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Comparison, Reported, Sheet, StrategyResult};
use crate::gate::Judged;
use crate::outcome::Oracle;
use crate::report::head::Head;
use crate::report::table::role;
use crate::report::{ReportError, Stage};

/// A strategy with its cells.
#[derive(Serialize)]
pub(crate) struct Record<'a, F> {
    /// Its name, with its workload where there are several.
    pub(crate) name: &'a str,
    /// The strategy's name in the scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) strategy: Option<&'a str>,
    /// What it was given to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) workload: Option<&'a str>,
    /// `candidate`, `baseline` or `control`.
    pub(crate) role: &'static str,
    /// One per seed.
    pub(crate) cells: Vec<CellRecord<'a, F>>,
}

/// One strategy with one seed.
#[derive(Serialize)]
pub(crate) struct CellRecord<'a, F> {
    /// The seed.
    pub(crate) seed: u64,
    /// SHA-256 over the event log, hex.
    pub(crate) digest: &'a str,
    /// SHA-256 over what was planned for it, hex.
    pub(crate) plan_hash: &'a str,
    /// Whether every oracle passed.
    pub(crate) correct: bool,
    /// `meets`, `misses`, `incorrect`, …
    pub(crate) standing: &'static str,
    /// What only its family has.
    #[serde(flatten)]
    pub(crate) figures: F,
    /// Counted work and events.
    pub(crate) counters: &'a BTreeMap<String, u64>,
    /// What must be true afterwards, and whether it is.
    pub(crate) oracles: &'a [Oracle],
}

#[derive(Serialize)]
pub(super) struct Document<'a, F> {
    schema_version: u32,
    scenario: &'a str,
    scenario_hash: &'a str,
    verdict: &'static str,
    strategies: &'a [Record<'a, F>],
    gates: &'a [Judged],
}

/// What `summary.json` has: the `head` of a report, and its strategies.
pub(super) fn document<'a, F>(head: &Head<'a>, strategies: &'a [Record<'a, F>]) -> Document<'a, F> {
    Document {
        schema_version: 1,
        scenario: head.scenario,
        scenario_hash: head.scenario_hash,
        verdict: head.answer(),
        strategies,
        gates: head.gates,
    }
}

/// Writes `summary.json`.
pub(super) fn write<F: Serialize>(
    sheet: &Sheet<'_, F>,
    stage: &mut Stage,
) -> Result<(), ReportError> {
    let document = document(&sheet.head, &sheet.records);
    stage.file("summary.json", |file| {
        serde_json::to_writer_pretty(&mut *file, &document)?;
        file.write_all(b"\n")
    })
}

/// What `summary.json` has of the strategies, in the order of the run; then of the built-in
/// controls.
pub(crate) fn records<F: Reported>(comparison: &Comparison<F>) -> Vec<Record<'_, F::Measured>> {
    let all = comparison.strategies.iter().chain(&comparison.controls);
    all.map(record).collect()
}

fn record<F: Reported>(result: &StrategyResult<F>) -> Record<'_, F::Measured> {
    let several = !result.workload.is_empty();
    let cells = result.cells.iter().map(|(cell, standing)| CellRecord {
        seed: cell.seed,
        digest: &cell.digest,
        plan_hash: &cell.plan_hash,
        correct: cell.correct,
        standing: standing.word(),
        figures: F::measured(cell),
        counters: &cell.counters,
        oracles: &cell.oracles,
    });
    Record {
        name: &result.name,
        strategy: several.then_some(result.strategy.as_str()),
        workload: several.then_some(result.workload.as_str()),
        role: role(result.role),
        cells: cells.collect(),
    }
}
