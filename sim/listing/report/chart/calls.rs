//! Every call of a cell on its lane, and under it how many were sent per second.
//!
//! Both panels share their time, so that a gap in the lanes stands above the fall in the rate that
//! it causes. What became of a call is told by its colour and by the part of the lane it fills.

use super::super::bars::{Bar, Bars};
use crate::listing::measure::Tally;
use crate::listing::{CallKind, Disturbance};
use crate::measure::unit;
use crate::report::chart::axis::Axis;
use crate::report::chart::canvas::{Canvas, Drawn, Point, Side, TEXT, WIDTH};
use crate::report::chart::label::{self, Region};
use crate::report::chart::{Caption, ChartError, Ink};

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallsChart<'a> {
    /// The calls on their lanes.
    pub(crate) bars: &'a Bars,
    /// How many there are of each kind.
    pub(crate) tally: Tally,
    /// What was done to the cell.
    pub(crate) disturbances: &'a [Disturbance],
    /// Requests in each step: the most in one second of it, and the mean over its seconds.
    pub(crate) rates: &'a [(u64, f64)],
    /// The length of a step, seconds.
    pub(crate) step_s: u64,
    /// The rate the API takes, requests per 1000 s.
    pub(crate) requests_per_ks: u64,
    /// What it takes in any one second.
    pub(crate) allowed_per_second: u64,
    /// The last instant that is shown, ns.
    pub(crate) end_ns: u64,
}

pub(crate) const LEFT: i32 = 150;
pub(crate) const RIGHT: i32 = WIDTH - 250;
/// Where the lanes begin.
const TOP: i32 = 140;
/// The lanes together are about as high, and each within these bounds.
const LANES: i32 = 520;
const LANE: (i32, i32) = (4, 30);
/// From the lanes to the rates, and the height of these.
const BETWEEN: i32 = 110;
const RATES: i32 = 240;
/// A bar is drawn at least as wide.
const NARROWEST: i32 = 3;
const LIMIT_DASH: &[i32] = &[14, 10];

/// The kinds in the order in which they are drawn over each other.
const KINDS: [(CallKind, &str); 6] = [
    (CallKind::New, "new"),
    (CallKind::Failed, "failed"),
    (CallKind::Abandoned, "given up"),
    (CallKind::Refetched, "known already"),
    (CallKind::Empty, "empty"),
    (CallKind::Limited, "refused (429)"),
];

/// Draws one cell.
///
/// # Errors
/// When plotters cannot draw.
pub(crate) fn calls(caption: Caption<'_>, chart: CallsChart<'_>) -> Result<String, ChartError> {
    let lanes = i32::try_from(chart.bars.lanes.max(1)).unwrap_or(i32::MAX);
    let lane = (LANES / lanes).clamp(LANE.0, LANE.1);
    let lanes = (TOP, TOP + lanes * lane);
    let rates = (lanes.1 + BETWEEN, lanes.1 + BETWEEN + RATES);
    let x = Axis::linear_time(chart.end_ns.max(1) as f64, LEFT, RIGHT);
    super::draw(caption, rates.1 + 110, |canvas| {
        disturbances(canvas, chart.disturbances, &x, [lanes, rates])?;
        key(canvas, chart.tally)?;
        x.draw_columns(canvas, lanes.0, lanes.1, false)?;
        for (kind, _) in KINDS {
            let bars = chart.bars.bars.iter().filter(|bar| bar.kind == kind);
            for bar in bars {
                draw_bar(canvas, bar, &x, lane)?;
            }
        }
        let last = lanes.1 - lane / 2;
        canvas.text((LEFT - 14, TOP + lane / 2), Side::Left, Ink::Black, "1")?;
        if lanes.1 - lanes.0 > 2 * TEXT {
            let count = chart.bars.lanes.to_string();
            canvas.text((LEFT - 14, last), Side::Left, Ink::Black, &count)?;
        }
        draw_rates(canvas, &chart, &x, rates)?;
        let below = (RIGHT, rates.1 + 76);
        canvas.text(
            below,
            Side::Left,
            Ink::Grey,
            "modelled time since the start of the backfill",
        )
    })
}

/// The colour of a kind, and the part of the lane it fills, in sixths from the top.
const fn look(kind: CallKind) -> (Ink, i32, i32) {
    match kind {
        CallKind::New => (Ink::Blue, 0, 6),
        CallKind::Refetched => (Ink::Purple, 0, 3),
        CallKind::Empty => (Ink::Vermillion, 3, 6),
        CallKind::Limited => (Ink::Black, 0, 6),
        CallKind::Failed | CallKind::Abandoned => (Ink::Grey, 2, 4),
    }
}

