//! A table with what stands around it: its title, its note, and how its rows look on a page.

use crate::measure::Tone;
use crate::report::chart::Look;
use crate::report::table::Table;
use crate::sheet::Standing;

/// A table: the first column names the row, the last says where it stands.
pub(crate) struct Exhibit {
    /// Its heading.
    pub(crate) title: &'static str,
    /// Its columns and rows.
    pub(crate) table: Table,
    /// One per row.
    pub(crate) marks: Vec<Mark>,
    /// What the columns mean, and how the figures of several seeds became one.
    pub(crate) note: String,
}

/// How a row looks.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// The strategy's colour in every picture.
    pub(crate) look: Look,
    /// The colour of where it stands.
    pub(crate) tone: Tone,
    /// The anchor of its pictures; `None` where it has none.
    pub(crate) anchor: Option<String>,
}

impl Mark {
    /// The mark of a row that stands so.
    pub(crate) fn of(look: Look, standing: Option<&Standing>, anchor: Option<String>) -> Self {
        let tone = match standing {
            Some(Standing::Meets | Standing::Caught { .. }) => Tone::Good,
            Some(Standing::Sound | Standing::NoData) | None => Tone::Note,
            Some(_) => Tone::Bad,
        };
        Self { look, tone, anchor }
    }
}
