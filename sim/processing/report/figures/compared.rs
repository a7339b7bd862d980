//! What tells strategies apart, as bars: items per second, and the readers' p95.

use super::super::{Evidence, reads};
use crate::measure::{Quantile, unit};
use crate::outcome::NO_BACKFILL;
use crate::processing::measure::StrategyResult;
use crate::report::ReportError;
use crate::report::chart::{Caption, Look};
use crate::report::figure::Figure;
use crate::report::table::or_absent;
use crate::sheet::chart::{Bar, Ruler, bars};

/// A picture without its drawing.
struct Drawing {
    id: &'static str,
    title: &'static str,
    /// What the bars show, and in what unit.
    axis: &'static str,
    reading: &'static str,
    finding: String,
    table: (Vec<&'static str>, Vec<Vec<String>>),
}

impl Drawing {
    fn figure(self, all: &[Bar<'_>]) -> Result<Figure, ReportError> {
        let caption = Caption {
            id: self.id,
            title: self.title,
            finding: &self.finding,
        };
        let svg = bars(caption, &Ruler::from_zero(self.axis), all)?;
        Ok(Figure {
            id: self.id.to_owned(),
            file: format!("{}.svg", self.id),
            title: self.title.to_owned(),
            reading: self.reading.into(),
            finding: self.finding,
            svg,
            table: self.table,
        })
    }
}

/// Items per second of each strategy; `None` when nobody has any.
pub(super) fn throughput(evidence: &Evidence<'_>) -> Result<Option<Figure>, ReportError> {
    let results = evidence.candidates_first();
    let rate = |result: &StrategyResult| result.pooled.as_ref()?.items_per_s;
    let mut rated: Vec<(&str, f64)> = results
        .iter()
        .filter_map(|result| Some((result.name.as_str(), rate(result)?)))
        .collect();
    rated.sort_by(|a, b| b.1.total_cmp(&a.1));
    let finding = match rated.as_slice() {
        [] => return Ok(None),
        [(name, rate)] => format!("{name} processes {} items/s.", items(*rate)),
        [(first, most), .., (last, least)] => format!(
            "{first} processes the most, {} items/s, {} what {last} does.",
            items(*most),
            unit::factor(most / least)
        ),
    };
    let all: Vec<Bar<'_>> = results
        .iter()
        .map(|result| Bar {
            name: &result.name,
            look: evidence.look(&result.strategy),
            value: rate(result),
            text: rate(result).map_or_else(|| why(evidence, result), items),
        })
        .collect();
    let rows = results.iter().map(|result| {
        let pooled = result.pooled.as_ref();
        let took_ns = pooled.and_then(|one| one.makespan_ns);
        vec![
            result.name.clone(),
            or_absent(rate(result), items),
            or_absent(took_ns, unit::seconds),
        ]
    });
    let drawing = Drawing {
        id: "throughput",
        title: "Items per second",
        axis: "items per second of makespan, geometric mean over seeds",
        reading: "Bars begin at 0: twice as long is twice as quick.",
        finding,
        table: (vec!["strategy", "items / s", "makespan s"], rows.collect()),
    };
    drawing.figure(&all).map(Some)
}

/// The readers' p95 beside each strategy and without any; `None` where nobody reads.
pub(super) fn readers(evidence: &Evidence<'_>) -> Result<Option<Figure>, ReportError> {
    let results = evidence.candidates_first();
    let mut read: Vec<(&str, Look, Option<u64>, u64, String)> = Vec::new();
    for result in &results {
        let latencies = reads::meanwhile(evidence, result);
        let (p95_ns, count) = (
            latencies.at(Quantile::P95),
            latencies.as_slice().len() as u64,
        );
        let look = evidence.look(&result.strategy);
        let instead = why(evidence, result);
        read.push((&result.name, look, p95_ns, count, instead));
    }
    let quiet = reads::without(evidence);
    let quiet_ns = quiet.at(Quantile::P95);
    let all = read.iter().filter_map(|one| Some((one.0, one.2?)));
    let (Some(most), Some(least)) = (
        all.clone().max_by_key(|one| one.1),
        all.min_by_key(|one| one.1),
    ) else {
        return Ok(None);
    };
    let said = |(name, ns): (&str, u64)| format!("{} with {name}", unit::duration(ns));
    let between = if most.0 == least.0 {
        said(most)
    } else if most.1 == least.1 {
        format!("{} with every strategy", unit::duration(most.1))
    } else {
        format!("between {} and {}", said(least), said(most))
    };
    let without = quiet_ns.map_or_else(String::new, |ns| {
        format!(", and {} without any processing", unit::duration(ns))
    });
    let finding = format!("At the 95th percentile readers wait {between}{without}.");
    let count = quiet.as_slice().len() as u64;
    let nobody = "no data".to_owned();
    read.push((NO_BACKFILL, Look::NO_BACKFILL, quiet_ns, count, nobody));
    let bars: Vec<Bar<'_>> = read
        .iter()
        .map(|(name, look, p95_ns, _, instead)| Bar {
            name,
            look: *look,
            value: p95_ns.map(|ns| ns as f64),
            text: p95_ns.map_or_else(|| instead.clone(), unit::duration),
        })
        .collect();
    let rows = read.iter().map(|(name, _, p95_ns, count, _)| {
        vec![
            (*name).to_owned(),
            unit::count(*count),
            or_absent(*p95_ns, unit::millis),
        ]
    });
    let drawing = Drawing {
        id: "readers",
        title: "What readers wait",
        axis: "p95 of the reads that fell due meanwhile, all seeds",
        reading: "Nearest rank over the samples of all seeds. Bars begin at 0.",
        finding,
        table: (vec!["strategy", "reads", "p95 ms"], rows.collect()),
    };
    drawing.figure(&bars).map(Some)
}

fn items(rate: f64) -> String {
    unit::count(libm::round(rate) as u64)
}

/// Why a strategy has no figure.
fn why(evidence: &Evidence<'_>, result: &StrategyResult) -> String {
    let docket = evidence.comparison.docket();
    let case = docket.strategies.iter().find(|one| one.name == result.name);
    let word = case.and_then(|one| Some(one.worst()?.1.word()));
    match word {
        Some(word @ ("incorrect" | "unfinished")) => word.to_owned(),
        _ => "no data".to_owned(),
    }
}
