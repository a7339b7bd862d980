//! `timeline.csv`: one row per cell and modelled second; an empty field is a second by whose end
//! nothing had been said yet.

use std::io;

use crate::listing::measure::Seconds;
use crate::listing::{Outcome, Run};
use crate::report::{ReportError, Stage};

const HEADER: [&str; 9] = [
    "shape",
    "strategy",
    "seed",
    "second",
    "requests",
    "limited",
    "pages_stored",
    "pages_left",
    "eta_ns",
];

/// Writes `timeline.csv`.
pub(super) fn write(run: &Run, stage: &mut Stage) -> Result<(), ReportError> {
    stage.file("timeline.csv", |file| {
        let mut csv = csv::Writer::from_writer(file);
        csv.write_record(HEADER)?;
        for outcome in &run.outcomes {
            write_outcome(&mut csv, outcome)?;
        }
        csv.flush()
    })
}

fn write_outcome(csv: &mut csv::Writer<impl io::Write>, outcome: &Outcome) -> io::Result<()> {
    let or_empty = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
    for (index, second) in Seconds::of(outcome).0.iter().enumerate() {
        csv.write_record([
            outcome.shape.clone(),
            outcome.strategy.clone(),
            outcome.seed.to_string(),
            index.to_string(),
            second.requests.to_string(),
            second.limited.to_string(),
            second.pages_stored.to_string(),
            or_empty(second.pages_left),
            or_empty(second.eta_ns),
        ])?;
    }
    Ok(())
}
