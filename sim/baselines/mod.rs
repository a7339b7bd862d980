//! What users would do instead, to be compared with; and cheats, to be caught.
//!
//! * [`single_transaction`]: one UPDATE over everything, as it is usually written.
//! * [`dressed_single_transaction`]: the same, announced as if it had been done in chunks.
//! * [`ProportionalPause`], [`ElapsedTime`]: how others pace their chunks.

mod elapsed_time;
mod proportional_pause;
mod single_transaction;

pub use elapsed_time::ElapsedTime;
pub use proportional_pause::ProportionalPause;
pub use single_transaction::{UPDATE, dressed_single_transaction, single_transaction};
