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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::Run;
    use crate::listing::measure::synthetic::{self, one_shape};
    use crate::measure::unit::NBSP;

    #[test]
    fn a_terminal_gets_what_fits_and_is_told_what_does_not() {
        let wide = terminal_of(&synthetic::run(), None);
        assert!(
            wide.ends_with("repeat  cargo sim run density --seed 1\n"),
            "{wide}"
        );
        assert!(
            wide.contains("1.011 × ✓") && wide.contains("recursive-2"),
            "{wide}"
        );
        assert!(!wide.contains("No room here"), "{wide}");
        for width in [50, 60, 80, 100] {
            let text = terminal_of(&synthetic::run(), Some(width));
            let longest = text.lines().filter(|line| !line.starts_with("repeat"));
            let longest = longest.map(|line| line.chars().count()).max().unwrap();
            assert!(longest <= usize::from(width), "{width}:\n{text}");
        }
        let narrow = terminal_of(&synthetic::run(), Some(50));
        assert!(
            narrow
                .replace("\n  ", " ")
                .contains("No room here for: fixed-50"),
            "{narrow}"
        );
    }

    #[test]
    fn columns_about_readers_come_with_readers() {
        let (silent, read) = (terminal_of(&one_shape(), None), {
            let mut run = synthetic::read_run();
            run.outcomes.truncate(3);
            terminal_of(&run, None)
        });
        assert!(
            silent.contains("makespan") && !silent.contains("eader"),
            "{silent}"
        );
        assert!(
            read.contains("reader") && read.contains("/ no backfill"),
            "{read}"
        );
    }

    fn terminal_of(run: &Run, width: Option<u16>) -> String {
        let text = terminal(&Evidence::of(run), "reports/density", width);
        assert!(!text.contains(NBSP));
        text
    }
}
