//! Fills a column of a large table in small transactions, while others use the table.
//!
//! * [`Job`]: which rows, and what to put there, as SQL; checked before anything runs.
//! * [`Rollup`]: a column that is the maximum over another table; it can be done in several
//!   [`Shape`]s.
//! * [`Pacer`]: how many rows next, and how long to pause before them; [`Fixed`] is the simplest,
//!   [`ReaderSlo`] asks the readers.
//! * [`Backfill`]: the loop. A keyset cursor that never looks back, an upper bound taken at the
//!   start, progress in the ledger in each chunk's own transaction, cancellation between chunks
//!   and inside a statement.

mod backfill;
mod claim;
mod error;
mod follow;
mod fragment;
mod heartbeat;
mod in_place;
mod job;
mod key;
mod pacer;
mod plan;
mod progress;
mod rollup;
mod rollup_plan;
mod run;
mod steps;
mod storage_order;
mod two_phase;
mod wal_budget;

pub use backfill::{Backfill, Ending, Report};
pub use error::BackfillError;
pub use fragment::FragmentError;
pub use heartbeat::NOTES;
pub use job::{Job, JobError, key_columns};
pub(crate) use key::KeyColumns;
pub use pacer::{
    ChunkCost, Efficiency, Fixed, Objective, Pace, Pacer, PacerError, PerWork, ReaderSignal,
    ReaderSlo, TimeTarget, Work,
};
pub use progress::Progress;
pub use rollup::{Rollup, Shape};
pub(crate) use steps::{Step, Steps};
pub use wal_budget::WalBudget;
