//! Why there are no figures, or why they cannot be rebuilt.

use crate::chunked::Progress;

/// Why there are no figures, or why they cannot be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum AggregateError {
    /// A name is missing.
    #[error("a {field} of an aggregate is empty")]
    Empty {
        /// Which.
        field: &'static str,
    },
    /// A table would hold two things.
    #[error("`{table}` is a figure's table and something else: give each figure one of its own")]
    Twice {
        /// The table.
        table: String,
    },
    /// A column of texts of no bytes.
    #[error("no text of `{column}` would be short enough: let texts have at least 1 byte")]
    NoText {
        /// The column.
        column: String,
    },
    /// The figures are not whole yet; whoever needs some has to look at the rows.
    #[error(
        "`{name}` is not rebuilt yet: {} of {} rows; figures come when the ledger says done",
        progress.processed, progress.total
    )]
    NotReady {
        /// The aggregate.
        name: String,
        /// How far it is; nothing of nothing before its first run.
        progress: Progress,
    },
    /// A row that was counted has been changed or deleted.
    #[error(
        "row {id} of `{table}` was changed, replaced or deleted after `{name}` had counted it, so \
         its figures do not hold; forget the aggregate and rebuild it"
    )]
    Changed {
        /// The aggregate.
        name: String,
        /// The source.
        table: String,
        /// The first such row's key.
        id: i64,
    },
    /// Rows may have been inserted that nobody counted.
    #[error(
        "the triggers of `{name}` on `{table}` are gone, so rows may be missing from its figures; \
         was the table made anew? forget the aggregate and rebuild it"
    )]
    Unwatched {
        /// The aggregate.
        name: String,
        /// The source.
        table: String,
    },
    /// The ledger knows it, and its tables do not.
    #[error(
        "the ledger knows `{name}`, but what it has counted is gone from _aggregates; forget the \
         aggregate and rebuild it"
    )]
    Gone {
        /// The aggregate.
        name: String,
    },
    /// The name was another aggregate.
    #[error(
        "`{name}` was another aggregate; give this one a name of its own, or forget that one\n  \
         it was: {was}\n  now it is: {wanted}"
    )]
    Other {
        /// The aggregate.
        name: String,
        /// What it was.
        was: String,
        /// What it is to be.
        wanted: String,
    },
    /// A figure's table has rows that no run has put there.
    #[error("`{table}` is not empty: name another table for this figure, or empty it")]
    NotEmpty {
        /// The table.
        table: String,
    },
    /// What was stored is not where the run left it.
    #[error(
        "`{name}` is not behind {} any more: somebody else writes its tables",
        after.map_or_else(|| "the start".to_owned(), |id| format!("row {id}"))
    )]
    Moved {
        /// The aggregate.
        name: String,
        /// Where the run left it.
        after: Option<i64>,
    },
    /// There is no such figure.
    #[error("`{name}` counts no rows in a table `{table}`")]
    NoFigure {
        /// The aggregate.
        name: String,
        /// The table that was asked for.
        table: String,
    },
    /// SQLite refused.
    #[error("`{name}` could not be {action}: {source}")]
    Database {
        /// The aggregate.
        name: String,
        /// What was tried.
        action: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

impl From<AggregateError> for rusqlite::Error {
    /// For where SQLite's error is the only one there can be: inside a transaction.
    fn from(error: AggregateError) -> Self {
        Self::ToSqlConversionFailure(error.into())
    }
}
