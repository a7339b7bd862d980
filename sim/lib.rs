//! Simulates and benchmarks backfill strategies on a modelled clock, disk and network.

pub mod dataset;
pub mod disk;
pub mod outcome;
pub mod scenario;
pub mod seed;
