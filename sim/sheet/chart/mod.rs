//! Pictures that any family has, drawn with the pens of [`crate::report::chart`] and by its rules:
//! labels where lines end, colour never alone, and nothing painted behind.
//!
//! * [`panels`](panels()): figures of one cell over its time, above each other.
//! * [`bars`](bars()): one figure of each strategy.
//! * [`dots`](dots()): places in two orders against each other.
//! * `thin`: as many points as can be seen.

mod bars;
mod dots;
mod panels;
mod thin;

pub(crate) use bars::{Bar, Ruler, bars};
pub(crate) use dots::{Dot, Dots, dots};
pub(crate) use panels::{Measure, Panel, Panels, Style, Trace, panels};

use crate::report::chart::canvas::{self, Canvas, Drawn};
use crate::report::chart::compact::compact;
use crate::report::chart::{Caption, ChartError};

/// Draws one picture; a page has many of them, so it is made small.
fn draw(
    caption: Caption<'_>,
    height: i32,
    body: impl FnOnce(&Canvas<'_>) -> Drawn,
) -> Result<String, ChartError> {
    canvas::draw(caption, height, body).map(|svg| compact(&svg))
}
