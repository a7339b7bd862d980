//! What the terminal shows at the end of a run: the strategies, and beneath them the same as for
//! every other scenario.

use super::Exhibit;
use crate::report::head::Head;
use crate::report::terminal::{fitted, screen};

/// The end of a run as text for a terminal of `width` columns; `None` when there is no terminal,
/// and then nothing is left out or wrapped. `place` is where the report was written, as the user
/// is to read it.
pub(super) fn text(head: &Head<'_>, main: &Exhibit, place: &str, width: Option<u16>) -> String {
    let (text, left_out) = fitted(&main.table, width);
    let note = if left_out.is_empty() {
        main.note.clone()
    } else {
        let names = left_out.join(", ");
        format!(
            "{} No room here for: {names}; index.html has all.",
            main.note
        )
    };
    screen(head, &text, &note, place, width)
}
