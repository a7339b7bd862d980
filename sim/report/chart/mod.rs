//! The pictures of a report, as SVG text. Only this module knows plotters.
//!
//! What is decided here: nobody looks anything up in a legend, so lines are labelled where they
//! end; colour is never alone, so lines differ in dash and marker as well; a gap in the data is a
//! gap in the line. plotters maps nothing: its logarithmic axes put zero and NaN on the bottom
//! edge, so scales, ticks and clipping are ours and it draws whole pixels.
//!
//! * `canvas`: strokes, marks and text; the document with its title and description.
//! * `compact`: the same drawing in fewer bytes.
//! * `axis`: scales and ticks that people read.
//! * `palette`: colours, dashes and markers.
//! * `label`: keeps labels apart.
//! * [`latency()`], [`shares()`], [`timeline()`], [`tradeoff()`]: one picture each. Those of the
//!   other families of scenarios are drawn in `listing` and `sheet`, with the same pens.

pub(crate) mod axis;
pub(crate) mod canvas;
pub(crate) mod compact;
pub(crate) mod label;
mod latency;
mod palette;
mod shares;
mod timeline;
mod tradeoff;

pub use canvas::ChartError;
pub use latency::{LatencyLine, latency};
pub use palette::{Ink, Look};
pub use shares::{Whole, shares};
pub use timeline::{TimelineChart, timeline};
pub use tradeoff::{TradeoffPoint, tradeoff};

/// What every chart is given besides its data.
#[derive(Clone, Copy, Debug)]
pub struct Caption<'a> {
    /// Unique among the charts of a page.
    pub id: &'a str,
    /// What it shows, for readers who do not see it.
    pub title: &'a str,
    /// What is to be seen in it, in a sentence.
    pub finding: &'a str,
}
