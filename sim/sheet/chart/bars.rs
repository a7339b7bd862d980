//! One figure of each strategy, as bars from 0: how many times as long one is as another is the
//! ratio of their figures.

use crate::report::chart::canvas::{Drawn, Side, TEXT, WIDTH};
use crate::report::chart::{Caption, ChartError, Ink, Look, label};

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

const LEFT: i32 = 480;
/// Room behind the longest bar for what is written there.
const RIGHT: i32 = WIDTH - 340;
const FIRST: i32 = 100;
const ROW: i32 = 62;
/// From the middle of a bar to its edge.
const HALF: i32 = 20;
/// Characters of a name.
const NAME: usize = 28;

/// Draws `bars` under `title`, which says what they show and in what unit.
///
/// # Errors
/// When plotters cannot draw.
pub(crate) fn bars(
    caption: Caption<'_>,
    title: &str,
    bars: &[Bar<'_>],
) -> Result<String, ChartError> {
    let most = bars.iter().filter_map(|bar| bar.value).fold(0.0, f64::max);
    let height = FIRST + bars.len() as i32 * ROW;
    super::draw(caption, height, |canvas| -> Drawn {
        canvas.text((LEFT, 30), Side::Right, Ink::Grey, title)?;
        let foot = height - ROW / 2;
        canvas.line(&[(LEFT, FIRST - ROW / 2), (LEFT, foot)], Ink::Black, 2)?;
        for (index, bar) in bars.iter().enumerate() {
            let y = FIRST + index as i32 * ROW;
            let name = label::cut(bar.name, NAME);
            canvas.mark((LEFT - 24, y), bar.look, 10, true)?;
            canvas.text((LEFT - 48, y), Side::Left, Ink::Black, &name)?;
            let length = bar.value.map_or(0, |value| length(value, most));
            if bar.value.is_some() {
                let (from, to) = ((LEFT, y - HALF), (LEFT + length.max(3), y + HALF));
                canvas.fill(from, to, bar.look.ink, 0.75)?;
            }
            let behind = (LEFT + length + TEXT, y);
            canvas.bold(behind, Side::Right, Ink::Black, &bar.text)?;
        }
        Ok(())
    })
}

fn length(value: f64, most: f64) -> i32 {
    if most > 0.0 {
        libm::round(f64::from(RIGHT - LEFT) * value / most) as i32
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_figures_and_no_figure_is_no_bar() {
        let bar = |name, value: Option<f64>| Bar {
            name,
            look: Look::of(0),
            value,
            text: value.map_or_else(|| "no data".to_owned(), |value| format!("{value} items/s")),
        };
        let caption = Caption {
            id: "throughput",
            title: "Throughput",
            finding: "One is quicker.",
        };
        let all = [
            bar("store", Some(20.0)),
            bar("wipe", Some(5.0)),
            bar("late", None),
        ];
        let svg = bars(caption, "items per second", &all).unwrap();
        let long = RIGHT - LEFT;
        for width in [long, long / 4] {
            assert!(svg.contains(&format!("h{width}v")), "{width} in {svg}");
        }
        assert_eq!(svg.matches("v40h").count(), 2, "{svg}");
        assert!(svg.contains("no data") && svg.contains("20 items/s"));
        assert!(bars(caption, "items per second", &[]).is_ok());
        assert_eq!(length(0.0, 0.0), 0);
    }
}
