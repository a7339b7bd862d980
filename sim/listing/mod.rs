//! The second family of scenarios: a database is filled from a simulated list API.
//!
//! # Map
//!
//! * [`scenario`]: scenario files of this family. Start here.
//! * `world/`: one cell, from its inputs to its [`Outcome`]; [`execute`]: all of them, a [`Run`].
//! * `strategy.rs`, `baselines/`: what is run; `control.rs`: cheats that every run must catch.
//! * `recorder.rs`, `oracle/`: what happened, and what must be true of it ([`oracle_names`]).
//! * [`measure`], [`report`]: from these to figures, words, pictures and files.

pub mod baselines;
pub mod control;
mod execution;
pub mod measure;
mod oracle;
pub mod oracle_names;
mod outcome;
mod readers;
mod recorded;
mod recorder;
pub mod report;
mod run;
pub mod scenario;
mod strategy;
mod stream;
mod world;

pub use execution::execute;
pub use outcome::{Call, CallKind, Disturbance, Forecast, Outcome, Store, Task};
pub use run::{Objective, Run};
pub(crate) use world::Link;
