//! So many requests a second, whoever makes them.
//!
//! * [`Limit`]: how many, as somebody sets it.
//! * [`Limiter`]: whose turn it is; clones share it.
//! * [`RateLimited`]: an API whose every call waits for its turn.

mod bucket;
mod limiter;
mod rate;
mod rate_limited;

pub use limiter::{Limiter, LimiterStatus};
pub use rate::{Limit, LimitError, Rate};
pub use rate_limited::RateLimited;
