//! The third family of scenarios: items are processed, and what becomes of them is written behind
//! it.
//!
//! # Map
//!
//! * [`scenario`]: scenario files of this family. Start here.
//! * `oracle_names.rs`: what must be true of a cell.
//! * [`Outcome`], [`Run`]: what one cell produced, and all of them.

pub mod oracle_names;
mod outcome;
mod run;
pub mod scenario;

pub use outcome::{Disturbance, Moment, Outcome, Task, Write, counter};
pub use run::{Objective, Run};
