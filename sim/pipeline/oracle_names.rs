//! The names of the oracles of pipeline scenarios.

/// All rows are those of the reference, table by table.
pub const SAME_ROWS: &str = "same-rows";
/// Transmissions are what the history and the live inserts make of them.
pub const TRUTH: &str = "truth";
/// The ledger says that each stage is done.
pub const LEDGER: &str = "ledger";
/// The operator was told the truth of all stages, and in time.
pub const STATUS: &str = "status";
/// All stages came to their end.
pub const TERMINATION: &str = "termination";
