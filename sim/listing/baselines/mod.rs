//! What users would do instead, to be compared with.
//!
//! * [`tiers`]: 1, 10 or 50 segments, by how much of the range the newest page covers.
//! * [`Recursive`]: whatever is left of a segment is split after every page.
//! * [`EqualCount`]: segments of the same number of objects, by somebody who knows where they lie:
//!   a lower bound, and no strategy.
//! * [`HandRolled`], [`ProbeDiscarded`], [`RefetchingSplit`]: mistakes, to be caught.

mod careless;
mod equal_count;
mod hand_rolled;
mod recursive;
mod tiers;

pub use careless::{ProbeDiscarded, RefetchingSplit};
pub use equal_count::EqualCount;
pub use hand_rolled::{HandRolled, Mistake};
pub use recursive::Recursive;
pub use tiers::tiers;
