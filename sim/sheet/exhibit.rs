//! A table with what stands around it: its title, its note, and how its rows look on a page.

use crate::measure::Tone;
use crate::report::chart::Look;
use crate::report::table::Table;
use crate::sheet::Standing;

/// A table about strategies: the first column has their names.
pub(crate) struct Exhibit {
    /// Its anchor on the page.
    pub(crate) id: &'static str,
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
    /// The colour of the last column, where that says where the strategy stands.
    pub(crate) tone: Option<Tone>,
    /// The anchor of its pictures; `None` where it has none.
    pub(crate) anchor: Option<String>,
}

impl Mark {
    /// This, of a row that ends with where it stands.
    pub(crate) fn standing(self, standing: Option<&Standing>) -> Self {
        let tone = match standing {
            Some(Standing::Meets | Standing::Caught { .. }) => Tone::Good,
            Some(Standing::Sound | Standing::NoData { .. }) | None => Tone::Note,
            Some(_) => Tone::Bad,
        };
        Self {
            tone: Some(tone),
            ..self
        }
    }
}
