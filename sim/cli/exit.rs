//! What the exit code of `sim` says, for scripts and CI.

/// Everything asked for was done and found good.
pub const PASS: u8 = 0;
/// An internal error, or the machine refused: a file could not be written.
pub const INTERNAL: u8 = 1;
/// The command line or a scenario is wrong; nothing was run.
pub const INVALID: u8 = 2;
/// A gate failed, an oracle found wrong data, a strategy did not finish, or a control passed.
pub const FAILED: u8 = 3;
/// There was nothing to judge: no scenario, no data, too few samples.
pub const NOTHING_TO_JUDGE: u8 = 4;
/// The baseline is missing or of another scenario.
pub const NO_BASELINE: u8 = 5;
/// The same cell ran twice and came out differently.
pub const NOT_DETERMINISTIC: u8 = 6;
/// Interrupted; what was finished is written and marked incomplete.
pub const INTERRUPTED: u8 = 130;
