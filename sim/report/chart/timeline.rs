//! One cell over its time: load, latency and progress in three aligned panels.
//!
//! Steps without a read leave a gap in the lines. The window of the backfill is shaded through all
//! panels, so a cause and its effect stand under each other.

use super::Caption;
use super::axis::Axis;
use super::canvas::{self, Canvas, ChartError, Drawn, Point, Side, TEXT, WIDTH};
use super::label;
use super::palette::Ink;
use crate::measure::{Bin, Spread, Timeline};
use crate::outcome::Window;

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct TimelineChart<'a> {
    /// The cell in steps.
    pub timeline: &'a Timeline,
    /// When the backfill ran.
    pub window: Option<Window>,
    /// When the warm-up ended, nanoseconds.
    pub warm_up_ns: u64,
    /// The last modelled instant, nanoseconds.
    pub end_ns: u64,
    /// What the subject is promised, nanoseconds.
    pub objective_ns: u64,
}

/// One figure of the requests of a step, nanoseconds.
type SpreadFigure = fn(&Spread) -> u64;

const HEIGHT: i32 = 1_140;
const LEFT: i32 = 150;
const RIGHT: i32 = WIDTH - 250;
/// Top and bottom of the panels.
const LOAD: (i32, i32) = (110, 230);
const LATENCY: (i32, i32) = (310, 760);
const PROGRESS: (i32, i32) = (840, 1_040);

/// Draws one cell.
///
/// # Errors
/// When plotters cannot draw.
pub fn timeline(caption: Caption<'_>, chart: TimelineChart<'_>) -> Result<String, ChartError> {
    let x = Axis::linear_time(chart.end_ns.max(1) as f64, LEFT, RIGHT);
    canvas::draw(caption, HEIGHT, |canvas| {
        phases(canvas, &chart, &x)?;
        load(canvas, &chart, &x)?;
        latency(canvas, &chart, &x)?;
        progress(canvas, &chart, &x)?;
        canvas.text(
            (RIGHT, PROGRESS.1 + 76),
            Side::Left,
            Ink::Grey,
            "modelled time since the start",
        )
    })
}

/// Shades the window and names the phases above it; a phase too narrow for its name goes without.
fn phases(canvas: &Canvas<'_>, chart: &TimelineChart<'_>, x: &Axis) -> Drawn {
    let edge = |ns: u64| x.at(ns as f64);
    let mut named = vec![("warm-up", LEFT, edge(chart.warm_up_ns))];
    if let Some(window) = chart.window {
        let (start, end) = (
            edge(window.start_ns),
            edge(window.end_ns).max(edge(window.start_ns) + 2),
        );
        canvas.fill((start, LOAD.0), (end, PROGRESS.1), Ink::Purple, 0.13)?;
        named.push(("before", edge(chart.warm_up_ns), start));
        named.push(("backfill", start, end));
        named.push(("recovery", end, edge(chart.end_ns)));
    } else {
        named.push(("no backfill", edge(chart.warm_up_ns), edge(chart.end_ns)));
    }
    for (name, from, to) in named {
        let room = (name.len() as i32 + 1) * TEXT * 6 / 10;
        if to - from >= room || name == "backfill" {
            canvas.text(((from + to) / 2, 84), Side::Middle, Ink::Black, name)?;
        }
        canvas.line(&[(to, 100), (to, 112)], Ink::Grey, 2)?;
    }
    canvas.text(
        (LEFT, 26),
        Side::Right,
        Ink::Grey,
        &load_title(chart.timeline),
    )
}

fn load_title(timeline: &Timeline) -> String {
    format!(
        "reads and writes arriving (area) and {} answered (line) per {}",
        timeline.subject.requests(),
        step_name(timeline.step_s)
    )
}

fn step_name(step_s: u64) -> String {
    if step_s == 1 {
        "second".to_owned()
    } else {
        format!("{step_s} seconds")
    }
}

/// The middle of a step; the last one may reach beyond the end.
fn middle(chart: &TimelineChart<'_>, x: &Axis, index: usize) -> i32 {
    let step_ns = chart.timeline.step_s * 1_000_000_000;
    x.at((index as u64 * step_ns + step_ns / 2).min(chart.end_ns) as f64)
}

fn load(canvas: &Canvas<'_>, chart: &TimelineChart<'_>, x: &Axis) -> Drawn {
    let bins = &chart.timeline.bins;
    let arrived = bins.iter().map(|bin| bin.arrived).max().unwrap_or(0);
    let answered = bins.iter().map(|bin| bin.answered).max().unwrap_or(0);
    let y = Axis::counts(arrived.max(answered), LOAD.1, LOAD.0);
    y.draw_rows(canvas, LEFT, RIGHT)?;
    x.draw_columns(canvas, LOAD.0, LOAD.1, false)?;
    // A last step that the end cuts off has fewer of both, which would look like a fall.
    let whole = (chart.end_ns / (chart.timeline.step_s * 1_000_000_000)) as usize;
    let whole = whole.clamp(1, bins.len());
    let mut area: Vec<Point> = (0..whole)
        .map(|index| (middle(chart, x, index), y.at(bins[index].arrived as f64)))
        .collect();
    area.push((middle(chart, x, whole - 1), LOAD.1));
    area.push((middle(chart, x, 0), LOAD.1));
    canvas.shape(area, Ink::Grey, 0.45)?;
    let line: Vec<Point> = (0..whole)
        .map(|index| (middle(chart, x, index), y.at(bins[index].answered as f64)))
        .collect();
    canvas.line(&line, Ink::Blue, 2)?;
    canvas.bold(
        (RIGHT + 20, LOAD.1 - 66),
        Side::Right,
        Ink::Blue,
        "answered",
    )?;
    canvas.bold(
        (RIGHT + 20, LOAD.1 - 22),
        Side::Right,
        Ink::Grey,
        "arriving",
    )
}

