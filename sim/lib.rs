//! Simulates and benchmarks backfill strategies on a modelled clock, disk and network.

pub mod disk;
pub mod measure;
pub mod outcome;
pub mod report;
pub mod scenario;
pub mod seed;
