//! The tables of an aggregate, and how far it is, where its triggers find it.
//!
//! The ledger has the cursor, too, for those who look at all backfills alike; the two are written
//! together. Should the ledger be lost, a run goes on from what is here.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::aggregate::{Aggregate, Kind};
use super::error::AggregateError;
use super::triggers;
use crate::dead_letter;
use crate::identifier::quoted;
use crate::ledger::{self, Cursor, Key, Order, Status};

/// How far an aggregate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    job: String,
    first_id: i64,
    last_id: i64,
    /// The last key that is done; `None` before the first chunk.
    done_id: Option<i64>,
    /// Rows that chunks have passed.
    passed: u64,
    /// Rows counted, whoever did.
    pub(super) rows: u64,
    /// The key of a row that was counted and is not what it was.
    changed_id: Option<i64>,
}

impl State {
    fn cursor(&self) -> Cursor {
        let (first, last) = (Key::Integer(self.first_id), Key::Integer(self.last_id));
        Cursor {
            after: self.done_id.map(Key::Integer),
            scanned: self.passed,
            ..Cursor::before(first, last, Order::Key)
        }
    }
}

impl Aggregate {
    /// How far it is; `None` before its first run.
    fn stored(&self, connection: &Connection) -> rusqlite::Result<Option<State>> {
        if !is_there(connection, "_aggregates")? {
            return Ok(None);
        }
        let sql = "SELECT job, first_id, last_id, done_id, passed, rows, changed_id
                   FROM _aggregates WHERE name = ?1";
        connection
            .prepare_cached(sql)?
            .query_row([&self.name], |row| {
                Ok(State {
                    job: row.get(0)?,
                    first_id: row.get(1)?,
                    last_id: row.get(2)?,
                    done_id: row.get(3)?,
                    passed: row.get::<_, i64>(4)?.unsigned_abs(),
                    rows: row.get::<_, i64>(5)?.unsigned_abs(),
                    changed_id: row.get(6)?,
                })
            })
            .optional()
    }

    /// How far it is, if that can be relied on.
    pub(super) fn sound(&self, connection: &Connection) -> Result<Option<State>, AggregateError> {
        let unread = |source| self.failed("read", source);
        let (name, table) = (self.name.clone(), self.table.clone());
        let Some(state) = self.stored(connection).map_err(unread)? else {
            return Ok(None);
        };
        if state.job != self.described() {
            return Err(AggregateError::Other {
                name,
                was: state.job,
                wanted: self.described(),
            });
        }
        if let Some(id) = state.changed_id {
            return Err(AggregateError::Changed { name, table, id });
        }
        if !triggers::watch(connection, self).map_err(unread)? {
            return Err(AggregateError::Unwatched { name, table });
        }
        Ok(Some(state))
    }

    /// Whether it can be begun, or gone on with. Reads only.
    pub(super) fn check(&self, connection: &Connection) -> Result<(), AggregateError> {
        if self.sound(connection)?.is_some() {
            return Ok(());
        }
        let unread = |source| self.failed("read", source);
        if self.was_begun(connection).map_err(unread)? {
            let name = self.name.clone();
            return Err(AggregateError::Gone { name });
        }
        for figure in &self.figures {
            let table = figure.table.clone();
            if !is_there(connection, &table).map_err(unread)? {
                continue;
            }
            let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", quoted(&table));
            let filled = connection.query_row(&sql, [], |row| row.get(0));
            if filled.map_err(unread)? {
                return Err(AggregateError::NotEmpty { table });
            }
        }
        Ok(())
    }

    /// Whether the ledger says that a run of this very aggregate had begun.
    fn was_begun(&self, connection: &Connection) -> rusqlite::Result<bool> {
        // A ledger without its newest column was made before there were aggregates.
        let sql = "SELECT count(*) FROM pragma_table_info('_async_migrations') WHERE name = 'turn'";
        if connection.query_row(sql, [], |row| row.get::<_, i64>(0))? == 0 {
            return Ok(false);
        }
        let entry = ledger::entry_at::<serde_json::Value>(connection, &self.name)?;
        Ok(entry.is_some_and(|entry| {
            let begun = entry.cursor.is_some() || entry.status == Status::Done;
            begun && entry.job.is_some_and(|job| job == self.described())
        }))
    }

