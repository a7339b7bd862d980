//! The second family of scenarios: a database is filled from a simulated list API.
//!
//! # Map
//!
//! * [`scenario`]: scenario files of this family. Start here.
//! * [`execute`]: all cells of a scenario.
//! * [`Outcome`]: what one cell produced; [`oracle_names`]: what must be true of it. [`Run`]: all cells of a
//!   scenario.

mod execution;
pub mod oracle_names;
mod outcome;
mod run;
pub mod scenario;

pub use execution::execute;
pub use outcome::{Call, CallKind, Disturbance, Forecast, Outcome, Store, Task};
pub use run::{Objective, Run};
