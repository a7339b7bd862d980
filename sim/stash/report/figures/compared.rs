//! What tells strategies apart: fallbacks by workload as bars, and waits as shares.

use super::super::Evidence;
use crate::measure::{Latencies, Quantile, unit};
use crate::report::ReportError;
use crate::report::chart::{Caption, Ink};
use crate::report::figure::Figure;
use crate::report::table::or_absent;
use crate::sheet::chart::{Bar, Measure, Panel, Panels, Ruler, Style, Trace, bars, panels};
use crate::stash::measure::StrategyResult;

/// Points of a line of shares.
const STEPS: u64 = 200;

/// The share of the results that found no room, of each strategy with each workload.
pub(super) fn fallbacks(evidence: &Evidence<'_>) -> Result<Figure, ReportError> {
    let mut results: Vec<&StrategyResult> = evidence.comparison.genuine().collect();
    // Workload by workload, in the order of the file.
    let workloads: Vec<&str> = results.iter().map(|one| one.workload.as_str()).collect();
    let place = |one: &StrategyResult| workloads.iter().position(|name| *name == one.workload);
    let mut order: Vec<(usize, &StrategyResult)> = results
        .drain(..)
        .filter_map(|one| Some((place(one)?, one)))
        .collect();
    order.sort_by_key(|(place, _)| *place);
    let share = |one: &StrategyResult| one.pooled.as_ref()?.fallback_share();
    let all: Vec<Bar<'_>> = order
        .iter()
        .map(|(_, one)| Bar {
            name: &one.name,
            look: evidence.look(&one.strategy),
            value: share(one),
            text: share(one).map_or_else(|| "no data".to_owned(), unit::fine_percent),
        })
        .collect();
    let known = || order.iter().filter_map(|(_, one)| Some((one, share(one)?)));
    let most = known().max_by(|a, b| a.1.total_cmp(&b.1));
    let none = known().filter(|(_, share)| *share == 0.0).count();
    let finding = most.map_or_else(
        || "Nobody has a figure.".to_owned(),
        |(one, share)| {
            format!(
                "{} has no room for most, {}; {none} of {} have room for all.",
                one.name,
                unit::percent(share),
                known().count()
            )
        },
    );
    let caption = Caption {
        id: "fallbacks",
        title: "Fallbacks by load",
        finding: &finding,
    };
    let svg = bars(
        caption,
        &Ruler::from_zero("share of the results that found no room"),
        &all,
    )?;
    let rows = order.iter().map(|(_, one)| {
        let counted = one.pooled.as_ref().map(|pooled| pooled.counted);
        vec![
            one.name.clone(),
            or_absent(counted, |counted| unit::count(counted.puts)),
            or_absent(counted, |counted| unit::count(counted.fallbacks)),
            or_absent(share(one), unit::fine_percent),
        ]
    });
    let rows = rows.collect();
    Ok(Figure {
        id: "fallbacks".to_owned(),
        file: "fallbacks.svg".to_owned(),
        title: "Fallbacks by load".to_owned(),
        reading: "Refused at once and timed out together, all seeds. Bars begin at 0.".into(),
        finding,
        svg,
        table: (vec!["strategy", "results", "fallbacks", "share"], rows),
    })
}

/// How long those in line waited; `None` where nobody did.
pub(super) fn waits(evidence: &Evidence<'_>) -> Result<Option<Figure>, ReportError> {
    let waited: Vec<(&StrategyResult, &Latencies)> = evidence
        .candidates_first()
        .into_iter()
        .filter_map(|one| Some((one, &one.pooled.as_ref()?.waits)))
        .filter(|(_, waits)| !waits.as_slice().is_empty())
        .collect();
    let longest = waited
        .iter()
        .filter_map(|(_, waits)| waits.as_slice().last());
    let Some(end_ns) = longest.max().copied() else {
        return Ok(None);
    };
    let parts = waited.iter().map(|(one, waits)| {
        let p95 = or_absent(waits.at(Quantile::P95), unit::duration);
        format!("{} {p95}", one.name)
    });
    let parts: Vec<String> = parts.collect();
    let finding = format!(
        "95 % of those in line waited at most: {}.",
        parts.join(", ")
    );
    let all: Vec<Panel> = waited
        .iter()
        .map(|(one, waits)| panel(evidence, one, waits, end_ns))
        .collect();
    let caption = Caption {
        id: "waits",
        title: "How long those in line waited",
        finding: &finding,
    };
    let chart = Panels {
        since: "in line",
        end_ns,
        shaded: &[],
        panels: &all,
    };
    let svg = panels(caption, &chart)?;
    let rows = waited.iter().map(|(one, waits)| {
        let mut row = vec![one.name.clone(), unit::count(waits.as_slice().len() as u64)];
        for ppm in [500_000, 900_000, 950_000, 990_000, 1_000_000] {
            row.push(or_absent(waits.at(Quantile::from_ppm(ppm)), unit::millis));
        }
        row
    });
    Ok(Some(Figure {
        id: "waits".to_owned(),
        file: "waits.svg".to_owned(),
        title: "How long those in line waited".to_owned(),
        reading: "Of those in line, the share that had waited so long or shorter when it was \
                  stored, gave up or went away; all seeds together."
            .into(),
        finding,
        svg,
        table: (
            vec![
                "strategy", "in line", "p50 ms", "p90 ms", "p95 ms", "p99 ms", "max ms",
            ],
            rows.collect(),
        ),
    }))
}

fn panel(evidence: &Evidence<'_>, one: &StrategyResult, waits: &Latencies, end_ns: u64) -> Panel {
    let all = waits.as_slice();
    let points = (0..=STEPS).map(|step| {
        let until_ns = end_ns * step / STEPS;
        let below = all.partition_point(|wait_ns| *wait_ns <= until_ns);
        (until_ns, below as f64 / all.len() as f64)
    });
    Panel {
        title: format!(
            "{}: share of {} in line",
            one.name,
            unit::count(all.len() as u64)
        ),
        measure: Measure::Share,
        traces: vec![Trace {
            name: "waited less",
            ink: match evidence.look(&one.strategy).ink {
                Ink::Grey => Ink::Black,
                ink => ink,
            },
            style: Style::Line,
            points: points.collect(),
        }],
        limit: None,
    }
}
