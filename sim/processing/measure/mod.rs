//! From the outcomes of a processing scenario to figures and words. A map of the code:
//!
//! * [`held`](Held): how much was held, against the budget.
//! * [`writing`](Writing): how many writes, of how much, and how long they took.
//! * [`recovery`](Recovery): how long it took to catch up after an outage.
//! * [`cell`](Cell): the figures of one strategy and seed. Start here.
//! * [`comparison`](Comparison): all of them, and over seeds.
//! * `aim`: what the objective asks of a cell.
//! * [`finding`](Judgement): the verdict, and the reasons in plain sentences.
//!
//! Where a cell stands and what verdict that makes is decided in [`crate::sheet`]; latencies,
//! means and the way figures are written are those of [`crate::measure`].

mod aim;
mod cell;
mod comparison;
mod finding;
mod held;
mod recovery;
#[cfg(test)]
pub(crate) mod synthetic;
mod writing;

pub use cell::{Asked, Beside, Cell, Effect, Figures, Stalled};
pub use comparison::{Comparison, Pooled, StrategyResult};
pub use finding::Judgement;
pub use held::Held;
pub use recovery::Recovery;
pub use writing::Writing;
