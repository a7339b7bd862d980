//! Dots on two axes of places, some of them marked: who came when, and who was served when.

use super::draw;
use crate::report::chart::axis::Axis;
use crate::report::chart::canvas::{Canvas, Drawn, Side, WIDTH};
use crate::report::chart::{Caption, ChartError, Ink, Look};

/// What is drawn.
pub(crate) struct Dots<'a> {
    /// What the axis of width shows.
    pub(crate) across: &'a str,
    /// What the axis of height shows.
    pub(crate) up: &'a str,
    /// What dots are.
    pub(crate) plain: &'a str,
    /// What marked ones are.
    pub(crate) marked: &'a str,
    /// What those below the axis are, which have no place on it.
    pub(crate) missing: &'a str,
    /// The dots.
    pub(crate) all: &'a [Dot],
}

/// One dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dot {
    /// Its place across.
    pub(crate) x: u64,
    /// Its place up; `None` where it has none.
    pub(crate) y: Option<u64>,
    /// Whether it stands out.
    pub(crate) marked: bool,
}

const LEFT: i32 = 170;
const RIGHT: i32 = WIDTH - 330;
const TOP: i32 = 110;
const BOTTOM: i32 = 820;
/// Where those lie that have no place on the axis.
const BELOW: i32 = BOTTOM + 90;
const SIZE: i32 = 7;

/// Draws `chart`.
///
/// # Errors
/// When plotters cannot draw.
pub(crate) fn dots(caption: Caption<'_>, chart: &Dots<'_>) -> Result<String, ChartError> {
    let most = |place: fn(&Dot) -> Option<u64>| chart.all.iter().filter_map(place).max();
    let x = Axis::counts(most(|dot| Some(dot.x)).unwrap_or(0), LEFT, RIGHT);
    let y = Axis::counts(most(|dot| dot.y).unwrap_or(0), BOTTOM, TOP);
    draw(caption, BELOW + 90, |canvas| {
        canvas.text((LEFT, 40), Side::Right, Ink::Grey, chart.up)?;
        y.draw_rows(canvas, LEFT, RIGHT)?;
        x.draw_columns(canvas, TOP, BOTTOM, true)?;
        canvas.text((RIGHT, BELOW + 60), Side::Left, Ink::Grey, chart.across)?;
        let kinds = [
            (chart.plain, Look::of(0)),
            (chart.marked, Look::of(1)),
            (chart.missing, Look::BASELINE),
        ];
        // What stands out is drawn over the others.
        for (index, (name, look)) in kinds.into_iter().enumerate() {
            let own = |dot: &&Dot| kind(dot) == index;
            let mut any = false;
            for dot in chart.all.iter().filter(own) {
                let row = dot.y.map_or(BELOW, |place| y.at(place as f64));
                canvas.mark((x.at(dot.x as f64), row), look, SIZE, index > 0)?;
                any = true;
            }
            if any {
                key(canvas, index, name, look)?;
            }
        }
        Ok(())
    })
}

/// Which of the three kinds a dot is of.
const fn kind(dot: &Dot) -> usize {
    match dot.y {
        None => 2,
        Some(_) if dot.marked => 1,
        Some(_) => 0,
    }
}

fn key(canvas: &Canvas<'_>, index: usize, name: &str, look: Look) -> Drawn {
    let row = if index == 2 {
        BELOW
    } else {
        TOP + 20 + index as i32 * 50
    };
    canvas.mark((RIGHT + 30, row), look, SIZE + 3, index > 0)?;
    canvas.bold((RIGHT + 54, row), Side::Right, look.ink, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_of_each_kind_are_named_and_absent_kinds_are_not() {
        let caption = Caption {
            id: "order",
            title: "Order",
            finding: "One passed another.",
        };
        let drawn = |all: &[Dot]| {
            let chart = Dots {
                across: "came",
                up: "served",
                plain: "in turn",
                marked: "before others",
                missing: "never",
                all,
            };
            dots(caption, &chart).unwrap()
        };
        let dot = |x, y, marked| Dot { x, y, marked };
        let both = drawn(&[dot(0, Some(1), false), dot(1, Some(0), true)]);
        assert!(
            both.contains("in turn") && both.contains("before others"),
            "{both}"
        );
        assert!(!both.contains("never"), "{both}");
        assert!(drawn(&[dot(0, None, false)]).contains("never"));
        assert!(!drawn(&[]).contains("in turn"));
    }
}
