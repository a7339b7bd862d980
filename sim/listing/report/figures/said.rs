//! What was said of the time left, against what was true.

use super::super::chart::{SaidLine, reach, said};
use super::super::evidence::Evidence;
use super::candidates_first;
use crate::listing::measure::{HALF, MOMENTS, ShapeResult, StrategyResult, error};
use crate::listing::{Forecast, Outcome};
use crate::measure::unit;
use crate::outcome::Window;
use crate::report::ReportError;
use crate::report::chart::Caption;
use crate::report::evidence::file_part;
use crate::report::figure::Figure;
use crate::report::table::or_absent;
use crate::scenario::Role;

/// Points of a line.
const POINTS: u64 = 190;
/// How far a line goes, percent of the time: nearer to the end a second is a large share of what
/// is left.
const UNTIL: u64 = 95;

/// The picture of `shape`; `None` when nobody who finished said anything.
pub(super) fn figure(
    evidence: &Evidence<'_>,
    shape: &ShapeResult,
) -> Result<Option<Figure>, ReportError> {
    let lines: Vec<SaidLine> = shown(shape)
        .into_iter()
        .filter_map(|result| {
            let outcome = evidence.outcome(&shape.name, &result.name)?;
            line(evidence, result, outcome)
        })
        .collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let id = format!("eta-{}", file_part(&shape.name));
    let title = format!("What was said of the time left: {}", shape.name);
    let finding = finding(shape, &lines);
    let caption = Caption {
        id: &id,
        title: &title,
        finding: &finding,
    };
    let svg = said(caption, &lines)?;
    let reach = reach(&lines);
    let points = || lines.iter().flat_map(|line| &line.points);
    let above = points()
        .filter(|(_, error)| error.is_some_and(|error| error > reach))
        .count();
    let above = if above == 0 {
        String::new()
    } else {
        format!(
            " {above} points above {} are not drawn.",
            unit::signed_percent(reach)
        )
    };
    Ok(Some(Figure {
        file: format!("{id}.svg"),
        id,
        title,
        reading: format!(
            "Candidates, with the interval they give as a band, and of the others the quickest and the slowest; first seed. Each point is the error farthest from 0 of its part of the time; lines end at {UNTIL} %.{above}"
        )
        .into(),
        finding,
        svg,
        table: table(shape),
    }))
}

/// Candidates, and of the others the quickest and the slowest.
fn shown(shape: &ShapeResult) -> Vec<&StrategyResult> {
    let ranked = shape.ranked();
    let others = || {
        ranked
            .iter()
            .filter(|result| result.role != Role::Candidate)
    };
    let (first, last) = (others().next(), others().next_back());
    let ends: Vec<&str> = first
        .into_iter()
        .chain(last)
        .map(|one| one.name.as_str())
        .collect();
    let mut shown = candidates_first(shape);
    shown.retain(|one| one.role == Role::Candidate || ends.contains(&one.name.as_str()));
    shown
}

fn line(evidence: &Evidence<'_>, result: &StrategyResult, outcome: &Outcome) -> Option<SaidLine> {
    let finished = result.cells.first()?.0.makespan_ns.is_some();
    let window = outcome.backfill.filter(|_| finished)?;
    let parts = parts(&outcome.forecasts, window);
    let errors = |forecasts: &[Forecast]| {
        let errors = forecasts
            .iter()
            .filter_map(|said| error(said, window.end_ns));
        errors.reduce(|far, other| if other.abs() > far.abs() { other } else { far })
    };
    let points: Vec<(f64, Option<f64>)> = parts
        .iter()
        .map(|(at, forecasts)| (*at, errors(forecasts)))
        .collect();
    points
        .iter()
        .any(|(_, error)| error.is_some())
        .then_some(())?;
    let band = if result.role == Role::Candidate {
        parts
            .iter()
            .map(|(at, forecasts)| (*at, interval(forecasts, window.end_ns)))
            .collect()
    } else {
        Vec::new()
    };
    Some(SaidLine {
        name: result.name.clone(),
        look: evidence.look(&result.name),
        points,
        band,
    })
}