fn draw_bar(canvas: &Canvas<'_>, bar: &Bar, x: &Axis, lane: i32) -> Drawn {
    let (ink, from, until) = look(bar.kind);
    let top = TOP + lane * i32::try_from(bar.lane).unwrap_or(i32::MAX);
    let inner = lane - 1 - lane / 10;
    let left = x.at(bar.from_ns as f64);
    let right = x.at(bar.until_ns as f64);
    // One that follows at once is to be seen apart.
    let right = if right - left > 4 * NARROWEST {
        right - 2
    } else {
        right.max(left + NARROWEST)
    };
    let (top, bottom) = (top + inner * from / 6, top + inner * until / 6);
    canvas.fill((left, top), (right, bottom.max(top + 1)), ink, 1.0)
}

/// What each look means, with how many there are; a kind without any goes without.
fn key(canvas: &Canvas<'_>, tally: Tally) -> Drawn {
    let title = "calls, each on a lane of its own while it is under way:";
    canvas.text((LEFT, 26), Side::Right, Ink::Grey, title)?;
    let mut left = LEFT;
    for (kind, name) in KINDS {
        let count = tally.of_kind(kind);
        if count == 0 {
            continue;
        }
        let (ink, from, until) = look(kind);
        let (top, height) = (56, 28);
        let (top, bottom) = (top + height * from / 6, top + height * until / 6);
        canvas.fill((left, top), (left + 36, bottom), ink, 1.0)?;
        let words = format!("{} {name}", unit::count(count));
        canvas.text((left + 48, 70), Side::Right, Ink::Black, &words)?;
        left += 48 + label::width(&words) + 2 * TEXT;
    }
    Ok(())
}

/// Shades what was done in both panels and names it above, where there is room; the sentence under
/// the picture names all.
fn disturbances(
    canvas: &Canvas<'_>,
    all: &[Disturbance],
    x: &Axis,
    panels: [(i32, i32); 2],
) -> Drawn {
    let mut taken: Vec<Region> = Vec::new();
    for one in all {
        let from = x.at(one.window.start_ns as f64);
        let until = x.at(one.window.end_ns as f64).max(from + 2);
        for (top, bottom) in panels {
            canvas.fill((from, top), (until, bottom), Ink::Purple, 0.2)?;
        }
        let at: Point = (((from + until) / 2).max(LEFT), TOP - 26);
        let region = Region::of_text(at, Side::Middle, &one.what);
        if !taken.iter().any(|other| other.meets(region)) {
            canvas.text(at, Side::Middle, Ink::Black, &one.what)?;
            taken.push(region);
        }
    }
    Ok(())
}

fn draw_rates(
    canvas: &Canvas<'_>,
    chart: &CallsChart<'_>,
    x: &Axis,
    (top, bottom): (i32, i32),
) -> Drawn {
    let most = chart.rates.iter().map(|(most, _)| *most).max().unwrap_or(0);
    let y = Axis::counts(most.max(chart.allowed_per_second), bottom, top);
    let title = match chart.step_s {
        1 => "requests sent per second".to_owned(),
        step_s => format!("requests sent per second, the most and the mean of each {step_s} s"),
    };
    canvas.text((LEFT, top - 34), Side::Right, Ink::Grey, &title)?;
    y.draw_rows(canvas, LEFT, RIGHT)?;
    x.draw_columns(canvas, top, bottom, true)?;
    let rate = chart.requests_per_ks as f64 / 1e3;
    let step_ns = chart.step_s as f64 * 1e9;
    let middle = |index: usize| x.at(((index as f64 + 0.5) * step_ns).min(chart.end_ns as f64));
    let line = |figure: fn(&(u64, f64)) -> f64| -> Vec<Point> {
        let points = chart.rates.iter().enumerate();
        points
            .map(|(index, bin)| (middle(index), y.at(figure(bin))))
            .collect()
    };
    let mut names = vec![
        (y.at(rate), Ink::Black, format!("rate {rate}/s")),
        (
            y.at(chart.allowed_per_second as f64),
            Ink::Black,
            "rate + burst".to_owned(),
        ),
    ];
    for (row, ..) in &names {
        canvas.dashed(&[(LEFT, *row), (RIGHT, *row)], Ink::Black, 2, LIMIT_DASH)?;
    }
    let mean = line(|bin| bin.1);
    if chart.step_s > 1 {
        let most = line(|bin| bin.0 as f64);
        canvas.line(&most, Ink::Vermillion, 2)?;
        let end = most.last().map_or(bottom, |end| end.1);
        names.push((end, Ink::Vermillion, "most in 1 s".to_owned()));
    }
    canvas.line(&mean, Ink::Blue, 4)?;
    let sent = if chart.step_s > 1 { "mean" } else { "sent" };
    names.push((
        mean.last().map_or(bottom, |end| end.1),
        Ink::Blue,
        sent.to_owned(),
    ));
    let wanted: Vec<i32> = names.iter().map(|name| name.0).collect();
    let rows = label::spread(&wanted, TEXT + 8, top, bottom);
    for ((_, ink, name), row) in names.iter().zip(rows) {
        canvas.bold((RIGHT + 20, row), Side::Right, *ink, name)?;
    }
    Ok(())
}
