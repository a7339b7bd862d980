//! Whether columns can carry a cursor.
//!
//! One column or several, they must say which row is meant, and SQLite must be able to seek among
//! them: a cursor of several columns is compared as a row value, which follows an index only as
//! long as that goes the same way in all of them.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _};

use super::job::JobError;

/// Columns of a table that are to say which row is meant.
pub(crate) struct KeyColumns<'a> {
    pub(crate) table: &'a str,
    /// The key as it was written.
    pub(crate) key: &'a str,
    pub(crate) columns: &'a [String],
}

/// A column of an index: its name if it is no expression, its collation, whether it goes down.
type IndexColumn = (Option<String>, String, bool);

/// What the schema says of a column.
struct Declared {
    kind: String,
    not_null: bool,
    /// Its place in the primary key, from 1; 0 outside of it.
    in_primary: i64,
    primary_columns: i64,
}

impl KeyColumns<'_> {
    /// The key must name exactly one row, and never be NULL: a cursor steps over NULLs, and cannot
    /// stop between rows that share a key. Reads the schema only.
    pub(super) fn check(&self, connection: &Connection) -> Result<(), JobError> {
        let [column] = self.columns else {
            return self.index(connection).map(drop);
        };
        let declared = self.declared(connection, column)?;
        if self.holds_rowid(connection, &declared) {
            return Ok(());
        }
        if !self.never_null(connection, &declared) {
            return Err(self.unfit("it may be NULL"));
        }
        if self.has_unique_index(connection, column) {
            Ok(())
        } else {
            Err(self.unfit("it is not unique by itself"))
        }
    }

    /// The name of the index of several columns: they must have one that is unique over exactly
    /// these, and that SQLite can seek in by all of them.
    pub(super) fn index(&self, connection: &Connection) -> Result<String, JobError> {
        for column in self.columns {
            let declared = self.declared(connection, column)?;
            let never_null =
                self.holds_rowid(connection, &declared) || self.never_null(connection, &declared);
            if !never_null {
                return Err(self.unfit("one of its columns may be NULL"));
            }
        }
        let mut reason = "there is no UNIQUE index over exactly these columns";
        for (name, index) in self.unique_indexes(connection)? {
            match self.misfit(connection, &index) {
                None => return Ok(name),
                Some(closer) => reason = closer.unwrap_or(reason),
            }
        }
        Err(self.unfit(reason))
    }

    /// `None` if the index can carry the cursor; else why not, if it is over these columns.
    fn misfit(
        &self,
        connection: &Connection,
        index: &[IndexColumn],
    ) -> Option<Option<&'static str>> {
        let over = |column: &String, (name, ..): &IndexColumn| {
            name.as_ref()
                .is_some_and(|name| name.eq_ignore_ascii_case(column))
        };
        let names = |columns: Vec<&str>| {
            let mut names: Vec<_> = columns.iter().map(|one| one.to_ascii_lowercase()).collect();
            names.sort();
            names
        };
        // An expression has no name, and is like no column.
        let indexed = index
            .iter()
            .map(|(name, ..)| name.as_deref().unwrap_or_default());
        let asked = self.columns.iter().map(String::as_str);
        if names(indexed.collect()) != names(asked.collect()) {
            return Some(None);
        }
        if !self
            .columns
            .iter()
            .zip(index)
            .all(|(column, it)| over(column, it))
        {
            return Some(Some("its columns are not in the order of their index"));
        }
        let compares = |(column, (_, collation, _)): (&String, &IndexColumn)| {
            self.collation(connection, column)
                .is_some_and(|own| own.eq_ignore_ascii_case(collation))
        };
        if !self.columns.iter().zip(index).all(compares) {
            return Some(Some(
                "its index compares them by another collation than the columns do",
            ));
        }
        let mixed = index.iter().any(|(.., down)| *down != index[0].2);
        mixed.then_some(Some(
            "its index goes up in one column and down in another, and SQLite cannot seek in that",
        ))
    }

    /// Every index that is unique over all rows, and its columns.
    fn unique_indexes(
        &self,
        connection: &Connection,
    ) -> Result<BTreeMap<String, Vec<IndexColumn>>, JobError> {
        let sql = "SELECT l.name, x.name, x.coll, x.\"desc\"
                   FROM pragma_index_list(?1) AS l, pragma_index_xinfo(l.name) AS x
                   WHERE l.\"unique\" AND NOT l.partial AND x.key ORDER BY l.name, x.seqno";
        let read = || {
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([self.table], |row| {
                Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?)))
            })?;
            let mut indexes: BTreeMap<String, Vec<IndexColumn>> = BTreeMap::new();
            for row in rows {
                let (index, column) = row?;
                indexes.entry(index).or_default().push(column);
            }
            Ok(indexes)
        };
        read().map_err(|source| JobError::Sql {
            sql: sql.to_owned(),
            source,
        })
    }

    /// The key must be the rowid: only then is its order the order in which rows are stored.
    pub(crate) fn check_storage_order(&self, connection: &Connection) -> Result<(), JobError> {
        let unfit = || self.unfit("it is not the rowid, so its order is not that of storage");
        let [column] = self.columns else {
            return Err(unfit());
        };
        let declared = self.declared(connection, column)?;
        if self.holds_rowid(connection, &declared) {
            Ok(())
        } else {
            Err(unfit())
        }
    }

    fn unfit(&self, reason: &'static str) -> JobError {
        JobError::Key {
            table: self.table.to_owned(),
            key: self.key.to_owned(),
            reason,
        }
    }

    fn declared(&self, connection: &Connection, column: &str) -> Result<Declared, JobError> {
        let sql = "SELECT type, \"notnull\", pk,
                     (SELECT count(*) FROM pragma_table_info(?1) WHERE pk > 0)
                   FROM pragma_table_info(?1) WHERE name = ?2 COLLATE NOCASE";
        connection
            .query_row(sql, [self.table, column], |row| {
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

    fn never_null(&self, connection: &Connection, declared: &Declared) -> bool {
        declared.not_null || (declared.in_primary > 0 && self.without_rowid(connection))
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
    fn has_unique_index(&self, connection: &Connection, column: &str) -> bool {
        let Some(collation) = self.collation(connection, column) else {
            return false;
        };
        let sql = "SELECT count(*) FROM pragma_index_list(?1) AS l
                   WHERE l.\"unique\" AND NOT l.partial
                     AND (SELECT count(*) FROM pragma_index_xinfo(l.name) WHERE key) = 1
                     AND (SELECT name = ?2 COLLATE NOCASE AND coll = ?3 COLLATE NOCASE
                          FROM pragma_index_xinfo(l.name) WHERE key)";
        let wanted = [self.table, column, &collation];
        connection
            .query_row(sql, wanted, |row| row.get::<_, i64>(0))
            .is_ok_and(|indexes| indexes > 0)
    }

    /// How a column compares its values.
    fn collation(&self, connection: &Connection, column: &str) -> Option<String> {
        let (_, collation, ..) = connection.column_metadata(None, self.table, column).ok()?;
        Some(collation?.to_string_lossy().into_owned())
    }
}
