//! The third family of scenarios: items are processed, and what becomes of them is written behind
//! it.
//!
//! # Map
//!
//! * [`scenario`]: scenario files of this family. Start here.
//! * `oracle_names.rs`: what must be true of a cell.
//! * [`Outcome`], [`Run`]: what one cell produced, and all of them.
//! * [`measure`], [`report`]: from outcomes to figures, words, pictures and files.

pub mod measure;
pub mod oracle_names;
mod outcome;
pub mod report;
mod run;
pub mod scenario;

pub use outcome::{Disturbance, Moment, Outcome, Task, Write, counter};
pub use run::{Objective, Run};
