//! A column that holds the largest of what another table says about its row.
//!
//! Knowing that the value is a maximum makes more ways possible than SQL for a row alone does: a
//! maximum can be made of parts, in any order, and written late with a guard, because a value that
//! has become too small meanwhile is no larger than what is there.

use rusqlite::Connection;

use super::job::{self, Job, JobError};
use super::key::KeyColumns;
use crate::identifier::quoted;

/// In every row of `table` that rows of `source` refer to, `column` becomes at least the largest
/// `value` of those; it is never made smaller.
///
/// Rows of `source` that come after the start belong to the live path: whoever inserts them raises
/// `column` in the same transaction. `column` and `value` hold values of one type.
///
/// Where reading and writing are apart ([`Shape::TwoPhase`], [`Shape::StorageOrder`]), what was
/// read must still be so when it is written, or too small: meanwhile keys are not used again
/// (`AUTOINCREMENT`), and rows of `source` are not moved to another key or given a smaller value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollup {
    /// The name it has in the ledger.
    pub name: String,
    /// The table that is filled.
    pub table: String,
    /// Its key: one column, because `refers` is one. In quotes where a [`Job`]'s would be.
    pub key: String,
    /// The column that is filled. NULL counts as less than any value.
    pub column: String,
    /// The table the values come from.
    pub source: String,
    /// Its key; for [`Shape::StorageOrder`] its rowid.
    pub source_key: String,
    /// What of it refers to `key`.
    pub refers: String,
    /// Of what the maximum is taken.
    pub value: String,
}

/// How a rollup is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// One UPDATE per chunk of keys, which reads and writes under the writer's lock.
    #[default]
    InPlace,
    /// The maxima of a chunk of keys are read first, then written in a transaction that does
    /// nothing else. Writers, and readers that share the writer's connection, wait for the write
    /// only.
    TwoPhase,
    /// `source` is read once as it is stored, in steps, and the maxima are written at the end.
    /// Where there is no index on (`refers`, `value`), the other shapes read a page at a random
    /// place for nearly every row of `source`; this one reads each page once. Keys and values must
    /// be integers.
    StorageOrder,
}

impl Rollup {
    /// As one UPDATE per chunk.
    ///
    /// # Errors
    /// If a name is empty.
    pub fn in_place(&self) -> Result<Job, JobError> {
        self.check_names()?;
        let key = quoted(&self.key_column()?);
        let [table, column, source, refers, value] = [
            &self.table,
            &self.column,
            &self.source,
            &self.refers,
            &self.value,
        ]
        .map(|name| quoted(name));
        let largest =
            format!("(SELECT max(o.{value}) FROM {source} AS o WHERE o.{refers} = {table}.{key})");
        Job::new(
            &self.name,
            &self.table,
            &self.key,
            &format!("EXISTS (SELECT 1 FROM {source} AS o WHERE o.{refers} = {table}.{key})"),
            // max() of two is NULL if either is.
            &format!("{column} = coalesce(max({column}, {largest}), {column}, {largest})"),
        )
    }

    fn check_names(&self) -> Result<(), JobError> {
        for (field, name) in [
            ("name", &self.name),
            ("table", &self.table),
            ("key", &self.key),
            ("column", &self.column),
            ("source", &self.source),
            ("source_key", &self.source_key),
            ("refers", &self.refers),
            ("value", &self.value),
        ] {
            if name.trim().is_empty() {
                return Err(JobError::Empty { field });
            }
        }
        Ok(())
    }

    /// The name of the key's one column.
    pub(super) fn key_column(&self) -> Result<String, JobError> {
        let [column] =
            <[String; 1]>::try_from(job::key_columns(&self.key)?).map_err(|_| JobError::Key {
                table: self.table.clone(),
                key: self.key.clone(),
                reason: "a rollup goes by one column, which another table refers to",
            })?;
        Ok(column)
    }

    /// Checks names and keys against the database, for `shape`. Reads the schema only.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self, connection: &Connection, shape: Shape) -> Result<(), JobError> {
        self.check_names()?;
        let key = [self.key_column()?];
        let target = KeyColumns {
            table: &self.table,
            key: &self.key,
            columns: &key,
        };
        let source = KeyColumns {
            table: &self.source,
            key: &self.source_key,
            columns: std::slice::from_ref(&self.source_key),
        };
        if shape == Shape::StorageOrder {
            target.check_storage_order(connection)?;
            source.check_storage_order(connection)
        } else {
            target.check(connection)
        }
    }
}
