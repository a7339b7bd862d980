//! The counts as they are kept: by the crate under test, or in the tables of the plain strategies.

use std::sync::Arc;

use backfill::aggregate::{Aggregate, AggregateError, Column, Figure};
use rusqlite::{Connection, OptionalExtension as _};

use super::plain::TOTALS;
use super::scenario::StrategyKind;

/// The name of the rebuild in the ledger.
pub(super) const NAME: &str = "page_view_stats";
/// The table with views by page: `value`, `rows`.
pub(super) const BY_PATH: &str = "views_by_path";
/// The table with the sessions that were seen.
pub(super) const SEEN: &str = "sessions_seen";

/// Where counts are kept, and who may read them.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    /// By the crate under test.
    Library(Arc<Aggregate>),
    /// The same, and nobody asks the ledger.
    Unasked,
    /// By a plain strategy.
    Plain,
}

/// All counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) views: u64,
    pub(super) paths: u64,
    pub(super) sessions: u64,
}

/// What is counted, as the crate under test is told.
pub(super) fn aggregate() -> Result<Aggregate, AggregateError> {
    let figures = vec![
        Figure::count_by(Column::text("path"), BY_PATH),
        Figure::distinct(Column::text("session_id"), SEEN),
    ];
    Aggregate::new(NAME, "page_views", "id", figures)
}

impl Kept {
    /// Where a strategy of this kind keeps them; with none, nobody has counted yet.
    pub(super) fn by(kind: Option<StrategyKind>) -> Result<Self, AggregateError> {
        Ok(match kind {
            Some(StrategyKind::ReadsEarly) => Self::Unasked,
            Some(kind) if !kind.is_library() => Self::Plain,
            Some(_) | None => Self::Library(Arc::new(aggregate()?)),
        })
    }

    /// All counts; `None` as long as they are not whole.
    pub(super) fn totals(&self, connection: &Connection) -> rusqlite::Result<Option<Totals>> {
        match self {
            Self::Library(aggregate) => match aggregate.read(connection) {
                Ok(figures) => Ok(Some(Totals {
                    views: figures.rows,
                    paths: figures.values(BY_PATH).unwrap_or(0),
                    sessions: figures.values(SEEN).unwrap_or(0),
                })),
                Err(AggregateError::NotReady { .. }) => Ok(None),
                Err(error) => Err(error.into()),
            },
            Self::Unasked => {
                let sql = "SELECT rows, (SELECT found FROM _aggregate_values WHERE tbl = ?1),
                             (SELECT found FROM _aggregate_values WHERE tbl = ?2)
                           FROM _aggregates";
                read(connection, "_aggregates", sql, &[BY_PATH, SEEN])
            }
            Self::Plain => {
                let sql = format!(
                    "SELECT views, (SELECT count(*) FROM {BY_PATH}), sessions FROM {TOTALS}
                     WHERE done"
                );
                read(connection, TOTALS, &sql, &[])
            }
        }
    }

    /// Views of a page; `None` as long as counts are not whole.
    pub(super) fn views_of(
        &self,
        connection: &Connection,
        path: &str,
    ) -> rusqlite::Result<Option<u64>> {
        let sql = format!("SELECT rows FROM {BY_PATH} WHERE value = ?1");
        match self {
            Self::Library(aggregate) => match aggregate.rows_with(connection, BY_PATH, &path) {
                Ok(rows) => Ok(Some(rows)),
                Err(AggregateError::NotReady { .. }) => Ok(None),
                Err(error) => Err(error.into()),
            },
            Self::Unasked | Self::Plain => {
                if self.totals(connection)?.is_none() {
                    return Ok(None);
                }
                let mut select = connection.prepare_cached(&sql)?;
                let rows = select.query_row([path], |row| row.get::<_, i64>(0));
                Ok(Some(rows.optional()?.unwrap_or(0).unsigned_abs()))
            }
        }
    }
}

/// The one row of `sql`, if `table` is there and has it.
fn read(
    connection: &Connection,
    table: &str,
    sql: &str,
    parameters: &[&str],
) -> rusqlite::Result<Option<Totals>> {
    let there = "SELECT count(*) FROM sqlite_schema WHERE name = ?1";
    let mut there = connection.prepare_cached(there)?;
    if there.query_row([table], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(None);
    }
    let parameters = rusqlite::params_from_iter(parameters);
    let totals = connection
        .prepare_cached(sql)?
        .query_row(parameters, |row| {
            let number = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
            Ok(Totals {
                views: number(0)?,
                paths: number(1)?,
                sessions: number(2)?,
            })
        });
    totals.optional()
}
