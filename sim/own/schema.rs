//! What there is in a file: tables, their columns, and what tells their rows apart.

use rusqlite::Connection;

use crate::identifier::quoted;

/// What goes by the name of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A table with rows of its own.
    Table,
    /// A table that belongs to a virtual one.
    Shadow,
    /// A view.
    View,
    /// A virtual table.
    Virtual,
}

impl Kind {
    /// What it is, in words, with an article.
    pub(crate) const fn shown(self) -> &'static str {
        match self {
            Self::Table => "a table",
            Self::Shadow => "a part of a virtual table",
            Self::View => "a view",
            Self::Virtual => "a virtual table",
        }
    }
}

/// A table, or what goes by the name of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    without_rowid: bool,
}

/// Names under which a rowid goes, unless a column takes them.
const ROWID: [&str; 3] = ["rowid", "_rowid_", "oid"];

/// All of them, but for what is SQLite's own and the ledger's, by name.
pub(crate) fn tables(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let mut all = connection.prepare(
        "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'
           AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> '_async_migrations'
           AND name NOT LIKE '\\_backfill\\_scratch\\_%' ESCAPE '\\' ORDER BY name",
    )?;
    let rows = all.query_map([], |row| {
        let kind: String = row.get(1)?;
        Ok(Table {
            name: row.get(0)?,
            kind: match kind.as_str() {
                "view" => Kind::View,
                "virtual" => Kind::Virtual,
                "shadow" => Kind::Shadow,
                _ => Kind::Table,
            },
            without_rowid: row.get(2)?,
        })
    })?;
    rows.collect()
}

/// The columns of `table`, those of `SELECT *` and no others.
pub(super) fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut all =
        connection.prepare("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden <> 1")?;
    let rows = all.query_map([table], |row| row.get(0))?;
    rows.collect()
}

impl Table {
    /// Whether its rows are numbered.
    pub(super) const fn has_rowid(&self) -> bool {
        !self.without_rowid
    }

    /// What tells its rows apart, as SQL: the rowid or the primary key. `None` for a table whose
    /// columns have taken all names of the rowid.
    pub(super) fn identity(
        &self,
        connection: &Connection,
    ) -> rusqlite::Result<Option<Vec<String>>> {
        if self.has_rowid() {
            let columns = columns(connection, &self.name)?;
            let free = |name: &&&str| !columns.iter().any(|one| one.eq_ignore_ascii_case(name));
            return Ok(ROWID.iter().find(free).map(|&name| vec![name.to_owned()]));
        }
        let mut primary = connection
            .prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")?;
        let names = primary.query_map([&self.name], |row| row.get::<_, String>(0))?;
        let names: Vec<String> = names.collect::<Result<_, _>>()?;
        Ok(Some(names.iter().map(|name| quoted(name)).collect()))
    }
}

/// What else the schema says: type, name and SQL of everything that is neither SQLite's own nor the
/// ledger's.
pub(super) fn declarations(
    connection: &Connection,
) -> rusqlite::Result<Vec<(String, String, Option<String>)>> {
    let mut all = connection.prepare(
        "SELECT type, name, sql FROM sqlite_schema
         WHERE name NOT LIKE '%\\_async\\_migrations%' ESCAPE '\\' ORDER BY type, name",
    )?;
    let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.collect()
}

/// The triggers of `table`.
pub(super) fn has_triggers(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM sqlite_schema
               WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE";
    connection.query_row(sql, [table], |row| row.get::<_, i64>(0).map(|n| n > 0))
}
