//! Simulates and benchmarks backfill strategies on a modelled clock, disk and network.

pub mod baselines;
pub mod cli;
pub mod clock;
pub mod dataset;
pub mod digest;
pub mod disk;
pub mod execution;
pub mod job;
pub mod load;
pub mod machine;
pub mod measure;
pub mod operator;
pub mod oracle;
pub mod outcome;
pub mod recorder;
mod refusal;
pub mod report;
pub mod scenario;
pub mod seed;
pub mod spelling;
pub mod station;
pub mod strategy;
pub mod world;
