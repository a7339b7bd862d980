//! The third family of scenarios: items are processed, and what becomes of them is written behind
//! it.
//!
//! # Map
//!
//! * [`scenario`]: scenario files of this family. Start here.
//! * `world/`: one cell, from its inputs to its [`Outcome`]; [`execute`]: all of them, a [`Run`].
//! * `items.rs`: what is processed; `replay.rs`: what the tables must be; `tables.rs`: these.
//! * `keeper.rs`: what is run: the store under test, or `plain/`, what others have; `control.rs`:
//!   cheats that every run must catch.
//! * `recorder.rs`, `oracle/`: what happened, and what must be true of it ([`oracle_names`]).
//! * [`measure`], [`report`]: from these to figures, words, pictures and files.

mod control;
mod execution;
mod facts;
mod items;
mod keeper;
pub mod measure;
mod objective;
mod oracle;
pub mod oracle_names;
mod outcome;
mod plain;
mod popularity;
mod readers;
mod recorder;
mod replay;
pub mod report;
pub mod scenario;
mod tables;
mod world;

pub use execution::execute;
pub use objective::Objective;
pub use outcome::{Disturbance, Moment, Outcome, Task, Write, counter};
pub(crate) use popularity::Popularity;
pub(crate) use world::Disturbances;

/// All cells of a processing scenario, to be measured and reported.
pub type Run = crate::sheet::Run<measure::Processing>;

#[cfg(test)]
mod tests;
