//! What is in a database: its own tables, with what can be asked of them cheaply.

use rusqlite::Connection;

use super::name;
use crate::own::{self, Kind};

/// Rows are counted up to here: what is larger is large.
pub(super) const COUNTED_MOST: u64 = 1_000_000;

/// A table with rows of its own: no view, no virtual table, nothing that SQLite or a backfill
/// keeps.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: String,
    /// How many rows it has, up to [`COUNTED_MOST`].
    pub(super) rows: u64,
    pub(super) columns: Vec<Column>,
    /// Indexes over plain columns and all rows, in a fixed order.
    pub(super) indexes: Vec<Index>,
    /// Columns that refer to another table, and which.
    pub(super) references: Vec<(String, String)>,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    /// Its type as it is declared.
    pub(super) kind: String,
    pub(super) not_null: bool,
    /// Its place in the primary key, from 1; 0 outside of it.
    pub(super) in_primary: i64,
    pub(super) generated: bool,
}

/// An index over plain columns and all rows.
#[derive(Clone, Debug)]
pub(super) struct Index {
    pub(super) columns: Vec<String>,
    pub(super) unique: bool,
}

impl Table {
    /// The columns of the primary key, in its order.
    pub(super) fn primary(&self) -> Vec<String> {
        let mut columns: Vec<&Column> = self.columns.iter().filter(|c| c.in_primary > 0).collect();
        columns.sort_by_key(|column| column.in_primary);
        columns
            .into_iter()
            .map(|column| column.name.clone())
            .collect()
    }

    /// The column that is the rowid, if one is: it needs no index.
    pub(super) fn rowid(&self) -> Option<&str> {
        let mut primary = self.columns.iter().filter(|column| column.in_primary > 0);
        let (Some(only), None) = (primary.next(), primary.next()) else {
            return None;
        };
        let indexed = self
            .indexes
            .iter()
            .any(|index| index.columns == [only.name.clone()]);
        (only.kind.eq_ignore_ascii_case("INTEGER") && !indexed).then_some(only.name.as_str())
    }
}

/// All tables with rows of their own, the largest first.
pub(super) fn tables(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let own = own::tables(connection)?.into_iter();
    let own = own.filter(|table| table.kind == Kind::Table);
    let mut tables = own
        .map(|own| table(connection, own.name))
        .collect::<rusqlite::Result<Vec<_>>>()?;
    tables.sort_by_key(|table| std::cmp::Reverse(table.rows));
    Ok(tables)
}

/// What `name` is, if it is no table with rows of its own: a view, a virtual table.
pub(super) fn kind_of(connection: &Connection, name: &str) -> rusqlite::Result<Option<Kind>> {
    let mut all = own::tables(connection)?.into_iter();
    let found = all.find(|table| table.name.eq_ignore_ascii_case(name));
    Ok(found.map(|table| table.kind))
}

fn table(connection: &Connection, name: String) -> rusqlite::Result<Table> {
    let count = format!(
        "SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {COUNTED_MOST})",
        name::sql(&name)
    );
    let rows: i64 = connection.query_row(&count, [], |row| row.get(0))?;
    let mut statement = connection.prepare(
        "SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?1) ORDER BY cid",
    )?;
    let columns = statement.query_map([&name], |row| {
        Ok(Column {
            name: row.get(0)?,
            kind: row.get(1)?,
            not_null: row.get(2)?,
            in_primary: row.get(3)?,
            generated: row.get::<_, i64>(4)? != 0,
        })
    })?;
    let columns = columns.collect::<rusqlite::Result<_>>()?;
    let mut statement = connection
        .prepare("SELECT \"from\", \"table\" FROM pragma_foreign_key_list(?1) ORDER BY id, seq")?;
    let references = statement.query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let references = references.collect::<rusqlite::Result<_>>()?;
    Ok(Table {
        rows: rows.unsigned_abs(),
        columns,
        indexes: indexes(connection, &name)?,
        references,
        name,
    })
}

fn indexes(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Index>> {
    let mut statement = connection.prepare(
        "SELECT name, \"unique\" FROM pragma_index_list(?1) WHERE NOT partial ORDER BY seq DESC",
    )?;
    let found = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found = found.collect::<rusqlite::Result<Vec<(String, bool)>>>()?;
    let mut indexes = Vec::new();
    for (index, unique) in found {
        let mut statement =
            connection.prepare("SELECT name FROM pragma_index_info(?1) ORDER BY seqno")?;
        let columns = statement.query_map([&index], |row| row.get(0))?;
        let columns = columns.collect::<rusqlite::Result<Vec<Option<String>>>>()?;
        // An expression has no name, and what stands behind it orders nothing.
        let plain: Vec<String> = columns.iter().map_while(Clone::clone).collect();
        if !plain.is_empty() {
            indexes.push(Index {
                unique: unique && plain.len() == columns.len(),
                columns: plain,
            });
        }
    }
    Ok(indexes)
}
