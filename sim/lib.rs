//! Simulates and benchmarks backfill strategies on a modelled clock, disk and network.

pub mod cli;
pub mod disk;
pub mod outcome;
mod refusal;
pub mod scenario;
pub mod seed;
pub mod spelling;
