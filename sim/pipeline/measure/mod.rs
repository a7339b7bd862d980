//! From the outcomes of a pipeline scenario to figures and words. A map of the code:
//!
//! * [`spell`](Spell): a part of the time in which the same stages ran, and what others lived
//!   through in it.
//! * [`cell`](Cell): the figures of one strategy and seed. Start here.
//! * [`comparison`](Comparison): all of them, and over seeds.
//! * [`finding`](Judgement): the verdict, and the reasons in plain sentences.
//!
//! Where a cell stands and what verdict that makes is decided in [`crate::sheet`]; latencies,
//! means and the way figures are written are those of [`crate::measure`].

mod cell;
mod comparison;
mod finding;
mod spell;

pub use cell::{Beside, Cell, Figures};
pub use comparison::{Comparison, Pooled, PooledSpell, StrategyResult};
pub use finding::Judgement;
pub use spell::{Spell, spans};
