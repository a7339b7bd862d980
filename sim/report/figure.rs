//! One picture of a page: the drawing, the sentence under it and the table beneath that.

use std::borrow::Cow;

use super::chart::{self, Caption, LatencyLine};
use super::error::ReportError;
use super::stage::Stage;
use super::table::ABSENT;
use crate::measure::{Latencies, Quantile, Subject, unit};
use crate::outcome::NO_BACKFILL;

/// Lines that a sentence names one by one.
const SENTENCE_LINES: usize = 6;

/// One picture.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// Its anchor on the page.
    pub(crate) id: String,
    /// Its file.
    pub(crate) file: String,
    /// Its heading.
    pub(crate) title: String,
    /// How to read it.
    pub(crate) reading: Cow<'static, str>,
    /// What is to be seen in it.
    pub(crate) finding: String,
    /// The picture.
    pub(crate) svg: String,
    /// Header and rows of what it shows; the first column holds words, the others numbers.
    pub(crate) table: (Vec<&'static str>, Vec<Vec<String>>),
}

impl Figure {
    /// Writes its drawing into a file of its own.
    pub(crate) fn write(&self, stage: &mut Stage) -> Result<(), ReportError> {
        stage.file(&self.file, |file| file.write_all(self.svg.as_bytes()))
    }

    /// Latency of `subject` by percentile, against the objective where there is one; with its
    /// anchor, which names the file too, and its heading.
    pub(crate) fn latency(
        (id, title): (&str, &str),
        subject: Subject,
        lines: &[LatencyLine<'_>],
        objective_ns: Option<u64>,
    ) -> Result<Self, ReportError> {
        let finding = latency_finding(lines);
        let caption = Caption {
            id,
            title,
            finding: &finding,
        };
        let svg = chart::latency(caption, subject, lines, objective_ns)?;
        let rows = lines
            .iter()
            .map(|line| percentile_row(line.name, line.latencies));
        Ok(Self {
            id: id.to_owned(),
            file: format!("{id}.svg"),
            title: title.to_owned(),
            reading: "Each further nine takes the same room, so the tail is not hidden in a corner. All seeds pooled; a line ends at its slowest request.".into(),
            finding,
            svg,
            table: (
                vec![
                    "strategy",
                    subject.requests(),
                    "p50 ms",
                    "p90 ms",
                    "p95 ms",
                    "p99 ms",
                    "p99.9 ms",
                    "max ms",
                ],
                rows.collect(),
            ),
        })
    }
}

/// Every line by name as long as a sentence holds them, else the two ends and what they are
/// compared with.
fn latency_finding(lines: &[LatencyLine<'_>]) -> String {
    let mut p95: Vec<(&str, u64)> = lines
        .iter()
        .filter_map(|line| Some((line.name, line.latencies.at(Quantile::P95)?)))
        .collect();
    let all = p95.len() <= SENTENCE_LINES;
    let strategies = p95.iter().filter(|(name, _)| *name != NO_BACKFILL).count();
    if !all {
        let least = p95.iter().filter(|(name, _)| *name != NO_BACKFILL).copied();
        let (least, most) = (least.clone().min_by_key(|p| p.1), least.max_by_key(|p| p.1));
        p95.retain(|one| Some(*one) == least || Some(*one) == most || one.0 == NO_BACKFILL);
        p95.sort_by_key(|(_, ns)| *ns);
    }
    let parts: Vec<String> = p95
        .iter()
        .map(|(name, ns)| format!("{name} {}", unit::duration(*ns)))
        .collect();
    let which = if all {
        String::new()
    } else {
        format!(", least and most of {strategies} strategies")
    };
    format!("At the 95th percentile{which}: {}.", parts.join(", "))
}

fn percentile_row(name: &str, latencies: &Latencies) -> Vec<String> {
    let count = latencies.as_slice().len() as u64;
    let mut row = vec![name.to_owned(), unit::count(count)];
    for ppm in [500_000, 900_000, 950_000, 990_000, 999_000, 1_000_000] {
        row.push(
            latencies
                .at(Quantile::from_ppm(ppm))
                .map_or_else(|| ABSENT.to_owned(), unit::millis),
        );
    }
    row
}
