//! What must be true of a listing cell: the oracles, by name.

/// The oracle that asks whether exactly the objects are there that were there to be fetched.
pub const MULTISET: &str = "multiset";
/// The oracle that asks whether the state ever claimed what was not stored.
pub const STATE: &str = "state";
/// The oracle that asks whether more requests were made in some second than are allowed.
pub const RATE: &str = "rate";
/// The oracle that asks whether a page was fetched again without cause.
pub const REFETCHED: &str = "refetched";
/// The oracle that asks whether a run with a limit leaves the rest to be done.
pub const LIMIT: &str = "limit";
