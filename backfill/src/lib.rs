//! Backfills that leave readers alone: chunked, paced, resumable, cancellable.
//!
//! # Map
//!
//! * [`runtime`]: the one seam. A [`Runtime`] tells the time, sleeps, and runs SQL;
//!   [`TokioRuntime`] does so on real threads, a simulator on modelled time. Start here.
//! * [`database`]: connections handed out, first come, first served unless said; reads and writes
//!   as transactions of two steps; "busy" retried on the runtime's clock; waits and holds observed.
//! * [`chunked`]: the column backfill: what to do (`Job`, `Rollup`), in which `Shape`, how fast
//!   (`Pacer`), and the loop.
//! * [`aggregate`]: counts over a table that only grows, rebuilt by that loop and kept by triggers.
//! * [`listing`]: the backfill of a table from an API that lists its objects page by page.
//! * [`persistence`]: what is derived from a stream of items, in memory and written behind it.
//! * [`limit`]: so many requests a second, whoever makes them.
//! * [`ledger`]: what was done so far, in the database itself, written with the rows it speaks of.
//! * [`runner`]: the backfills of one process, each once, one after the other.
//! * [`status`]: what the ledger says, over HTTP, and a page that shows it.

pub mod aggregate;
pub mod chunked;
pub mod database;
mod dead_letter;
mod identifier;
pub mod ledger;
pub mod limit;
pub mod listing;
mod panic;
pub mod persistence;
mod retry;
pub mod runner;
pub mod runtime;
pub mod status;
pub mod time;

pub use runtime::{Runtime, TokioRuntime};
pub use time::Instant;
