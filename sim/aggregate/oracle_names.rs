//! The names of the oracles of aggregate scenarios.

/// Views are counted once each: all of them, and those of every page.
pub const VIEWS: &str = "views";
/// Sessions are counted once each, and so are pages.
pub const SESSIONS: &str = "sessions";
/// What was added meanwhile is stored and counted once.
pub const LIVE: &str = "live";
/// Nobody was given a count that was not whole.
pub const READS: &str = "reads";
/// Rows that fit no figure are set aside, and no others.
pub const DEAD_LETTERS: &str = "dead-letters";
/// A second run changes nothing.
pub const AGAIN: &str = "again";
/// Progress never went back, and ended at its total.
pub const PROGRESS: &str = "progress";
/// Chunks are as large as they are to be, and no larger than their bound in bytes.
pub const CHUNKS: &str = "chunks";
/// What one chunk hands to the next does not grow.
pub const CARRIED: &str = "carried";
/// The operator was told the truth, and in time.
pub const STATUS: &str = "status";
/// SQLite finds nothing wrong with the file.
pub const INTEGRITY: &str = "integrity";
/// It came to its end.
pub const TERMINATION: &str = "termination";
