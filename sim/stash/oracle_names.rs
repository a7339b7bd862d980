//! The names of the oracles of stash scenarios.

/// Nobody is passed by somebody who came later, unless its own owner's share alone holds it up.
pub const ORDER: &str = "order";
/// Never was more held than the tiers, and never did more wait than the waiting budget.
pub const BYTES: &str = "bytes";
/// Every payload was given out once at most, to its owner, and as it was put.
pub const PAYLOADS: &str = "payloads";
/// Every put came to one end, and everything stored to one.
pub const CONSERVATION: &str = "conservation";
/// When everything was fetched or has expired, there is room for everything again.
pub const ROOM: &str = "room";
/// Whoever fits is served in the instant in which it does.
pub const WAKE: &str = "wake";
/// Nobody waits longer than its time.
pub const WAIT: &str = "wait";
/// What the scenario expects of single puts is what became of them.
pub const EXPECTATIONS: &str = "expectations";
/// Every client came to its end.
pub const PROGRESS: &str = "progress";
