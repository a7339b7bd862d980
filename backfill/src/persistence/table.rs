//! A table whose rows the store keeps, and what is said to SQLite about it.

use rusqlite::Connection;

use crate::identifier::quoted;

/// A table: `key` tells its rows apart, `columns` are all the others the store reads and writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    /// `?1` is the key: the columns.
    pub(super) select: String,
    /// `?1` is the key, `?2` and on the columns.
    pub(super) upsert: String,
    /// `?1` is the key.
    pub(super) delete: String,
    pub(super) history: History,
}

/// What is said about the table that has what the rows were before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct History {
    /// Creates it.
    create: String,
    pub(super) clear: String,
    /// `?1` is the key, `?2` a checkpoint: the row as it is, where nothing is known of it before.
    /// It goes by the key as it is given, as its versions do: the table may hold a text as a number.
    pub(super) anchor: String,
    /// `?1` is the key, `?2` the checkpoint, `?3` whether the row is gone, `?4` and on the columns.
    pub(super) insert: String,
    /// `?1` is the key, `?2` a checkpoint nobody goes back before.
    pub(super) prune: String,
    /// `?1` is a checkpoint: the keys of rows that changed after it.
    pub(super) changed_after: String,
    /// `?1` is the key, `?2` a checkpoint: whether the row was gone then, and its columns.
    pub(super) at: String,
    /// `?1` is a checkpoint.
    pub(super) forget_after: String,
}

/// A table of a store; of that store only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(pub(super) usize);

impl Table {
    /// The table `name`, whose rows are told apart by the column `key`, which has to be unique.
    /// Columns that are not named keep their defaults, and are not kept in the history.
    #[must_use]
    pub fn new(name: &str, key: &str, columns: &[&str]) -> Self {
        let (table, key) = (quoted(name), quoted(key));
        let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        let names: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
        let all = |first: &[&str]| {
            let first = first.iter().map(|name| (*name).to_owned());
            first
                .chain(names.iter().cloned())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let values = |count: usize| {
            let one = |number| format!("?{number}");
            (1..=count).map(one).collect::<Vec<_>>().join(", ")
        };
        let update: Vec<String> = names
            .iter()
            .map(|name| format!("{name} = excluded.{name}"))
            .collect();
        let on_conflict = if update.is_empty() {
            "NOTHING".to_owned()
        } else {
            format!("UPDATE SET {}", update.join(", "))
        };
        // A statement needs a column to select, and a table may have none but its key.
        let shown = all(&["1"]);
        Self {
            name: name.to_owned(),
            select: format!("SELECT {shown} FROM {table} WHERE {key} = ?1"),
            upsert: format!(
                "INSERT INTO {table}({}) VALUES ({}) ON CONFLICT({key}) DO {on_conflict}",
                all(&[&key]),
                values(1 + names.len()),
            ),
            delete: format!("DELETE FROM {table} WHERE {key} = ?1"),
            history: History::of(name, &table, &key, &names),
            columns,
        }
    }

    /// Checks that the table is there, with its columns and a unique key, and creates what belongs
    /// to it.
    ///
    /// # Errors
    /// What SQLite says to the statements that will be run.
    pub(super) fn prepare(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute_batch(&self.history.create)?;
        for sql in [&self.select, &self.upsert, &self.delete] {
            connection.prepare(sql)?;
        }
        Ok(())
    }

    /// What it is, in a line, so that another store of the same name is told apart.
    pub(super) fn described(&self) -> &str {
        &self.upsert
    }
}

impl History {
    fn of(name: &str, table: &str, key: &str, columns: &[String]) -> Self {
        let history = quoted(&format!("_history_{name}"));
        let listed: String = columns.iter().map(|column| format!(", {column}")).collect();
        let places: String = (4..4 + columns.len()).map(|n| format!(", ?{n}")).collect();
        Self {
            create: format!(
                "CREATE TABLE IF NOT EXISTS {history}(
                   {key} NOT NULL, _checkpoint INTEGER NOT NULL, _gone INTEGER NOT NULL{listed},
                   PRIMARY KEY({key}, _checkpoint)) WITHOUT ROWID"
            ),
            clear: format!("DELETE FROM {history}"),
            anchor: format!(
                "INSERT INTO {history}({key}, _checkpoint, _gone{listed})
                 SELECT ?1, ?2, 0{listed} FROM {table} WHERE {key} = ?1
                   AND NOT EXISTS (SELECT 1 FROM {history} WHERE {key} = ?1)"
            ),
            insert: format!(
                "INSERT OR REPLACE INTO {history}({key}, _checkpoint, _gone{listed})
                 VALUES (?1, ?2, ?3{places})"
            ),
            prune: format!(
                "DELETE FROM {history} WHERE {key} = ?1 AND _checkpoint <
                   (SELECT max(_checkpoint) FROM {history} WHERE {key} = ?1 AND _checkpoint <= ?2)"
            ),
            changed_after: format!("SELECT DISTINCT {key} FROM {history} WHERE _checkpoint > ?1"),
            at: format!(
                "SELECT _gone{listed} FROM {history} WHERE {key} = ?1 AND _checkpoint <= ?2
                 ORDER BY _checkpoint DESC LIMIT 1"
            ),
            forget_after: format!("DELETE FROM {history} WHERE _checkpoint > ?1"),
        }
    }
}
