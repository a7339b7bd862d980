//! Latency by percentile: the tail in the space it deserves.
//!
//! The axis of width is `1 / (1 − q)`, so each further nine takes the same room. A line ends at its
//! slowest sample, at `q = 1 − 1/n`; it goes through samples only.

use super::Caption;
use super::axis::Axis;
use super::canvas::{self, Canvas, ChartError, Drawn, Point, Side, TEXT, WIDTH};
use super::label;
use super::palette::{Ink, Look};
use crate::measure::{Latencies, Subject, unit};

/// One line.
#[derive(Clone, Copy, Debug)]
pub struct LatencyLine<'a> {
    /// The strategy.
    pub name: &'a str,
    /// How it looks.
    pub look: Look,
    /// Its latencies.
    pub latencies: &'a Latencies,
}

const HEIGHT: i32 = 900;
const LEFT: i32 = 150;
const RIGHT: i32 = WIDTH - 420;
const TOP: i32 = 70;
const BOTTOM: i32 = HEIGHT - 110;
/// Points of a line over the whole axis.
const POINTS: u32 = 240;

/// Draws `lines`, latencies of `subject`, and the objective where there is one.
///
/// # Errors
/// When plotters cannot draw.
pub fn latency(
    caption: Caption<'_>,
    subject: Subject,
    lines: &[LatencyLine<'_>],
    objective_ns: Option<u64>,
) -> Result<String, ChartError> {
    let samples = lines
        .iter()
        .map(|line| line.latencies.as_slice().len())
        .max()
        .unwrap_or(0);
    let x = Axis::nines(samples, LEFT, RIGHT);
    let curves: Vec<Vec<(f64, f64)>> = lines
        .iter()
        .map(|line| curve(line.latencies, x.high))
        .collect();
    let values = curves
        .iter()
        .flatten()
        .map(|(_, value)| *value)
        .chain(objective_ns.map(|ns| ns as f64));
    let y = Axis::log_time(values, BOTTOM, TOP);
    canvas::draw(caption, HEIGHT, |canvas| {
        canvas.text(
            (LEFT, 26),
            Side::Right,
            Ink::Grey,
            &format!("{} latency, log scale", subject.one()),
        )?;
        y.draw_rows(canvas, LEFT, RIGHT)?;
        x.draw_columns(canvas, TOP, BOTTOM, true)?;
        canvas.text(
            (RIGHT, BOTTOM + 76),
            Side::Left,
            Ink::Grey,
            &format!("share of {} that are at least as fast", subject.requests()),
        )?;
        if let Some(ns) = objective_ns {
            objective(canvas, &y, ns)?;
        }
        for (line, curve) in lines.iter().zip(&curves) {
            draw_line(canvas, line.look, curve, &x, &y)?;
        }
        end_labels(canvas, lines, &curves, (&x, &y), objective_ns)
    })
}

/// The line of the objective; its name stands among those of the lines.
fn objective(canvas: &Canvas<'_>, y: &Axis, objective_ns: u64) -> Drawn {
    let at = y.at(objective_ns as f64);
    canvas.dashed(&[(LEFT, at), (RIGHT, at)], Ink::Black, 2, &[14, 10])
}

/// (1 / (1 − q), latency) at even steps of the axis, each a real sample.
fn curve(latencies: &Latencies, high: f64) -> Vec<(f64, f64)> {
    let sorted = latencies.as_slice();
    let count = sorted.len();
    let mut curve: Vec<(f64, f64)> = Vec::new();
    if count == 0 {
        return curve;
    }
    for point in 0..=POINTS {
        let nines = libm::exp(libm::log(high) * f64::from(point) / f64::from(POINTS));
        if nines > count as f64 {
            break;
        }
        let rank = libm::ceil((1.0 - 1.0 / nines) * count as f64) as usize;
        curve.push((nines, sorted[rank.clamp(1, count) - 1] as f64));
    }
    curve.push((count as f64, sorted[count - 1] as f64));
    curve
}

fn draw_line(canvas: &Canvas<'_>, look: Look, curve: &[(f64, f64)], x: &Axis, y: &Axis) -> Drawn {
    let points: Vec<Point> = curve
        .iter()
        .map(|(nines, ns)| (x.at(*nines), y.at(*ns)))
        .collect();
    let width = if look == Look::NO_BACKFILL { 3 } else { 5 };
    canvas.dashed(&points, look.ink, width, look.dash)?;
    // Marks where people read off: 50, 90, 95, 99 and so on, as far as the line goes.
    let reach = curve.last().map_or(0.0, |(nines, _)| *nines);
    for (tick, _) in x
        .ticks
        .iter()
        .filter(|(tick, _)| *tick > 1.0 && *tick <= reach)
    {
        let at = curve
            .iter()
            .rfind(|(nines, _)| *nines <= tick * (1.0 + 1e-9));
        if let Some((_, ns)) = at {
            canvas.mark((x.at(*tick), y.at(*ns)), look, 9, true)?;
        }
    }
    Ok(())
}

fn end_labels(
    canvas: &Canvas<'_>,
    lines: &[LatencyLine<'_>],
    curves: &[Vec<(f64, f64)>],
    (x, y): (&Axis, &Axis),
    objective_ns: Option<u64>,
) -> Drawn {
    let ends: Vec<(usize, Point)> = curves
        .iter()
        .enumerate()
        .filter_map(|(index, curve)| {
            curve
                .last()
                .map(|(nines, ns)| (index, (x.at(*nines), y.at(*ns))))
        })
        .collect();
    let wanted: Vec<i32> = ends
        .iter()
        .map(|(_, end)| end.1)
        .chain(objective_ns.map(|ns| y.at(ns as f64)))
        .collect();
    let rows = label::spread(&wanted, TEXT + 10, TOP, BOTTOM);
    if let Some(ns) = objective_ns {
        let name = format!("objective p95 {}", unit::exact(ns));
        let at = (RIGHT + 24, rows[ends.len()]);
        canvas.text(at, Side::Right, Ink::Black, &name)?;
    }
    for ((index, end), row) in ends.into_iter().zip(rows) {
        let line = &lines[index];
        canvas.line(&[end, (RIGHT + 24, row)], Ink::Grey, 1)?;
        canvas.mark((RIGHT + 38, row), line.look, 9, true)?;
        let name = label::cut(line.name, 22);
        canvas.bold((RIGHT + 58, row), Side::Right, line.look.ink, &name)?;
    }
    Ok(())
}
