//! Whether a column can carry a cursor.

use rusqlite::{Connection, OptionalExtension as _};

use super::job::JobError;

/// A column of a table that is to say which row is meant.
pub(super) struct KeyColumn<'a> {
    pub(super) table: &'a str,
    pub(super) key: &'a str,
}

/// What the schema says of a column.
struct Declared {
    kind: String,
    not_null: bool,
    /// Its place in the primary key, from 1; 0 outside of it.
    in_primary: i64,
    primary_columns: i64,
}

impl KeyColumn<'_> {
    /// The key must name exactly one row, and never be NULL: a cursor steps over NULLs, and cannot
    /// stop between rows that share a key. Reads the schema only.
    pub(super) fn check(&self, connection: &Connection) -> Result<(), JobError> {
        let declared = self.declared(connection)?;
        if self.holds_rowid(connection, &declared) {
            return Ok(());
        }
        let never_null =
            declared.not_null || (declared.in_primary > 0 && self.without_rowid(connection));
        if !never_null {
            return Err(self.unfit("it may be NULL"));
        }
        if self.has_unique_index(connection) {
            Ok(())
        } else {
            Err(self.unfit("it is not unique by itself"))
        }
    }

    /// The key must be the rowid: only then is its order the order in which rows are stored.
    pub(super) fn check_storage_order(&self, connection: &Connection) -> Result<(), JobError> {
        let declared = self.declared(connection)?;
        if self.holds_rowid(connection, &declared) {
            Ok(())
        } else {
            Err(self.unfit("it is not the rowid, so its order is not that of storage"))
        }
    }

    fn unfit(&self, reason: &'static str) -> JobError {
        JobError::Key {
            table: self.table.to_owned(),
            key: self.key.to_owned(),
            reason,
        }
    }

    fn declared(&self, connection: &Connection) -> Result<Declared, JobError> {
        let sql = "SELECT type, \"notnull\", pk,
                     (SELECT count(*) FROM pragma_table_info(?1) WHERE pk > 0)
                   FROM pragma_table_info(?1) WHERE name = ?2 COLLATE NOCASE";
        connection
            .query_row(sql, [self.table, self.key], |row| {
                Ok(Declared {
                    kind: row.get(0)?,
                    not_null: row.get(1)?,
                    in_primary: row.get(2)?,
                    primary_columns: row.get(3)?,
                })
            })
            .optional()
            .map_err(|source| JobError::Sql {
                sql: sql.to_owned(),
                source,
            })?
            .ok_or_else(|| self.unfit("there is no such table or column"))
    }

    fn holds_rowid(&self, connection: &Connection, declared: &Declared) -> bool {
        let sole_primary = declared.in_primary == 1 && declared.primary_columns == 1;
        let integer = declared.kind.eq_ignore_ascii_case("INTEGER");
        sole_primary
            && integer
            && !self.has_primary_index(connection)
            && !self.without_rowid(connection)
    }

    /// A rowid needs no index of its own. An `INTEGER PRIMARY KEY DESC` has one: it is no rowid,
    /// and may be NULL like any other primary key.
    fn has_primary_index(&self, connection: &Connection) -> bool {
        let sql = "SELECT count(*) FROM pragma_index_list(?1) WHERE origin = 'pk'";
        connection
            .query_row(sql, [self.table], |row| row.get::<_, i64>(0))
            .is_ok_and(|indexes| indexes > 0)
    }

    /// A WITHOUT ROWID table refuses NULL in its primary key without saying so in the schema.
    fn without_rowid(&self, connection: &Connection) -> bool {
        let sql = "SELECT wr FROM pragma_table_list WHERE name = ?1 COLLATE NOCASE";
        connection
            .query_row(sql, [self.table], |row| row.get(0))
            .unwrap_or(false)
    }

    /// The index must compare keys as the column does: keys that are different for the one and
    /// equal for the other would be torn apart at a chunk's edge.
    fn has_unique_index(&self, connection: &Connection) -> bool {
        let Ok((_, Some(collation), ..)) = connection.column_metadata(None, self.table, self.key)
        else {
            return false;
        };
        let sql = "SELECT count(*) FROM pragma_index_list(?1) AS l
                   WHERE l.\"unique\" AND NOT l.partial
                     AND (SELECT count(*) FROM pragma_index_xinfo(l.name) WHERE key) = 1
                     AND (SELECT name = ?2 COLLATE NOCASE AND coll = ?3 COLLATE NOCASE
                          FROM pragma_index_xinfo(l.name) WHERE key)";
        let wanted = [self.table, self.key, &collation.to_string_lossy()];
        connection
            .query_row(sql, wanted, |row| row.get::<_, i64>(0))
            .is_ok_and(|indexes| indexes > 0)
    }
}
