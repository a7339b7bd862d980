//! What readers wait while each strategy fills the database.

use super::super::evidence::Evidence;
use super::candidates_first;
use crate::listing::measure::ShapeResult;
use crate::measure::{Latencies, Quantile, Subject};
use crate::outcome::NO_BACKFILL;
use crate::report::ReportError;
use crate::report::chart::compact::compact;
use crate::report::chart::{LatencyLine, Look};
use crate::report::evidence::file_part;
use crate::report::figure::Figure;

/// The picture of `shape`; `None` where nobody reads.
pub(super) fn figure(
    evidence: &Evidence<'_>,
    shape: &ShapeResult,
) -> Result<Option<Figure>, ReportError> {
    let quiet = evidence.quiet(&shape.name);
    let read: Vec<(&str, Latencies)> = candidates_first(shape)
        .into_iter()
        .map(|result| (result.name.as_str(), evidence.reads(result)))
        .filter(|(_, latencies)| !latencies.as_slice().is_empty())
        .collect();
    if read.is_empty() || quiet.as_slice().is_empty() {
        return Ok(None);
    }
    let mut lines: Vec<LatencyLine<'_>> = read
        .iter()
        .map(|(name, latencies)| LatencyLine {
            name,
            look: evidence.look(name),
            latencies,
        })
        .collect();
    lines.push(LatencyLine {
        name: NO_BACKFILL,
        look: Look::NO_BACKFILL,
        latencies: &quiet,
    });
    let times = evidence.comparison.objective.reader_p95_times;
    let p95_ns = quiet.at(Quantile::P95);
    let objective_ns = p95_ns
        .zip(times)
        .map(|(ns, times)| (ns as f64 * times) as u64);
    let id = format!("latency-{}", file_part(&shape.name));
    let title = format!("Reader latency by percentile: {}", shape.name);
    let figure = Figure::latency((&id, &title), Subject::Readers, &lines, objective_ns)?;
    Ok(Some(Figure {
        svg: compact(&figure.svg),
        ..figure
    }))
}
