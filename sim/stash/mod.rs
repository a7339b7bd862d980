//! The fifth family of scenarios: results wait to be fetched, once, and producers wait for room.
//!
//! # Map
//!
//! * [`scenario`]: scenario files of this family. Start here.
//! * `plan.rs`: what clients ask for, and when; `payload.rs`: what it consists of.
//! * `world/`: one cell, from its inputs to its [`Outcome`]; [`execute`]: all of them, a [`Run`].
//! * `keeper.rs`: what holds the results: the stash under test, or `plain/`, what others have;
//!   `control.rs`: cheats that every run must catch.
//! * `recorder.rs`, `oracle/`: what happened, and what must be true of it ([`oracle_names`]).
//! * [`measure`], [`report`]: from these to figures, words, pictures and files.

mod control;
mod execution;
mod keeper;
pub mod measure;
mod objective;
mod oracle;
pub mod oracle_names;
mod outcome;
mod payload;
mod plain;
mod plan;
mod recorder;
pub mod report;
pub mod scenario;
mod world;

pub use execution::execute;
pub use objective::Objective;
pub use outcome::{Fate, Limits, Moment, Outcome, Request, counter};

/// All cells of a stash scenario, to be measured and reported.
pub type Run = crate::sheet::Run<measure::Stashing>;

#[cfg(test)]
mod tests;
