//! The second family of scenarios: a database is filled from a simulated list API.
//!
//! # Map
//!
//! * [`Outcome`]: what one cell produced. [`Run`]: all cells of a scenario.

mod outcome;
mod run;

pub use outcome::{Call, CallKind, Disturbance, Forecast, Outcome, Store, Task};
pub use run::{Objective, Run};
