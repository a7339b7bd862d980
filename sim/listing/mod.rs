//! The second family of scenarios: a database is filled from a simulated list API.
//!
//! # Map
//!
//! * [`Outcome`]: what one cell produced. [`Run`]: all cells of a scenario.
//! * [`measure`], [`report`]: from these to figures, words, pictures and files.

pub mod measure;
mod outcome;
pub mod report;
mod run;

pub use outcome::{Call, CallKind, Disturbance, Forecast, Outcome, Store, Task};
pub use run::{Objective, Run};
