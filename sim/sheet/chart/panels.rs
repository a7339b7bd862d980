//! One cell over its time: panels above each other on one axis, so that a cause and its effect
//! stand under each other. What was done to the cell is shaded through all of them.

use super::thin::thin;
use crate::measure::unit;
use crate::outcome::Window;
use crate::report::chart::axis::Axis;
use crate::report::chart::canvas::{Canvas, Drawn, Point, Side, TEXT, WIDTH};
use crate::report::chart::label::Region;
use crate::report::chart::{Caption, ChartError, Ink, label};

/// What is drawn.
pub(crate) struct Panels<'a> {
    /// What the time is counted from and what it is the time of, as in `since processing began`.
    pub(crate) since: &'a str,
    /// The end of the axis, ns.
    pub(crate) end_ns: u64,
    /// What was done, and when, on the same axis.
    pub(crate) shaded: &'a [(String, Window)],
    /// From the top.
    pub(crate) panels: &'a [Panel],
}

/// One panel.
pub(crate) struct Panel {
    /// What it shows, and in what unit.
    pub(crate) title: String,
    /// How its values are written.
    pub(crate) measure: Measure,
    /// Figures, each with a name of its own; the first is drawn over the others.
    pub(crate) traces: Vec<Trace>,
    /// What none of them should be above, with its name.
    pub(crate) limit: Option<(String, f64)>,
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// As whole numbers.
    Count,
    /// As bytes.
    Bytes,
    /// As shares of 1, from 0 to 100 %.
    Share,
}

/// One figure over time.
pub(crate) struct Trace {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its colour.
    pub(crate) ink: Ink,
    /// How it is drawn.
    pub(crate) style: Style,
    /// Time, ns, and value, in order.
    pub(crate) points: Vec<(u64, f64)>,
}

/// How a figure is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// A line from point to point.
    Line,
    /// The same in strokes.
    Dashed,
    /// A filled area; each value holds until the next point.
    Area,
    /// A bar at each point: what happened then, and nothing between.
    Spikes,
}

const LEFT: i32 = 170;
const RIGHT: i32 = WIDTH - 330;
/// Top of the first panel, below what names the shades.
const FIRST: i32 = 150;
const TALL: i32 = 260;
const GAP: i32 = 86;
/// Columns of the picture that can be told apart.
const COLUMNS: u64 = 400;
/// A limit so many times above what there is would leave nothing to see of it.
const FAR: f64 = 4.0;
const STROKES: &[i32] = &[14, 10];

/// Draws `chart`.
///
/// # Errors
/// When plotters cannot draw.
pub(crate) fn panels(caption: Caption<'_>, chart: &Panels<'_>) -> Result<String, ChartError> {
    let x = Axis::linear_time(chart.end_ns.max(1) as f64, LEFT, RIGHT);
    let count = chart.panels.len() as i32;
    let bottom = FIRST + count * TALL + (count - 1).max(0) * GAP;
    super::draw(caption, bottom + 100, |canvas| {
        shade(canvas, chart, &x, bottom)?;
        for (index, panel) in chart.panels.iter().enumerate() {
            let top = FIRST + index as i32 * (TALL + GAP);
            let last = index + 1 == chart.panels.len();
            draw_panel(canvas, panel, chart.end_ns, &x, (top, top + TALL), last)?;
        }
        let time = format!("modelled time {}", chart.since);
        canvas.text((RIGHT, bottom + 76), Side::Left, Ink::Grey, &time)
    })
}

/// Shades what was done and names it above; a name that would meet the one before it is left out.
fn shade(canvas: &Canvas<'_>, chart: &Panels<'_>, x: &Axis, bottom: i32) -> Drawn {
    let mut taken: Vec<Region> = Vec::new();
    for (name, window) in chart.shaded {
        let (from, to) = (x.at(window.start_ns as f64), x.at(window.end_ns as f64));
        let to = to.max(from + 4);
        canvas.fill((from, FIRST), (to, bottom), Ink::Purple, 0.16)?;
        let at = ((from + to) / 2, 44);
        let region = Region::of_text(at, Side::Middle, name);
        if !taken.iter().any(|other| region.meets(*other)) {
            canvas.text(at, Side::Middle, Ink::Black, name)?;
            canvas.line(&[(at.0, 62), (at.0, 74)], Ink::Grey, 2)?;
            taken.push(region);
        }
    }
    Ok(())
}

