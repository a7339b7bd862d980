//! The figures, once they are whole.

use std::collections::BTreeMap;

use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension as _};

use super::aggregate::Aggregate;
use super::error::AggregateError;
use super::schema::is_there;
use crate::chunked::Progress;
use crate::identifier::quoted;
use crate::ledger::{self, Status};

/// The figures of an aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// All rows, but for those set aside.
    pub rows: u64,
    /// How many values there are, by the figure's table.
    values: BTreeMap<String, u64>,
}

impl Figures {
    /// How many values the figure kept in `table` has; `None` if there is no such figure.
    #[must_use]
    pub fn values(&self, table: &str) -> Option<u64> {
        self.values.get(table).copied()
    }
}

impl Aggregate {
    /// The figures as they are now, live rows included. Where it succeeds, the figures' tables are
    /// whole, too, for the rest of the read transaction.
    ///
    /// The ledger is asked every time: until it says done, and wherever what was counted does not
    /// hold any more, there is an error and no figure.
    ///
    /// # Errors
    /// [`AggregateError::NotReady`] until the rebuild is done; what makes its figures wrong; what
    /// SQLite says.
    pub fn read(&self, connection: &Connection) -> Result<Figures, AggregateError> {
        let unread = |source| self.failed("read", source);
        let state = self.sound(connection)?;
        let progress = self.progress(connection).map_err(unread)?;
        let name = self.name.clone();
        let state = match (state, progress) {
            (Some(state), None) => state,
            (_, Some(progress)) => return Err(AggregateError::NotReady { name, progress }),
            (None, None) => return Err(AggregateError::Gone { name }),
        };
        Ok(Figures {
            rows: state.rows,
            values: self.values(connection).map_err(unread)?,
        })
    }

    /// How many rows have `value`, in the figure kept in `table`.
    ///
    /// # Errors
    /// As [`Aggregate::read`]; or that no rows are counted there.
    pub fn rows_with(
        &self,
        connection: &Connection,
        table: &str,
        value: &impl ToSql,
    ) -> Result<u64, AggregateError> {
        self.read(connection)?;
        let mut counting = self.figures.iter().filter(|figure| figure.counts_rows);
        if !counting.any(|figure| figure.table == table) {
            return Err(AggregateError::NoFigure {
                name: self.name.clone(),
                table: table.to_owned(),
            });
        }
        let sql = format!("SELECT rows FROM {} WHERE value = ?1", quoted(table));
        let rows = || {
            let mut select = connection.prepare_cached(&sql)?;
            select.query_row([value], |row| row.get(0)).optional()
        };
        let rows: Option<i64> = rows().map_err(|source| self.failed("read", source))?;
        Ok(rows.unwrap_or(0).unsigned_abs())
    }

    /// How far the rebuild is; `None` if it is done.
    fn progress(&self, connection: &Connection) -> rusqlite::Result<Option<Progress>> {
        let entry = if is_there(connection, "_async_migrations")? {
            ledger::entry_at::<serde_json::Value>(connection, &self.name)?
        } else {
            None
        };
        Ok(match entry {
            Some(entry) if entry.status == Status::Done => None,
            Some(entry) => Some(Progress {
                processed: entry.rows_processed,
                total: entry.rows_total,
            }),
            None => Some(Progress {
                processed: 0,
                total: 0,
            }),
        })
    }

    fn values(&self, connection: &Connection) -> rusqlite::Result<BTreeMap<String, u64>> {
        let sql = "SELECT tbl, found FROM _aggregate_values WHERE aggregate = ?1";
        let mut select = connection.prepare_cached(sql)?;
        let found = select.query_map([&self.name], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
        })?;
        found.collect()
    }
}
