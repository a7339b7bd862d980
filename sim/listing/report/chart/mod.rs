//! The pictures of a listing scenario, drawn with the pens of [`crate::report::chart`] and by its
//! rules: labels where lines end, colour never alone, a gap in the data a gap in the line.

mod calls;
mod left;
mod said;

pub(super) use calls::{CallsChart, calls};
pub(super) use left::{LeftLine, left};
pub(super) use said::{SaidLine, reach, said};

use crate::report::chart::canvas::{self, Canvas, Drawn};
use crate::report::chart::compact::compact;
use crate::report::chart::{Caption, ChartError};

/// Draws one picture; a page has dozens of them, so it is made small.
fn draw(
    caption: Caption<'_>,
    height: i32,
    body: impl FnOnce(&Canvas<'_>) -> Drawn,
) -> Result<String, ChartError> {
    canvas::draw(caption, height, body).map(|svg| compact(&svg))
}