fn draw_panel(
    canvas: &Canvas<'_>,
    panel: &Panel,
    end_ns: u64,
    x: &Axis,
    (top, bottom): (i32, i32),
    last: bool,
) -> Drawn {
    let values = panel.traces.iter().flat_map(|trace| &trace.points);
    let most = values.map(|point| point.1).fold(0.0, f64::max);
    let near = |limit: &&(String, f64)| limit.1 <= most * FAR;
    let limit = panel.limit.as_ref().filter(near);
    let high = limit.map_or(most, |limit| limit.1.max(most));
    let y = panel.measure.axis(high, bottom, top);
    let beyond = panel.limit.as_ref().filter(|_| limit.is_none());
    let beyond = beyond.map_or_else(String::new, |(name, value)| {
        format!("; {name}, {}, is far above", panel.measure.label(*value))
    });
    let title = format!("{}{beyond}", panel.title);
    canvas.text((LEFT, top - 34), Side::Right, Ink::Grey, &title)?;
    y.draw_rows(canvas, LEFT, RIGHT)?;
    x.draw_columns(canvas, top, bottom, last)?;
    let mut ends: Vec<(String, Ink, i32)> = Vec::new();
    if let Some((name, value)) = limit {
        let row = y.at(*value);
        canvas.dashed(&[(LEFT, row), (RIGHT, row)], Ink::Black, 2, STROKES)?;
        let text = format!("{name} {}", panel.measure.label(*value));
        ends.push((text, Ink::Black, row));
    }
    for trace in panel.traces.iter().rev() {
        let thinned = thin(&trace.points, end_ns, COLUMNS);
        let path: Vec<Point> = thinned
            .iter()
            .map(|(ns, value)| (x.at(*ns as f64), y.at(*value)))
            .collect();
        trace.style.draw(canvas, &path, trace.ink, bottom)?;
        if let Some(end) = path.last() {
            ends.push((trace.name.to_owned(), trace.ink, end.1));
        }
    }
    let wanted: Vec<i32> = ends.iter().map(|end| end.2).collect();
    let rows = label::spread(&wanted, TEXT + 8, top, bottom);
    for ((name, ink, _), row) in ends.iter().zip(rows) {
        canvas.bold((RIGHT + 20, row), Side::Right, *ink, name)?;
    }
    Ok(())
}

impl Measure {
    /// From 0 to at least `high`.
    fn axis(self, high: f64, from: i32, to: i32) -> Axis {
        let mut axis = match self {
            Self::Share => return Axis::share(from, to),
            Self::Count | Self::Bytes => Axis::counts(high as u64, from, to),
        };
        for (value, label) in &mut axis.ticks {
            *label = self.label(*value);
        }
        axis
    }

    fn label(self, value: f64) -> String {
        match self {
            Self::Count => unit::count(value as u64),
            Self::Bytes => unit::exact_bytes(value as u64),
            Self::Share => unit::percent(value),
        }
    }
}

impl Style {
    fn draw(self, canvas: &Canvas<'_>, path: &[Point], ink: Ink, bottom: i32) -> Drawn {
        match self {
            Self::Line => canvas.line(path, ink, 4),
            Self::Dashed => canvas.dashed(path, ink, 4, STROKES),
            Self::Area => canvas.shape(under(path, bottom), ink, 0.5),
            Self::Spikes => path.iter().try_for_each(|&(x, y)| {
                canvas.line(&[(x, bottom), (x, y.min(bottom - 2))], ink, 3)
            }),
        }
    }
}

/// The shape under steps along `path`, to the end of the axis.
fn under(path: &[Point], bottom: i32) -> Vec<Point> {
    let mut shape = Vec::new();
    let next = path.iter().skip(1).map(|point| point.0).chain([RIGHT]);
    for (&(x, y), until) in path.iter().zip(next) {
        shape.extend([(x, y), (until, y)]);
    }
    shape.push((RIGHT, bottom));
    shape.push((path.first().map_or(RIGHT, |first| first.0), bottom));
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(limit: f64, shaded: &[(String, Window)]) -> String {
        let trace = Trace {
            name: "held",
            ink: Ink::Blue,
            style: Style::Line,
            points: vec![(0, 0.0), (500, 80.0), (1_000, 40.0)],
        };
        let panel = Panel {
            title: "objects".to_owned(),
            measure: Measure::Count,
            traces: vec![trace],
            limit: Some(("budget".to_owned(), limit)),
        };
        let caption = Caption {
            id: "memory",
            title: "Memory",
            finding: "It is kept.",
        };
        let chart = Panels {
            since: "since it began",
            end_ns: 1_000,
            shaded,
            panels: &[panel],
        };
        panels(caption, &chart).unwrap()
    }

    #[test]
    fn a_limit_is_drawn_where_it_can_be_seen_and_told_where_it_cannot() {
        let near = drawn(100.0, &[]);
        assert!(near.contains("budget 100") && !near.contains("far above"));
        let far = drawn(1_000_000.0, &[]);
        assert!(!far.contains("budget 1"), "{far}");
        let told = "objects; budget, 1\u{a0}000\u{a0}000, is far above";
        assert!(far.contains(told), "{far}");
    }

    #[test]
    fn an_instant_is_shaded_too_and_names_do_not_meet() {
        let at = |start_ns, end_ns| Window { start_ns, end_ns };
        let shaded = [
            ("crash".to_owned(), at(100, 100)),
            ("crash".to_owned(), at(110, 110)),
            ("outage".to_owned(), at(600, 900)),
        ];
        let svg = drawn(100.0, &shaded);
        let names = |name: &str| svg.matches(&format!("\n{name}\n")).count();
        assert_eq!((names("crash"), names("outage")), (1, 1), "{svg}");
        let shades = svg.matches("opacity=\"0.16\"").count();
        assert!(shades >= 1, "{svg}");
    }

    #[test]
    fn a_step_holds_until_the_next_and_the_last_until_the_end() {
        let path = [(200, 300), (400, 100)];
        assert_eq!(
            under(&path, 500),
            [
                (200, 300),
                (400, 300),
                (400, 100),
                (RIGHT, 100),
                (RIGHT, 500),
                (200, 500)
            ]
        );
    }
}
