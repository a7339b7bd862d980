//! One figure of each strategy, as bars: from 0, where how many times as long one is as another is
//! the ratio of their figures, or on a scale of powers of ten, where they are far apart.

use crate::report::chart::axis::Axis;
use crate::report::chart::canvas::{Canvas, Drawn, Side, TEXT, WIDTH};
use crate::report::chart::{Caption, ChartError, Ink, Look, label};

/// What bars are held against.
pub(crate) struct Ruler<'a> {
    /// What they show, and in what unit.
    pub(crate) title: &'a str,
    /// How a power of ten is written, where bars are drawn on a scale of these.
    pub(crate) decades: Option<fn(f64) -> String>,
    /// What bars are compared with, and what that is called.
    pub(crate) mark: Option<(f64, &'a str)>,
}

/// One bar.
pub(crate) struct Bar<'a> {
    /// The strategy.
    pub(crate) name: &'a str,
    /// How it looks.
    pub(crate) look: Look,
    /// Its length; `None` where there is no figure, and then there is no bar.
    pub(crate) value: Option<f64>,
    /// What is written behind it.
    pub(crate) text: String,
}

/// Where bars begin, unless names are longer.
const LEFT: i32 = 480;
/// What is between a name and its bar: the mark and some room.
const BESIDE: i32 = 72;
/// Room behind the longest bar for what is written there.
const RIGHT: i32 = WIDTH - 340;
const FIRST: i32 = 100;
/// Room above the first bar for the name of the mark.
const MARKED: i32 = 44;
/// Room beneath the last bar for what powers of ten are called.
const FOOT: i32 = 40;
const ROW: i32 = 62;
/// From the middle of a bar to its edge.
const HALF: i32 = 20;
/// Characters of a name.
const NAME: usize = 36;

impl<'a> Ruler<'a> {
    /// Bars from 0, under a title that says what they show and in what unit.
    pub(crate) const fn from_zero(title: &'a str) -> Self {
        Self {
            title,
            decades: None,
            mark: None,
        }
    }

    /// Where bars of these lengths end.
    fn axis(&self, bars: &[Bar<'_>]) -> Axis {
        let names = bars
            .iter()
            .map(|bar| label::width(&label::cut(bar.name, NAME)));
        let left = names.fold(LEFT, |left, width| left.max(width + BESIDE));
        let mark = self.mark.map(|(value, _)| value);
        let values = || bars.iter().filter_map(|bar| bar.value).chain(mark);
        match self.decades {
            Some(name) => Axis::decades(values(), name, left, RIGHT),
            None => Axis {
                low: 0.0,
                high: values().fold(0.0, f64::max),
                ticks: Vec::new(),
                ..Axis::share(left, RIGHT)
            },
        }
    }
}

/// Draws `bars` against `ruler`.
///
/// # Errors
/// When plotters cannot draw.
pub(crate) fn bars(
    caption: Caption<'_>,
    ruler: &Ruler<'_>,
    bars: &[Bar<'_>],
) -> Result<String, ChartError> {
    let axis = ruler.axis(bars);
    let first = FIRST + ruler.mark.map_or(0, |_| MARKED);
    let foot = first + bars.len() as i32 * ROW - ROW / 2;
    let height = foot + ROW / 2 + ruler.decades.map_or(0, |_| FOOT);
    let (left, mark) = (axis.from, ruler.mark.map(|(value, _)| axis.at(value)));
    super::draw(caption, height, |canvas| -> Drawn {
        canvas.text((left, 30), Side::Right, Ink::Grey, ruler.title)?;
        if ruler.decades.is_some() {
            axis.draw_columns(canvas, first - ROW / 2, foot, true)?;
        }
        canvas.line(&[(left, first - ROW / 2), (left, foot)], Ink::Black, 2)?;
        for (index, bar) in bars.iter().enumerate() {
            draw_bar(canvas, bar, (&axis, mark), first + index as i32 * ROW)?;
        }
        if let (Some(x), Some((_, name))) = (mark, ruler.mark) {
            canvas.dashed(&[(x, first - ROW / 2), (x, foot)], Ink::Black, 3, &[14, 10])?;
            canvas.bold((x, first - ROW / 2 - 22), Side::Middle, Ink::Black, name)?;
        }
        Ok(())
    })
}

fn draw_bar(
    canvas: &Canvas<'_>,
    bar: &Bar<'_>,
    (axis, mark): (&Axis, Option<i32>),
    y: i32,
) -> Drawn {
    let (left, name) = (axis.from, label::cut(bar.name, NAME));
    canvas.mark((left - 24, y), bar.look, 10, true)?;
    canvas.text((left - 48, y), Side::Left, Ink::Black, &name)?;
    let end = bar.value.map_or(left, |value| axis.at(value));
    if bar.value.is_some() {
        let (from, to) = ((left, y - HALF), (end.max(left + 3), y + HALF));
        canvas.fill(from, to, bar.look.ink, 0.75)?;
    }
    // Not across the mark, but behind it.
    let reach = end + label::width(&bar.text) + 2 * TEXT;
    let crossed = mark.filter(|x| (end..reach).contains(x));
    let at = crossed.unwrap_or(end) + TEXT;
    canvas.bold((at, y), Side::Right, Ink::Black, &bar.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, value: Option<f64>) -> Bar<'_> {
        Bar {
            name,
            look: Look::of(0),
            value,
            text: value.map_or_else(|| "no data".to_owned(), |value| format!("{value} items/s")),
        }
    }

    const CAPTION: Caption<'_> = Caption {
        id: "throughput",
        title: "Throughput",
        finding: "One is quicker.",
    };

    #[test]
    fn bars_are_as_long_as_their_figures_and_no_figure_is_no_bar() {
        let all = [
            bar("store", Some(20.0)),
            bar("wipe", Some(5.0)),
            bar("late", None),
        ];
        let ruler = Ruler::from_zero("items per second");
        let svg = bars(CAPTION, &ruler, &all).unwrap();
        let long = RIGHT - LEFT;
        for width in [long, long / 4] {
            assert!(svg.contains(&format!("h{width}v")), "{width} in {svg}");
        }
        assert_eq!(svg.matches("v40h").count(), 2, "{svg}");
        assert!(svg.contains("no data") && svg.contains("20 items/s"));
        assert!(bars(CAPTION, &ruler, &[]).is_ok());
        assert!(bars(CAPTION, &ruler, &[bar("none", Some(0.0))]).is_ok());
    }

    #[test]
    fn powers_of_ten_are_as_far_from_each_other_and_a_mark_is_where_it_is() {
        let all = [bar("much", Some(1_000.0)), bar("little", Some(10.0))];
        let ruler = Ruler {
            title: "bytes",
            decades: Some(|value| format!("{value} B")),
            mark: Some((100.0, "limit")),
        };
        let svg = bars(CAPTION, &ruler, &all).unwrap();
        let long = RIGHT - LEFT;
        // From 1 to 1 000: three thirds and one.
        for width in [long, long / 3] {
            assert!(svg.contains(&format!("h{width}v")), "{width} in {svg}");
        }
        assert!(svg.contains("limit") && svg.contains("1000 B"), "{svg}");
    }
}