/// What was said in each of [`POINTS`] parts of the time, with the middle of the part.
fn parts(forecasts: &[Forecast], window: Window) -> Vec<(f64, &[Forecast])> {
    let until_ns = |part: u64| {
        let ns = u128::from(window.duration_ns()) * u128::from(part * UNTIL);
        window.start_ns + (ns / u128::from(POINTS * 100)) as u64
    };
    let index = |at_ns: u64| forecasts.partition_point(|said| said.at_ns < at_ns);
    let of_part = |part: u64| {
        let middle = (part as f64 + 0.5) * UNTIL as f64 / (POINTS * 100) as f64;
        (
            middle,
            &forecasts[index(until_ns(part))..index(until_ns(part + 1))],
        )
    };
    // A short cell says less than once in a part: such a part is no gap.
    let spoken = (0..POINTS)
        .map(of_part)
        .filter(|(_, said)| !said.is_empty());
    spoken.collect()
}

/// The least and the most of what was said, as errors; `None` when one of them had no interval.
fn interval(forecasts: &[Forecast], end_ns: u64) -> Option<(f64, f64)> {
    let all = forecasts.iter().map(|said| {
        let with = |eta_ns: Option<u64>| error(&Forecast { eta_ns, ..*said }, end_ns);
        Some((with(said.eta_least_ns)?, with(said.eta_most_ns)?))
    });
    let all: Vec<(f64, f64)> = all.collect::<Option<_>>()?;
    all.into_iter().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

fn finding(shape: &ShapeResult, lines: &[SaidLine]) -> String {
    let half_way = lines.iter().filter_map(|line| {
        let (cell, _) = shape.strategy(&line.name)?.cells.first()?;
        let error = cell.moments.get(HALF)?.error?;
        Some(format!("{} {}", line.name, unit::signed_percent(error)))
    });
    let half_way: Vec<String> = half_way.collect();
    if half_way.is_empty() {
        return "Half-way, nobody had said anything yet.".to_owned();
    }
    format!(
        "Half-way, what is said of the time left is off by: {}.",
        half_way.join(", ")
    )
}

/// Every genuine strategy with its errors, and how often its interval was right.
fn table(shape: &ShapeResult) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let header = vec![
        "strategy",
        "at 10 %",
        "at 25 %",
        "at 50 %",
        "at 75 %",
        "at 90 %",
        "in interval",
    ];
    let rows = candidates_first(shape).into_iter().map(|result| {
        let moments = result
            .cells
            .first()
            .map_or(&[][..], |(cell, _)| &cell.moments);
        let error = |index: usize| {
            or_absent(
                moments.get(index).and_then(|one| one.error),
                unit::signed_percent,
            )
        };
        let mut row = vec![result.name.clone()];
        row.extend((0..MOMENTS.len()).map(error));
        let said: Vec<bool> = moments.iter().filter_map(|moment| moment.within).collect();
        let within = said.iter().filter(|within| **within).count();
        let share = format!("{within} of {}", said.len());
        row.push(or_absent((!said.is_empty()).then_some(share), |share| {
            share
        }));
        row
    });
    (header, rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_time_up_to_the_last_twentieth_and_keep_the_farthest() {
        let said = |at_ns, eta_ns| Forecast {
            at_ns,
            done_pages: 0,
            left_pages: 0,
            eta_ns: Some(eta_ns),
            eta_least_ns: Some(eta_ns / 2),
            eta_most_ns: None,
        };
        // 19 000 ns: a part is 95 ns.
        let window = Window {
            start_ns: 1_000,
            end_ns: 20_000,
        };
        let forecasts = [
            said(900, 1),
            said(1_000, 19_000),
            said(1_094, 9_453),
            said(1_095, 20),
            said(19_049, 1),
            said(19_050, 1),
        ];
        let parts = parts(&forecasts, window);
        let lengths: Vec<usize> = parts.iter().map(|(_, said)| said.len()).collect();
        assert_eq!(
            lengths,
            [2, 1, 1],
            "neither before the start nor near the end"
        );
        assert!((parts[0].0 - 0.0025).abs() < 1e-12);
        assert_eq!(interval(parts[0].1, window.end_ns), None, "without a most");
        let bound = [Forecast {
            eta_most_ns: Some(38_000),
            ..said(1_000, 19_000)
        }];
        assert_eq!(interval(&bound, window.end_ns), Some((-0.5, 1.0)));
    }
}
