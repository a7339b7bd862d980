//! The fourth family of scenarios: a first day. A history is listed from a remote API into an
//! inbox, processed from there, and a column is derived from what was processed; all in one
//! database, with one ledger, while others read it and add to it.
//!
//! # Map
//!
//! * [`scenario`]: scenario files of this family. Start here.
//! * `world/`: one cell, from its inputs to its [`Outcome`]; [`execute`]: all of them, a [`Run`].
//! * `stages/`: the three stages, each the code under test, and who starts them again.
//! * `history.rs`: what is observed, and what the tables must come to; `tables.rs`: these;
//!   `traffic.rs`: who else uses them.
//! * `control.rs`: cheats that every run must catch.
//! * `recorder.rs`, `oracle/`: what happened, and what must be true of it ([`oracle_names`]).
//! * [`measure`], [`report`]: from these to figures, words, pictures and files.

mod control;
mod execution;
mod history;
pub mod measure;
mod objective;
mod oracle;
pub mod oracle_names;
mod outcome;
mod recorder;
pub mod report;
pub mod scenario;
mod stage;
mod stages;
mod tables;
mod traffic;
mod world;

pub use execution::execute;
pub use objective::Objective;
pub use outcome::{Moment, Outcome, counter};
pub use stage::Stage;

/// All cells of a pipeline scenario, to be measured and reported.
pub type Run = crate::sheet::Run<measure::Pipeline>;

#[cfg(test)]
mod tests;
