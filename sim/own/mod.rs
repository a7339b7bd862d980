//! A database of one's own in place of the seeded packet log.
//!
//! The file is mapped, never written to: whatever a cell writes lies in the overlay of its own
//! volume, and what lies beside the file (`-wal`, a hot `-journal`) is mounted beside it there, so
//! that SQLite itself recovers it.
//!
//! * [`DatabaseFile`]: the file and what lies beside it; `header.rs`: what can be refused at sight;
//!   `soundness.rs`: SQLite's own check, once per content.
//! * `fit.rs`: whether the scenario's job and statements fit the file.
//! * `key.rs`: which keys can be noted; `task.rs`: the job, in every form in which a strategy does
//!   it.
//! * [`Own`]: the file as a workload; `sample.rs`: values for parameters; `requests.rs`: traffic.
//! * `reference.rs`, `rows.rs`, `oracle.rs`: what one UPDATE would have left, row by row;
//!   `live.rs`, `between.rs`: with live writes before and after it; `intact.rs`: whether anything
//!   else was changed.

mod between;
mod called;
mod error;
mod file;
mod fit;
mod header;
mod intact;
mod key;
mod live;
mod oracle;
mod reference;
mod requests;
mod rows;
mod sample;
mod schema;
mod soundness;
mod task;
mod workload;

pub use error::IntakeError;
pub use file::{DatabaseFile, Opened};
pub(crate) use fit::misfits;
pub(crate) use key::unstorable;
pub(crate) use schema::{Kind, tables};
pub use soundness::check as check_soundness;
pub use workload::Own;
