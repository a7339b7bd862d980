//! What users would do instead, to be compared with.
//!
//! * [`tiers`]: 1, 10 or 50 segments, by how much of the range the newest page covers.
//! * [`Recursive`]: whatever is left of a segment is split after every page.
//! * [`EqualCount`]: segments of the same number of objects, by somebody who knows where they lie: a
//!   lower bound, and no strategy.

mod equal_count;
mod recursive;
mod tiers;

pub use equal_count::EqualCount;
pub use recursive::Recursive;
pub use tiers::tiers;
