//! The names of the oracles of processing scenarios.

/// Rows at the end are those of a plain replay.
pub const ROWS: &str = "rows";
/// The history has every version once, and no other.
pub const HISTORY: &str = "history";
/// Outputs in the database are those that were asked for, and as many as was said.
pub const OUTPUTS: &str = "outputs";
/// Whenever somebody looked, the database was what it was after some batch, and what its ledger
/// says.
pub const PREFIX: &str = "prefix";
/// What was read was what had been written last, in the database or not.
pub const READS: &str = "reads";
/// Never was more held than the budget and one batch.
pub const MEMORY: &str = "memory";
/// It came to its end, and nobody waited for something that could not come.
pub const PROGRESS: &str = "progress";
/// What was processed again after a crash was no more than what was not in the database.
pub const REPEATED: &str = "repeated";
