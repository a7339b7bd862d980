//! What to backfill: a table, its key, which rows, and what to put there.

use rusqlite::Connection;

use super::fragment::{self, FragmentError};
use super::key::KeyColumns;
use super::plan::Plan;
use crate::aggregate::AggregateError;
use crate::identifier::quoted;
use crate::ledger::Order;

/// A column backfill, as SQL.
///
/// The assignment must come to the same when it is run twice on a row, and must not take back what
/// the live path wrote meanwhile: prefer `last_seen = max(last_seen, …)` to `last_seen = …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub(super) name: String,
    pub(super) table: String,
    /// The key as it was written.
    pub(super) key: String,
    /// The columns that it names.
    pub(super) columns: Vec<String>,
    pub(super) eligible: String,
    pub(super) set: String,
}

/// Why a job cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// A name is missing.
    #[error("`{field}` is empty")]
    Empty {
        /// Which.
        field: &'static str,
    },
    /// A piece of SQL would break out of its place.
    #[error("`{field}` {source}: {sql}")]
    Fragment {
        /// Which.
        field: &'static str,
        /// The piece.
        sql: String,
        /// Why.
        source: FragmentError,
    },
    /// The table has no such key, or it does not say which row is meant.
    #[error(
        "`{key}` is no usable key of `{table}`: {reason}; \
         name an INTEGER PRIMARY KEY, or NOT NULL columns with a UNIQUE index over exactly these"
    )]
    Key {
        /// The table.
        table: String,
        /// The key.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An earlier run went through the rows in another order, and its cursor means nothing here.
    #[error(
        "an earlier run of this name went in {was}, and its cursor means nothing in {wanted}; \
         finish it as it was begun, or delete its entry in _async_migrations to start over"
    )]
    OtherOrder {
        /// How the earlier run went.
        was: Order,
        /// How this one is to go.
        wanted: Order,
    },
    /// An earlier run of this name did something else, and its cursor speaks of that.
    #[error(
        "an earlier run of this name did something else; give this one a name of its own, or \
         delete the entry in _async_migrations to start over\n  it was: {was}\n  now it is: {wanted}"
    )]
    OtherJob {
        /// What the earlier run did.
        was: String,
        /// What this one is to do.
        wanted: String,
    },
    /// SQLite does not accept the statement made from the job.
    #[error("SQLite does not accept the job: {source}\n{sql}")]
    Sql {
        /// The statement.
        sql: String,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The tables of an aggregate are not what it needs.
    #[error(transparent)]
    Aggregate(#[from] AggregateError),
}

impl Job {
    /// The backfill `name`: in every row of `table` for which `eligible` holds, in the order of
    /// `key`, do `set`.
    ///
    /// `eligible` and `set` are SQL, as they would stand after `WHERE` and `SET`. `key` is a
    /// column, or several with commas between, in the order of their index: `order_id, line`. A
    /// name with a comma in it, or a quote at its start, stands in quotes, as in SQL.
    ///
    /// # Errors
    /// If a part is empty or would break out of the statement it is put into.
    pub fn new(
        name: &str,
        table: &str,
        key: &str,
        eligible: &str,
        set: &str,
    ) -> Result<Self, JobError> {
        for (field, text) in [("name", name), ("table", table), ("key", key)] {
            if text.trim().is_empty() {
                return Err(JobError::Empty { field });
            }
            if text.contains('\0') {
                return Err(JobError::Fragment {
                    field,
                    sql: text.to_owned(),
                    source: FragmentError::Nul,
                });
            }
        }
        for (field, sql) in [("eligible", eligible), ("set", set)] {
            fragment::check(sql).map_err(|source| JobError::Fragment {
                field,
                sql: sql.to_owned(),
                source,
            })?;
        }
        Ok(Self {
            name: name.to_owned(),
            table: table.to_owned(),
            columns: key_columns(key)?,
            key: key.to_owned(),
            eligible: eligible.to_owned(),
            set: set.to_owned(),
        })
    }

    /// The name it has in the ledger.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it does, as one statement over all rows; with the order it goes by, because a cursor
    /// means nothing in another.
    #[must_use]
    pub fn sql(&self) -> String {
        let (table, set, eligible) = (quoted(&self.table), &self.set, &self.eligible);
        let columns = self.columns.iter().map(|column| quoted(column));
        let key = columns.collect::<Vec<_>>().join(", ");
        format!("UPDATE {table} SET {set}\n WHERE (\n{eligible}\n) ORDER BY {key}")
    }

    /// The columns of its key, in the key's order, without quotes.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Checks the job against the database: the key says which row is meant, and SQLite accepts
    /// every statement the job leads to. Reads the schema only.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self, connection: &Connection) -> Result<(), JobError> {
        self.key_columns().check(connection)?;
        check_statements(connection, &Plan::of(self).statements(connection)?)
    }

    pub(super) fn key_columns(&self) -> KeyColumns<'_> {
        KeyColumns {
            table: &self.table,
            key: &self.key,
            columns: &self.columns,
        }
    }
}

/// The columns that `key` names, as [`Job::new`] reads it: names as SQL writes them, with commas
/// between.
///
/// # Errors
/// If it is no list of names.
pub fn key_columns(key: &str) -> Result<Vec<String>, JobError> {
    fragment::names(key).map_err(|source| JobError::Fragment {
        field: "key",
        sql: key.to_owned(),
        source,
    })
}

/// Checks that SQLite accepts every statement.
pub(super) fn check_statements(
    connection: &Connection,
    statements: &[&str],
) -> Result<(), JobError> {
    for sql in statements {
        connection.prepare(sql).map_err(|source| JobError::Sql {
            sql: (*sql).to_owned(),
            source,
        })?;
    }
    Ok(())
}
