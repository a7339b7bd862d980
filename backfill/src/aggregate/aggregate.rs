//! What is counted, of which table, and where the counts are kept.

use super::error::AggregateError;

/// The longest text that counts, in bytes, unless said: a page of SQLite's default size, above
/// which every key of a value's table would need pages of its own.
const LONGEST_BYTES: u64 = 4_096;

/// Counts over a table: of all rows, and by the values of columns.
///
/// A row counts in all figures or in none: one that does not fit a figure ([`Column`]) is set
/// aside in `_dead_letters`, with the reason, whoever meets it, a chunk or a trigger.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use backfill::TokioRuntime;
/// use backfill::aggregate::{Aggregate, Column, Figure, Rebuild};
/// use backfill::chunked::Fixed;
/// use backfill::database::{Connections, Database};
/// use rusqlite::Connection;
///
/// let connection = Connection::open_in_memory()?;
/// connection.execute_batch(
///     "CREATE TABLE page_views(id INTEGER PRIMARY KEY, path TEXT, session_id TEXT);
///      INSERT INTO page_views(path, session_id) VALUES ('/', 'a'), ('/', 'b'), ('/blog', 'a')",
/// )?;
/// let views = Aggregate::new("page_view_stats", "page_views", "id", vec![
///     Figure::count_by(Column::text("path"), "views_by_path"),
///     Figure::distinct(Column::text("session_id"), "sessions_seen"),
/// ])?;
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
/// # runtime.block_on(async {
/// let connections = Connections::Shared(vec![connection]);
/// let database = Database::new(TokioRuntime::new(), connections, Duration::from_secs(5), ());
/// let pacer = Fixed::new(500, Duration::from_millis(10))?;
/// Rebuild::new(&views).on(database.clone(), pacer).run().await?;
/// let figures = database.read(move |connection| Ok(views.read(connection))).await??;
/// assert_eq!(figures.rows, 3);
/// assert_eq!(figures.values("views_by_path"), Some(2));
/// assert_eq!(figures.values("sessions_seen"), Some(2));
/// # Ok(())
/// # })
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    pub(super) name: String,
    pub(super) table: String,
    pub(super) key: String,
    pub(super) figures: Vec<Figure>,
}

/// A column whose values count, byte for byte: its collation does not matter here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// What a column holds. Anything else, NULL included, does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    /// Text of at most so many bytes.
    Text {
        longest_bytes: u64,
    },
}

/// What is kept of a column's values, in a table of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    pub(super) column: Column,
    pub(super) table: String,
    /// Whether rows are counted by value, or only values.
    pub(super) counts_rows: bool,
}

impl Column {
    /// A column of texts of at most 4096 bytes.
    #[must_use]
    pub fn text(name: &str) -> Self {
        let longest_bytes = LONGEST_BYTES;
        Self {
            name: name.to_owned(),
            kind: Kind::Text { longest_bytes },
        }
    }

    /// A column of texts of at most so many bytes.
    #[must_use]
    pub fn text_up_to(name: &str, longest_bytes: u64) -> Self {
        Self {
            name: name.to_owned(),
            kind: Kind::Text { longest_bytes },
        }
    }

    /// A column of integers.
    #[must_use]
    pub fn integer(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: Kind::Integer,
        }
    }
}

impl Figure {
    /// Rows by the value of `column`, and how many values there are. They are kept in the columns
    /// `value` and `rows` of `table`, which is created; where it is there, it must be empty, and
    /// may have constraints of its own.
    ///
    /// A constraint that a chunk runs into sets the row aside. One that a trigger runs into fails
    /// the insert, as a constraint of the source would.
    #[must_use]
    pub fn count_by(column: Column, table: &str) -> Self {
        Self {
            column,
            table: table.to_owned(),
            counts_rows: true,
        }
    }

    /// How many values `column` has. They are kept in the column `value` of `table`, as
    /// [`Figure::count_by`] has it.
    #[must_use]
    pub fn distinct(column: Column, table: &str) -> Self {
        Self {
            column,
            table: table.to_owned(),
            counts_rows: false,
        }
    }

    fn described(&self) -> String {
        let Self { column, table, .. } = self;
        let kind = match column.kind {
            Kind::Integer => "integers".to_owned(),
            Kind::Text { longest_bytes } => format!("texts of at most {longest_bytes} bytes"),
        };
        let what = if self.counts_rows {
            "rows by"
        } else {
            "values of"
        };
        format!("{what} {:?} ({kind}) in {table:?}", column.name)
    }
}

impl Aggregate {
    /// Counts all rows of `table`, and `figures`. `key` is the table's INTEGER PRIMARY KEY. `name`
    /// is what it is called in the ledger, and in the tables it shares with others.
    ///
    /// # Errors
    /// If a name is empty, two figures share a table or one has the source's, or no text is short
    /// enough to count.
    pub fn new(
        name: &str,
        table: &str,
        key: &str,
        figures: Vec<Figure>,
    ) -> Result<Self, AggregateError> {
        let figure_names = figures.iter().flat_map(|figure| {
            let column = ("column", &*figure.column.name);
            [column, ("table of a figure", &*figure.table)]
        });
        let names = [("name", name), ("table", table), ("key", key)];
        for (field, text) in names.into_iter().chain(figure_names) {
            if text.trim().is_empty() {
                return Err(AggregateError::Empty { field });
            }
        }
        let mut tables = vec![table];
        for figure in &figures {
            let taken = |other: &&str| other.eq_ignore_ascii_case(&figure.table);
            if tables.iter().any(taken) {
                let table = figure.table.clone();
                return Err(AggregateError::Twice { table });
            }
            tables.push(&figure.table);
            if figure.column.kind == (Kind::Text { longest_bytes: 0 }) {
                let column = figure.column.name.clone();
                return Err(AggregateError::NoText { column });
            }
        }
        Ok(Self {
            name: name.to_owned(),
            table: table.to_owned(),
            key: key.to_owned(),
            figures,
        })
    }

    /// The name it has in the ledger.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is, so that another one of the same name is told apart.
    pub(super) fn described(&self) -> String {
        let figures: Vec<String> = self.figures.iter().map(Figure::described).collect();
        let Self { table, key, .. } = self;
        let what = [
            format!("aggregate of {table:?} by {key:?}"),
            figures.join("; "),
        ];
        what.join(": ")
    }
}
