//! What the exit code of `sim` says, for scripts and CI.

use crate::gate::{Judged, Verdict};

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

/// The exit code of gates. What is too little to judge fails only a `strict` run, or one in which
/// nothing else could be judged.
#[must_use]
pub fn of_gates(gates: &[Judged], strict: bool) -> u8 {
    let any = |verdict| gates.iter().any(|gate| gate.verdict == verdict);
    let judged = any(Verdict::Pass) || any(Verdict::Warn);
    if any(Verdict::Fail) {
        FAILED
    } else if any(Verdict::NoData) || (any(Verdict::Insufficient) && (strict || !judged)) {
        NOTHING_TO_JUDGE
    } else {
        PASS
    }
}

/// The code that says the worst of two.
#[must_use]
pub fn worse(one: u8, other: u8) -> u8 {
    const WORST_FIRST: [u8; 8] = [
        INTERRUPTED,
        INTERNAL,
        INVALID,
        NOT_DETERMINISTIC,
        FAILED,
        NO_BASELINE,
        NOTHING_TO_JUDGE,
        PASS,
    ];
    let rank = |code| WORST_FIRST.iter().position(|&known| known == code);
    if rank(one) <= rank(other) { one } else { other }
}
