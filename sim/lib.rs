//! Simulates and benchmarks backfill strategies on a modelled clock, disk and network.

pub mod clock;
pub mod cli;
pub mod disk;
pub mod machine;
pub mod outcome;
mod refusal;
pub mod scenario;
pub mod seed;
pub mod station;
pub mod spelling;
