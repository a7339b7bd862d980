//! The same backfill for real: on the real clock and a real file.
//!
//! What the simulation rehearses runs here with the same job, the same strategy and the same
//! requests, and nothing in between but [`backfill::TokioRuntime`].
//!
//! * [`Store`]: the connections to a file, as `[database]` says.
//! * [`Traffic`]: the requests of a workload, and how long they took.
//! * [`scratch`]: a copy of a scenario's database to work on.
//! * [`wrong_rows`]: whether what was filled is right.
//! * [`Held`]: a database in use, held at one moment.
//! * [`Backup`]: a copy of a database that is about to be changed.
//! * [`Prediction`]: what the simulation says of a run, kept beside the job's file.

mod backup;
mod check;
mod error;
mod held;
mod prediction;
pub mod scratch;
mod store;
mod traffic;

pub use backup::Backup;
pub use check::wrong_rows;
pub use error::LiveError;
pub use held::Held;
pub use prediction::Prediction;
pub use store::Store;
pub use traffic::{Observed, Traffic};
