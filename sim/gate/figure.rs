//! Figures of gates as people read them.

use super::metric::{BILLION, Unit};
use crate::measure::unit::{self, NBSP};

/// A figure in its unit.
pub(super) fn said(of: Unit, value: u64) -> String {
    let text = match of {
        Unit::Time => unit::duration(value),
        Unit::Count => unit::count(value),
        Unit::Share => unit::fine_percent(value as f64 / BILLION),
        Unit::Ratio => unit::fine_factor(value as f64 / BILLION),
    };
    text.replace(NBSP, " ")
}

/// So many times as much.
pub(super) fn times(ratio: f64) -> String {
    if ratio.is_infinite() {
        return "any × nothing".to_owned();
    }
    unit::fine_factor(ratio).replace(NBSP, " ")
}

/// A share.
pub(super) fn percent(share: f64) -> String {
    unit::fine_percent(share).replace(NBSP, " ")
}

/// The probability of a test.
pub(super) fn probability(p: f64) -> String {
    if p < 1e-4 {
        "p < 0.0001".to_owned()
    } else {
        format!("p {p:.4}")
    }
}

/// So many seeds.
pub(super) fn seeds(n: usize) -> String {
    format!("{n} {}", if n == 1 { "seed" } else { "seeds" })
}

/// So many comparisons.
pub(super) fn comparisons(n: usize) -> String {
    format!("{n} {}", if n == 1 { "comparison" } else { "comparisons" })
}
