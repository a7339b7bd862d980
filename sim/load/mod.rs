//! The traffic that goes on while a backfill runs.
//!
//! * [`Plan`]: every request, planned before the run. Open loop: a request arrives when it was
//!   planned, however slow the ones before it are.
//! * `queries.rs`: the SQL of each kind of request; [`Effect`]: what it stored.
//! * [`Cache`]: the store in memory that requests read as well, and its lock.
//! * `traffic.rs`: sends the requests and notes what became of them.

mod cache;
mod effect;
mod plan;
mod queries;
mod traffic;

pub(crate) use plan::{arrivals, gap_ns};

pub use cache::Cache;
pub use effect::Effect;
pub use plan::{Plan, Planned};
pub use queries::Target;
pub use traffic::{Performs, Traffic};
