//! `calls.csv`: one row per request of every cell, so that anybody can check any figure. It is
//! written row by row, however many there are.

use std::io;

use crate::listing::{CallKind, Outcome, Run};
use crate::report::{ReportError, Stage};

const HEADER: [&str; 13] = [
    "shape",
    "strategy",
    "seed",
    "run",
    "stream",
    "sent_ns",
    "answered_ns",
    "gte",
    "lt",
    "continued",
    "items",
    "new_items",
    "kind",
];

/// Writes `calls.csv`.
pub(super) fn write(run: &Run, stage: &mut Stage) -> Result<(), ReportError> {
    stage.file("calls.csv", |file| {
        let mut csv = csv::Writer::from_writer(file);
        csv.write_record(HEADER)?;
        for outcome in run.outcomes.iter().chain(&run.controls) {
            write_outcome(&mut csv, outcome)?;
        }
        csv.flush()
    })
}

fn write_outcome(csv: &mut csv::Writer<impl io::Write>, outcome: &Outcome) -> io::Result<()> {
    let seed = outcome.seed.to_string();
    for call in &outcome.calls {
        csv.write_record([
            outcome.shape.as_str(),
            &outcome.strategy,
            &seed,
            &call.run.to_string(),
            &call.stream.to_string(),
            &call.sent_ns.to_string(),
            &call.answered_ns.to_string(),
            &call.range.gte.to_string(),
            &call.range.lt.to_string(),
            if call.continued { "true" } else { "false" },
            &call.items.to_string(),
            &call.new_items.to_string(),
            kind(call.kind),
        ])?;
    }
    Ok(())
}

/// A kind's name in files.
const fn kind(kind: CallKind) -> &'static str {
    match kind {
        CallKind::New => "new",
        CallKind::Empty => "empty",
        CallKind::Refetched => "refetched",
        CallKind::Limited => "limited",
        CallKind::Failed => "failed",
        CallKind::Abandoned => "abandoned",
    }
}
