//! The third family of scenarios: items are processed, and what becomes of them is written behind
//! it.
//!
//! # Map
//!
//! * [`scenario`]: scenario files of this family. Start here.
//! * [`execute`]: all cells of a scenario; [`report`]: what becomes of them.
//! * `oracle_names.rs`: what must be true of a cell.
//! * [`Outcome`], [`Run`]: what one cell produced, and all of them.

mod execution;
pub mod oracle_names;
mod outcome;
pub mod report;
mod run;
pub mod scenario;

pub use execution::execute;
pub use outcome::{Disturbance, Moment, Outcome, Task, Write, counter};
pub use run::{Objective, Run};
