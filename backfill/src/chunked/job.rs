//! What to backfill: a table, its key, which rows, and what to put there.

use rusqlite::{Connection, OptionalExtension as _};

use super::fragment::{self, FragmentError};
use super::plan::Plan;

/// A column backfill, as SQL.
///
/// The assignment must come to the same when it is run twice on a row, and must not take back what
/// the live path wrote meanwhile: prefer `last_seen = max(last_seen, …)` to `last_seen = …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub(super) name: String,
    pub(super) table: String,
    pub(super) key: String,
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
         name an INTEGER PRIMARY KEY or a NOT NULL column with a UNIQUE index of its own"
    )]
    Key {
        /// The table.
        table: String,
        /// The key.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// SQLite does not accept the statement made from the job.
    #[error("SQLite does not accept the job: {source}\n{sql}")]
    Sql {
        /// The statement.
        sql: String,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

impl Job {
    /// The backfill `name`: in every row of `table` for which `eligible` holds, in the order of
    /// `key`, do `set`.
    ///
    /// `eligible` and `set` are SQL, as they would stand after `WHERE` and `SET`.
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

    /// Checks the job against the database: the key says which row is meant, and SQLite accepts
    /// every statement the job leads to. Reads the schema only.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self, connection: &Connection) -> Result<(), JobError> {
        self.check_key(connection)?;
        let plan = Plan::of(self);
        for sql in plan.statements() {
            connection.prepare(sql).map_err(|source| JobError::Sql {
                sql: sql.to_owned(),
                source,
            })?;
        }
        Ok(())
    }

    /// The key must name exactly one row, and never be NULL: a cursor steps over NULLs, and cannot
    /// stop between rows that share a key.
    fn check_key(&self, connection: &Connection) -> Result<(), JobError> {
        let no_key = |reason| JobError::Key {
            table: self.table.clone(),
            key: self.key.clone(),
            reason,
        };
        let sql = "SELECT type, \"notnull\", pk,
                     (SELECT count(*) FROM pragma_table_info(?1) WHERE pk > 0)
                   FROM pragma_table_info(?1) WHERE name = ?2 COLLATE NOCASE";
        let column: Option<(String, bool, i64, i64)> = connection
            .query_row(sql, [&self.table, &self.key], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()
            .map_err(|source| JobError::Sql {
                sql: sql.to_owned(),
                source,
            })?;
        let (kind, not_null, pk, key_columns) =
            column.ok_or_else(|| no_key("there is no such table or column"))?;
        let sole_primary = pk == 1 && key_columns == 1;
        let integer = kind.eq_ignore_ascii_case("INTEGER");
        if sole_primary && integer && !self.has_primary_index(connection) {
            return Ok(());
        }
        let never_null = not_null || (pk > 0 && self.without_rowid(connection));
        if !never_null {
            return Err(no_key("it may be NULL"));
        }
        if self.has_unique_index(connection) {
            Ok(())
        } else {
            Err(no_key("it is not unique by itself"))
        }
    }

    /// A rowid needs no index of its own. An `INTEGER PRIMARY KEY DESC` has one: it is no rowid,
    /// and may be NULL like any other primary key.
    fn has_primary_index(&self, connection: &Connection) -> bool {
        let sql = "SELECT count(*) FROM pragma_index_list(?1) WHERE origin = 'pk'";
        connection
            .query_row(sql, [&self.table], |row| row.get::<_, i64>(0))
            .is_ok_and(|indexes| indexes > 0)
    }

    /// A WITHOUT ROWID table refuses NULL in its primary key without saying so in the schema.
    fn without_rowid(&self, connection: &Connection) -> bool {
        let sql = "SELECT wr FROM pragma_table_list WHERE name = ?1 COLLATE NOCASE";
        connection
            .query_row(sql, [&self.table], |row| row.get(0))
            .unwrap_or(false)
    }

    /// The index must compare keys as the column does: keys that are different for the one and
    /// equal for the other would be torn apart at a chunk's edge.
    fn has_unique_index(&self, connection: &Connection) -> bool {
        let Ok((_, Some(collation), ..)) =
            connection.column_metadata(None, self.table.as_str(), self.key.as_str())
        else {
            return false;
        };
        let sql = "SELECT count(*) FROM pragma_index_list(?1) AS l
                   WHERE l.\"unique\" AND NOT l.partial
                     AND (SELECT count(*) FROM pragma_index_xinfo(l.name) WHERE key) = 1
                     AND (SELECT name = ?2 COLLATE NOCASE AND coll = ?3 COLLATE NOCASE
                          FROM pragma_index_xinfo(l.name) WHERE key)";
        let wanted = [
            self.table.as_str(),
            self.key.as_str(),
            &collation.to_string_lossy(),
        ];
        connection
            .query_row(sql, wanted, |row| row.get::<_, i64>(0))
            .is_ok_and(|indexes| indexes > 0)
    }
}