/// The unbroken stretches of a figure.
fn stretches(
    chart: &TimelineChart<'_>,
    x: &Axis,
    y: &Axis,
    figure: SpreadFigure,
) -> Vec<Vec<Point>> {
    let mut stretches: Vec<Vec<Point>> = vec![Vec::new()];
    for (index, bin) in chart.timeline.bins.iter().enumerate() {
        match bin
            .latency
            .as_ref()
            .map(figure)
            .filter(|ns| y.shows(*ns as f64))
        {
            Some(ns) => {
                let point = (middle(chart, x, index), y.at(ns as f64));
                if let Some(last) = stretches.last_mut() {
                    last.push(point);
                }
            }
            None => stretches.push(Vec::new()),
        }
    }
    stretches.retain(|stretch| !stretch.is_empty());
    stretches
}

fn latency(canvas: &Canvas<'_>, chart: &TimelineChart<'_>, x: &Axis) -> Drawn {
    let spreads = || chart.timeline.bins.iter().filter_map(|bin| bin.latency);
    let values = spreads()
        .flat_map(|spread| [spread.p50_ns as f64, spread.max_ns as f64])
        .chain([chart.objective_ns as f64]);
    let y = Axis::log_time(values, LATENCY.1, LATENCY.0);
    let title = format!(
        "{} latency per {} of arrival, log scale",
        chart.timeline.subject.one(),
        step_name(chart.timeline.step_s)
    );
    canvas.text((LEFT, LATENCY.0 - 34), Side::Right, Ink::Grey, &title)?;
    y.draw_rows(canvas, LEFT, RIGHT)?;
    x.draw_columns(canvas, LATENCY.0, LATENCY.1, false)?;
    let objective = y.at(chart.objective_ns as f64);
    canvas.dashed(
        &[(LEFT, objective), (RIGHT, objective)],
        Ink::Black,
        2,
        &[14, 10],
    )?;
    let lines: [(&str, Ink, u32, SpreadFigure); 3] = [
        ("max", Ink::Vermillion, 2, |spread| spread.max_ns),
        ("p95", Ink::Black, 6, |spread| spread.p95_ns),
        ("p50", Ink::Blue, 3, |spread| spread.p50_ns),
    ];
    let mut wanted = vec![objective];
    for (_, ink, width, figure) in lines {
        let stretches = stretches(chart, x, &y, figure);
        for stretch in &stretches {
            canvas.line(stretch, ink, width)?;
            if let [alone] = stretch.as_slice() {
                canvas.line(
                    &[(alone.0 - 2, alone.1), (alone.0 + 2, alone.1)],
                    ink,
                    width,
                )?;
            }
        }
        let end = stretches.last().and_then(|stretch| stretch.last());
        wanted.push(end.map_or(LATENCY.1, |end| end.1));
    }
    let rows = label::spread(&wanted, TEXT + 8, LATENCY.0, LATENCY.1);
    canvas.text(
        (RIGHT + 20, rows[0]),
        Side::Right,
        Ink::Black,
        "objective p95",
    )?;
    for ((name, ink, _, _), row) in lines.iter().zip(&rows[1..]) {
        canvas.bold((RIGHT + 20, *row), Side::Right, *ink, name)?;
    }
    Ok(())
}

fn progress(canvas: &Canvas<'_>, chart: &TimelineChart<'_>, x: &Axis) -> Drawn {
    let y = Axis::share(PROGRESS.1, PROGRESS.0);
    let title = "share of the time the backfill has the connection (area), rows done (line)";
    canvas.text((LEFT, PROGRESS.0 - 34), Side::Right, Ink::Grey, title)?;
    y.draw_rows(canvas, LEFT, RIGHT)?;
    x.draw_columns(canvas, PROGRESS.0, PROGRESS.1, true)?;
    let step_ns = chart.timeline.step_s * 1_000_000_000;
    let bins = &chart.timeline.bins;
    let mut area: Vec<Point> = Vec::new();
    for (index, bin) in bins.iter().enumerate() {
        let from_ns = index as u64 * step_ns;
        let until_ns = (from_ns + step_ns).min(chart.end_ns).max(from_ns + 1);
        let row = y.at(bin.held_ns as f64 / (until_ns - from_ns) as f64);
        area.push((x.at(from_ns as f64), row));
        area.push((x.at(until_ns as f64), row));
    }
    area.push((RIGHT, PROGRESS.1));
    area.push((LEFT, PROGRESS.1));
    canvas.shape(area, Ink::Vermillion, 0.5)?;
    let done: Vec<Point> = bins
        .iter()
        .enumerate()
        .filter_map(|(index, bin)| Some((middle(chart, x, index), y.at(share_done(bin)?))))
        .collect();
    canvas.line(&done, Ink::Blue, 4)?;
    canvas.bold(
        (RIGHT + 20, PROGRESS.0 + 14),
        Side::Right,
        Ink::Blue,
        "rows done",
    )?;
    canvas.bold(
        (RIGHT + 20, PROGRESS.1 - 14),
        Side::Right,
        Ink::Vermillion,
        "connection held",
    )
}

fn share_done(bin: &Bin) -> Option<f64> {
    let (processed, total) = (bin.processed?, bin.total?);
    (total > 0).then(|| processed as f64 / total as f64)
}
