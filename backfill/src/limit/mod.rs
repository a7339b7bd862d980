//! So many requests a second, whoever makes them.
//!
//! * [`Limit`]: how many, as somebody sets it.
//! * [`Limiter`]: whose turn it is; clones share it.

mod bucket;
mod limiter;
mod rate;

pub(crate) use limiter::Refused;
pub use limiter::{Limiter, LimiterStatus};
pub use rate::{Limit, LimitError, Rate};
