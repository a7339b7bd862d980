//! Duration against p95: what a maintainer decides from.
//!
//! A strategy off the front is beaten in both by another one and drawn hollow. The band below the
//! objective is where a strategy has to be.

use super::Caption;
use super::axis::Axis;
use super::canvas::{self, Canvas, ChartError, Drawn, Point, Side, TEXT, WIDTH};
use super::label::{self, Region};
use super::palette::{Ink, Look};
use crate::measure::{Subject, unit};

/// One strategy.
#[derive(Clone, Debug)]
pub struct TradeoffPoint<'a> {
    /// Its name.
    pub name: &'a str,
    /// How it looks.
    pub look: Look,
    /// Mean duration over seeds, nanoseconds.
    pub duration_ns: u64,
    /// Mean p95 over seeds, nanoseconds.
    pub p95_ns: u64,
    /// (duration, p95) of each seed, nanoseconds.
    pub seeds: Vec<(u64, u64)>,
}

const HEIGHT: i32 = 760;
const LEFT: i32 = 150;
const RIGHT: i32 = WIDTH - 420;
const TOP: i32 = 70;
const BOTTOM: i32 = HEIGHT - 110;
const OBJECTIVE_DASH: &[i32] = &[14, 10];
/// From the middle of a strategy's mark to its edge.
const MARK: i32 = 13;
/// From this factor between the longest and the shortest on, durations need a logarithmic scale.
const WIDE: f64 = 8.0;

/// Draws `points`, by what `subject` pays, the front, the objective and the p95 without a backfill.
///
/// # Errors
/// When plotters cannot draw.
pub fn tradeoff(
    caption: Caption<'_>,
    subject: Subject,
    points: &[TradeoffPoint<'_>],
    no_backfill_p95_ns: Option<u64>,
    objective_ns: u64,
) -> Result<String, ChartError> {
    let all = points.iter().flat_map(|point| {
        point
            .seeds
            .iter()
            .copied()
            .chain([(point.duration_ns, point.p95_ns)])
    });
    let (durations, latencies): (Vec<f64>, Vec<f64>) =
        all.map(|(x, y)| (x as f64, y as f64)).unzip();
    let x = duration_axis(&durations);
    let reference = no_backfill_p95_ns.map(|ns| ns as f64);
    let y = Axis::log_time(
        latencies
            .into_iter()
            .chain([objective_ns as f64])
            .chain(reference),
        BOTTOM,
        TOP,
    );
    canvas::draw(caption, HEIGHT, |canvas| {
        canvas.text(
            (LEFT, 26),
            Side::Right,
            Ink::Grey,
            &format!("{} p95 during the backfill, log scale", subject.one()),
        )?;
        let objective = y.at(objective_ns as f64);
        canvas.fill((LEFT, objective), (RIGHT, BOTTOM), Ink::Green, 0.10)?;
        y.draw_rows(canvas, LEFT, RIGHT)?;
        x.draw_columns(canvas, TOP, BOTTOM, true)?;
        canvas.text((RIGHT, BOTTOM + 76), Side::Left, Ink::Grey, scale_name(&x))?;
        let mut taken = draw_references(
            canvas,
            objective,
            reference.map(|ns| y.at(ns)),
            objective_ns,
        )?;
        let front = front(points, &x, &y);
        canvas.line(&front, Ink::Grey, 3)?;
        let steps = front.windows(2);
        taken.extend(steps.map(|step| Region::around(step[0], step[1], 4)));
        draw_points(canvas, points, &x, &y, taken)
    })
}

fn duration_axis(durations: &[f64]) -> Axis {
    let high = durations.iter().copied().fold(0.0, f64::max);
    let low = durations.iter().copied().fold(f64::MAX, f64::min);
    if high > low * WIDE {
        Axis::log_time(durations.iter().copied(), LEFT, RIGHT)
    } else {
        Axis::linear_time(if high > 0.0 { high * 1.08 } else { 1e9 }, LEFT, RIGHT)
    }
}

const fn scale_name(axis: &Axis) -> &'static str {
    match axis.scale {
        super::axis::Scale::Linear => "duration of the backfill",
        super::axis::Scale::Logarithmic => "duration of the backfill, log scale",
    }
}

