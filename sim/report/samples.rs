//! `samples.csv`: one row per request, so that anybody can check any percentile.

use std::io;

use super::Report;
use super::error::ReportError;
use super::evidence::Evidence;
use super::stage::Stage;
use crate::measure::Phase;
use crate::outcome::Outcome;

/// Writes `samples.csv`.
pub(super) struct Samples;

const HEADER: [&str; 11] = [
    "strategy",
    "seed",
    "kind",
    "intended_ns",
    "acquired_ns",
    "finished_ns",
    "latency_ns",
    "phase",
    "failed",
    "processor_ns",
    "device_ns",
];

impl Report for Samples {
    fn write(&self, evidence: &Evidence<'_>, stage: &mut Stage) -> Result<(), ReportError> {
        stage.file("samples.csv", |file| {
            let mut csv = csv::Writer::from_writer(file);
            csv.write_record(HEADER)?;
            let run = evidence.run;
            for outcome in run.outcomes.iter().chain(&run.counterfactuals) {
                write_outcome(&mut csv, outcome, &run.scenario.model.phases)?;
            }
            csv.flush()
        })
    }
}

fn write_outcome(
    csv: &mut csv::Writer<impl io::Write>,
    outcome: &Outcome,
    phases: &crate::scenario::Phases,
) -> io::Result<()> {
    let seed = outcome.seed.to_string();
    for request in &outcome.requests {
        let phase = Phase::of(phases, outcome.backfill, request.intended_ns);
        csv.write_record([
            outcome.strategy.as_str(),
            &seed,
            request.kind.name(),
            &request.intended_ns.to_string(),
            &request.acquired_ns.to_string(),
            &request.finished_ns.to_string(),
            &request.latency_ns().to_string(),
            phase.name(),
            if request.failed { "true" } else { "false" },
            &request.service.cpu_ns.to_string(),
            &request.service.device_ns.to_string(),
        ])?;
    }
    Ok(())
}
