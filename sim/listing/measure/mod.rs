//! From the outcomes of a listing scenario to figures and words. A map of the code:
//!
//! * [`tally`](Tally): what became of the requests.
//! * [`second`](fullest_second): the most requests in any second.
//! * [`lanes`](Lanes): which calls were under way beside each other.
//! * [`moment`](Moment): what was said of the time left, and whether it was so.
//! * [`seconds`](Seconds): what happened in each modelled second.
//! * [`cell`](Cell): the figures of one shape, strategy and seed. Start here.
//! * [`comparison`](Comparison): all of them, and over seeds.
//! * [`standing`](Standing): what figures mean against the objective.
//! * [`controls`](Controls): whether every control was caught.
//! * [`verdict`](mod@verdict): the answer of a run, and what to do now.
//! * [`finding`](Judgement): the reasons in plain sentences.
//!
//! Latencies, percentiles, means and the way figures are written are those of [`crate::measure`].

mod cell;
mod comparison;
mod controls;
mod finding;
mod lanes;
mod moment;
mod rival;
mod second;
mod seconds;
mod standing;
#[cfg(test)]
pub(crate) mod synthetic;
mod tally;
pub mod verdict;

pub use cell::{Beside, Cell, Storing};
pub use comparison::{Comparison, Pooled, ShapeResult, StrategyResult};
pub use controls::{Control, Controls};
pub use finding::Judgement;
pub use lanes::{Lanes, alone_ns};
pub use moment::{HALF, MOMENTS, Moment, error, moments};
pub use rival::Rival;
pub use second::fullest_second;
pub use seconds::{Second, Seconds};
pub use standing::{Aim, Miss, Standing};
pub use tally::Tally;