/// Whether no other strategy is at least as good in both and better in one.
fn on_front(points: &[TradeoffPoint<'_>], point: &TradeoffPoint<'_>) -> bool {
    !points.iter().any(|other| {
        other.duration_ns <= point.duration_ns
            && other.p95_ns <= point.p95_ns
            && (other.duration_ns, other.p95_ns) != (point.duration_ns, point.p95_ns)
    })
}

/// The lines to compare with, named at the right; what they and their names cover.
fn draw_references(
    canvas: &Canvas<'_>,
    objective: i32,
    no_backfill: Option<i32>,
    objective_ns: u64,
) -> Result<Vec<Region>, String> {
    let quiet = Look::NO_BACKFILL.dash;
    let name = format!("objective {}", unit::exact(objective_ns));
    let mut lines = vec![(objective, Ink::Black, 2, OBJECTIVE_DASH, name)];
    lines.extend(no_backfill.map(|row| (row, Ink::Grey, 3, quiet, "no backfill".to_owned())));
    let wanted: Vec<i32> = lines.iter().map(|line| line.0).collect();
    let rows = label::spread(&wanted, TEXT + 10, TOP, BOTTOM);
    let mut taken = Vec::new();
    for ((at, ink, width, dash, name), row) in lines.into_iter().zip(rows) {
        let line = [(LEFT, at), (RIGHT, at)];
        canvas.dashed(&line, ink, width, dash)?;
        canvas.text((RIGHT + 20, row), Side::Right, ink, &name)?;
        taken.push(Region::around(line[0], line[1], 4));
        taken.push(Region::of_text((RIGHT + 20, row), Side::Right, &name));
    }
    Ok(taken)
}

/// The steps that join the front, from left to right.
fn front(points: &[TradeoffPoint<'_>], x: &Axis, y: &Axis) -> Vec<Point> {
    let mut front: Vec<Point> = points
        .iter()
        .filter(|point| on_front(points, point))
        .map(|point| place(point, x, y))
        .collect();
    front.sort_unstable();
    let mut steps: Vec<Point> = Vec::new();
    for point in front {
        if let Some(last) = steps.last() {
            steps.push((point.0, last.1));
        }
        steps.push(point);
    }
    steps
}

fn place(point: &TradeoffPoint<'_>, x: &Axis, y: &Axis) -> Point {
    (x.at(point.duration_ns as f64), y.at(point.p95_ns as f64))
}

/// Draws the marks and names them; a name keeps clear of `taken` and of all marks.
fn draw_points(
    canvas: &Canvas<'_>,
    points: &[TradeoffPoint<'_>],
    x: &Axis,
    y: &Axis,
    mut taken: Vec<Region>,
) -> Drawn {
    let marks = points.iter().map(|point| place(point, x, y));
    taken.extend(marks.map(|mark| Region::around(mark, mark, MARK + 5)));
    let within = Region::around((LEFT, TOP), (WIDTH, BOTTOM), 0);
    // From the top down: a name that has to give way then stands below those above it.
    let mut ordered: Vec<&TradeoffPoint<'_>> = points.iter().collect();
    ordered.sort_by_key(|point| std::cmp::Reverse(point.p95_ns));
    for point in ordered {
        let middle = place(point, x, y);
        for (duration, p95) in point.seeds.iter().filter(|_| point.seeds.len() > 1) {
            let seed = (x.at(*duration as f64), y.at(*p95 as f64));
            canvas.line(&[middle, seed], point.look.ink, 2)?;
            canvas.mark(seed, point.look, 4, true)?;
        }
        canvas.mark(middle, point.look, MARK, on_front(points, point))?;
        let name = format!(
            "{}, {}",
            label::cut(point.name, 24),
            unit::duration(point.p95_ns)
        );
        let (at, side) = label::beside(middle, &name, &taken, within);
        if (at.1 - middle.1).abs() > TEXT {
            canvas.line(&[middle, at], Ink::Grey, 1)?;
        }
        canvas.bold(at, side, point.look.ink, &name)?;
        taken.push(Region::of_text(at, side, &name));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(name: &str, duration_ns: u64, p95_ns: u64) -> TradeoffPoint<'_> {
        TradeoffPoint {
            name,
            look: Look::BASELINE,
            duration_ns,
            p95_ns,
            seeds: vec![],
        }
    }

    #[test]
    fn a_strategy_beaten_in_both_is_not_on_the_front() {
        let points = [
            point("quick", 1, 9),
            point("kind", 9, 1),
            point("beaten", 9, 9),
            point("twin", 1, 9),
        ];
        let front: Vec<bool> = points
            .iter()
            .map(|point| on_front(&points, point))
            .collect();
        assert_eq!(front, [true, true, false, true]);
    }
}