    /// Creates tables and triggers with the bound up to which chunks count, or finds them there;
    /// where to go on, or `None` where the source is empty and all is left to the triggers.
    pub(super) fn prepare(&self, connection: &Connection) -> rusqlite::Result<Option<Cursor>> {
        if let Some(state) = self.stored(connection)? {
            return Ok(Some(state.cursor()));
        }
        dead_letter::ensure(connection)?;
        self.create_tables(connection)?;
        triggers::create(connection, self)?;
        let (table, key) = (quoted(&self.table), quoted(&self.key));
        // min() and max() side by side would scan the table; SQLite seeks only for one alone.
        let bounds = format!(
            "SELECT (SELECT min(s.{key}) FROM {table} AS s),
                    (SELECT max(s.{key}) FROM {table} AS s)"
        );
        let (first, last): (Option<i64>, Option<i64>) =
            connection.query_row(&bounds, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        // Of an empty table everything is done, up to any key: whatever comes is for the triggers.
        let (first_id, last_id) = (first.unwrap_or(0), last.unwrap_or(0));
        let done_id = last.is_none().then_some(last_id);
        connection.execute(
            "INSERT INTO _aggregates(name, job, first_id, last_id, done_id, passed, rows)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, 0)",
            params![self.name, self.described(), first_id, last_id, done_id],
        )?;
        for figure in &self.figures {
            connection.execute(
                "INSERT INTO _aggregate_values(aggregate, tbl, found) VALUES (?1, ?2, 0)",
                [&self.name, &figure.table],
            )?;
        }
        let state = self.stored(connection)?;
        Ok(state.filter(|_| last.is_some()).map(|state| state.cursor()))
    }

    fn create_tables(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS _aggregates(
               name TEXT PRIMARY KEY, job TEXT NOT NULL,
               first_id INTEGER NOT NULL, last_id INTEGER NOT NULL, done_id INTEGER,
               passed INTEGER NOT NULL, rows INTEGER NOT NULL,
               again_id INTEGER, changed_id INTEGER) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS _aggregate_values(
               aggregate TEXT NOT NULL, tbl TEXT NOT NULL, found INTEGER NOT NULL,
               PRIMARY KEY(aggregate, tbl)) WITHOUT ROWID;",
        )?;
        for figure in &self.figures {
            let kind = match figure.column.kind {
                Kind::Integer => "INTEGER",
                Kind::Text { .. } => "TEXT",
            };
            let rows = if figure.counts_rows {
                ", rows INTEGER NOT NULL"
            } else {
                ""
            };
            connection.execute_batch(&format!(
                "CREATE TABLE IF NOT EXISTS {}(
                   value {kind} NOT NULL PRIMARY KEY{rows}) WITHOUT ROWID",
                quoted(&figure.table)
            ))?;
        }
        Ok(())
    }

    /// Notes that chunks have come from `from` to `to`, and counted `rows` more, in figures' tables
    /// `found` more values.
    pub(super) fn advance(
        &self,
        connection: &Connection,
        (from, to): (Option<i64>, i64),
        (passed, rows): (u64, u64),
        found: &[(&str, u64)],
    ) -> rusqlite::Result<()> {
        let moved = connection
            .prepare_cached(
                "UPDATE _aggregates SET done_id = ?3, passed = ?4, rows = rows + ?5
                 WHERE name = ?1 AND done_id IS ?2",
            )?
            .execute(params![
                self.name,
                from,
                to,
                passed.cast_signed(),
                rows.cast_signed()
            ])?;
        if moved != 1 {
            let (name, after) = (self.name.clone(), from);
            return Err(AggregateError::Moved { name, after }.into());
        }
        let mut add = connection.prepare_cached(
            "UPDATE _aggregate_values SET found = found + ?3 WHERE aggregate = ?1 AND tbl = ?2",
        )?;
        for (table, values) in found {
            add.execute(params![self.name, table, values.cast_signed()])?;
        }
        Ok(())
    }

    /// Drops its tables and triggers, and what the ledger and the dead letters have of it: as if it
    /// had never been. A run under way ends with its next chunk. To be called in a write
    /// transaction, which takes as long as it takes to delete the tables; the next run starts from
    /// nothing.
    ///
    /// # Errors
    /// What SQLite says; then nothing may be committed.
    pub fn forget(&self, connection: &Connection) -> Result<(), AggregateError> {
        self.drop_all(connection)
            .map_err(|source| self.failed("forgotten", source))
    }

    fn drop_all(&self, connection: &Connection) -> rusqlite::Result<()> {
        triggers::drop(connection, self)?;
        // Those it has made or taken over, whatever it is now: others are not its own.
        for table in self.taken_tables(connection)? {
            let table = quoted(&table);
            connection.execute_batch(&format!("DROP TABLE IF EXISTS {table}"))?;
        }
        for (table, column) in [
            ("_aggregates", "name"),
            ("_aggregate_values", "aggregate"),
            ("_dead_letters", "store"),
            ("_async_migrations", "name"),
        ] {
            if is_there(connection, table)? {
                let sql = format!("DELETE FROM {table} WHERE {column} = ?1");
                connection.execute(&sql, [&self.name])?;
            }
        }
        Ok(())
    }

    fn taken_tables(&self, connection: &Connection) -> rusqlite::Result<Vec<String>> {
        if !is_there(connection, "_aggregate_values")? {
            return Ok(Vec::new());
        }
        let sql = "SELECT tbl FROM _aggregate_values WHERE aggregate = ?1";
        let mut taken = connection.prepare(sql)?;
        let tables = taken.query_map([&self.name], |row| row.get(0))?;
        tables.collect()
    }

    pub(super) fn failed(&self, action: &'static str, source: rusqlite::Error) -> AggregateError {
        AggregateError::Database {
            name: self.name.clone(),
            action,
            source,
        }
    }
}

/// Whether there is such a table. What a connection remembers of the schema may be older than a
/// table that another one has made, so SQLite is made to look.
pub(super) fn is_there(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type IN ('table', 'view')
               AND name = ?1 COLLATE NOCASE";
    let mut select = connection.prepare_cached(sql)?;
    select.query_row([table], |row| Ok(row.get::<_, i64>(0)? > 0))
}
