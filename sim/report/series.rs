//! `timeline.csv`: one row per cell and modelled second; an empty field is a second in which none
//! of those the objective is about asked for anything.

use std::io;

use super::Report;
use super::error::ReportError;
use super::evidence::Evidence;
use super::stage::Stage;
use crate::measure::{Phase, Spread, Subject, Timeline};
use crate::outcome::Outcome;
use crate::scenario::Phases;

/// Writes `timeline.csv`.
pub(super) struct Series;

/// Stands for `reads_completed` or `writes_completed`.
const COMPLETED: &str = "completed";

const HEADER: [&str; 12] = [
    "strategy",
    "seed",
    "second",
    "phase",
    "arrived",
    COMPLETED,
    "p50_ns",
    "p95_ns",
    "max_ns",
    "chunks",
    "processed",
    "held_ns",
];

impl Report for Series {
    fn write(&self, evidence: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
        stage.file("timeline.csv", |file| {
            let mut csv = csv::Writer::from_writer(file);
            let run = evidence.run;
            let subject = run.subject();
            let completed = format!("{}_completed", subject.requests());
            csv.write_record(HEADER.map(|title| {
                if title == COMPLETED {
                    &completed
                } else {
                    title
                }
            }))?;
            for outcome in run.outcomes.iter().chain(&run.counterfactuals) {
                write_outcome(&mut csv, outcome, subject, &run.scenario.model.phases)?;
            }
            csv.flush()
        })
    }
}

fn write_outcome(
    csv: &mut csv::Writer<impl io::Write>,
    outcome: &Outcome,
    subject: Subject,
    phases: &Phases,
) -> io::Result<()> {
    let or_empty = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
    for (second, bin) in Timeline::of(outcome, subject, 1).bins.iter().enumerate() {
        let figure = |figure: fn(&Spread) -> u64| or_empty(bin.latency.as_ref().map(figure));
        let phase = Phase::of(phases, outcome.backfill, second as u64 * 1_000_000_000);
        csv.write_record([
            outcome.strategy.clone(),
            outcome.seed.to_string(),
            second.to_string(),
            phase.name().to_owned(),
            bin.arrived.to_string(),
            bin.answered.to_string(),
            figure(|spread| spread.p50_ns),
            figure(|spread| spread.p95_ns),
            figure(|spread| spread.max_ns),
            bin.chunks.to_string(),
            or_empty(bin.processed),
            bin.held_ns.to_string(),
        ])?;
    }
    Ok(())
}
