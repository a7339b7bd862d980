//! Simulates and benchmarks backfill strategies on a modelled clock, disk and network.
//!
//! # A map of the code
//!
//! Data flows one way: scenario file → [`scenario::Scenario`] → cells → [`outcome::Outcome`] →
//! [`measure::Comparison`] → report files. A cell is a pure function of (scenario, strategy, seed).
//!
//! * [`world`]: one cell, from its inputs to its outcome. Start here.
//! * [`workload`]: what a cell is about: a database, its job and its users.
//! * [`execution`]: all cells of a scenario, in parallel.
//! * [`scenario`]: scenario files, checked; [`spelling`]: "did you mean".
//! * [`own`]: a database of one's own in its place; [`init`]: a first scenario for it.
//! * [`dataset`]: the seeded data; [`seed`]: the seed tree; [`sample`]: a shop to try things on.
//! * [`clock`], [`station`], [`machine`]: modelled time, shared resources, and SQL that takes time.
//! * [`disk`]: the file system SQLite runs on.
//! * [`load`], [`operator`]: who else uses the database.
//! * [`job`], [`strategy`], [`baselines`]: what is done, how, and what users would do instead.
//! * [`listing`]: the other family of scenarios: a database is filled from a list API;
//!   [`upstream`]: that API.
//! * [`processing`]: the third family: items are processed, and written behind it.
//! * [`pipeline`]: the fourth: a history is listed, processed and derived from, one upon the other.
//! * [`stash`]: the fifth: results wait to be fetched, and producers for room.
//! * [`aggregate`]: the sixth: counts over a table that only grows are rebuilt.
//! * [`control`]: cheats that every run must catch.
//! * `spent`: what a request's SQL took, where.
//! * [`recorder`], [`oracle`]: what happened, and what must be true afterwards.
//! * [`live`]: the same backfill for real.
//! * [`measure`], [`report`]: from outcomes to figures, words, pictures and files.
//! * [`sheet`]: standings, verdicts and reports for families that only say what is theirs.
//! * [`gate`]: whether a run is good enough, and whether it has become worse.
//! * [`cli`]: the command line.

pub mod aggregate;
pub mod asked;
pub mod baselines;
pub mod cli;
pub mod clock;
mod connector;
pub mod control;
pub mod dataset;
pub mod digest;
pub mod disk;
pub mod execution;
pub mod gate;
mod identifier;
pub mod init;
pub mod job;
mod listener;
pub mod listing;
pub mod live;
pub mod load;
pub mod machine;
pub mod measure;
pub mod operator;
pub mod oracle;
pub mod outcome;
pub mod own;
pub mod pipeline;
pub mod processing;
pub mod recorder;
mod refusal;
pub mod report;
pub mod sample;
pub mod scenario;
pub mod seed;
pub mod sheet;
mod shell;
pub mod spelling;
mod spent;
pub mod stash;
pub mod station;
pub mod strategy;
pub mod upstream;
mod versions;
mod workers;
pub mod workload;
pub mod world;
