//! What the terminal shows at the end of a run: with several shapes the matrix, with one its
//! strategies, and beneath it the same as for every other scenario.

use super::evidence::Evidence;
use super::matrix::{self, Matrix};
use super::table;
use crate::report::table::Table;
use crate::report::terminal::{fitted, screen};

/// The end of a run as text for a terminal of `width` columns; `None` when there is no terminal,
/// and then nothing is left out or wrapped. `place` is where the report was written, as the user
/// is to read it.
#[must_use]
pub fn terminal(evidence: &Evidence<'_>, place: &str, width: Option<u16>) -> String {
    let (table, note) = main_table(evidence);
    let (text, left_out) = fitted(&table, width);
    let note = if left_out.is_empty() {
        note
    } else {
        let names = left_out.join(", ");
        format!("{note} No room here for: {names}; index.html has all.")
    };
    screen(&evidence.head(), &text, &note, place, width)
}

/// The table that comes first, with its note.
pub(super) fn main_table(evidence: &Evidence<'_>) -> (Table, String) {
    match evidence.comparison.shapes.as_slice() {
        [shape] => (
            table::of(shape),
            format!("{} {}", table::task(shape), table::note(evidence)),
        ),
        _ => (Matrix::of(evidence).table(evidence), matrix::note(evidence)),
    }
}
