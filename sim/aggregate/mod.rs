//! A family of scenarios: counts over a table that only grows are rebuilt, while the table
//! is read and added to.
//!
//! # Map
//!
//! * [`scenario`]: scenario files of this family. Start here.
//! * `world/`: one cell, from its inputs to its [`Outcome`]; [`execute`]: all of them, a [`Run`].
//! * `views.rs`: what is counted, and what the counts must come to; `table.rs`: where it is stored.
//! * `rebuilder.rs`: what is run: the rebuild under test, or `plain/`, what others would do;
//!   `kept.rs`: where the counts are then; `control.rs`: cheats that every run must catch.
//! * `traffic.rs`: who else uses the database.
//! * `recorder.rs`, `oracle/`: what happened, and what must be true of it ([`oracle_names`]).
//! * [`measure`], [`report`]: from these to figures, words, pictures and files.

mod control;
mod execution;
mod kept;
pub mod measure;
mod objective;
mod oracle;
pub mod oracle_names;
mod outcome;
mod plain;
mod rebuilder;
mod recorder;
pub mod report;
pub mod scenario;
mod table;
mod traffic;
mod views;
mod world;

pub use execution::execute;
pub use objective::Objective;
pub use outcome::{Chunk, Compared, Outcome, Pair, Transaction, counter};

/// All cells of an aggregate scenario, to be measured and reported.
pub type Run = crate::sheet::Run<measure::Aggregates>;

#[cfg(test)]
mod tests;
