//! The tables that items change, and what is in them before the first.

use backfill::persistence::{Row, Table};
use rusqlite::types::{ToSql, Value};
use rusqlite::{Connection, params_from_iter};

use super::items::BALANCE_MOST;
use super::scenario::Model;

/// Columns of an account beside its id.
pub(super) const ACCOUNT: [&str; 4] = ["balance", "moves", "price", "note"];
/// Columns of a move beside its id.
pub(super) const MOVE: [&str; 2] = ["account", "amount"];

/// The tables, as a store is told of them.
pub(super) fn accounts() -> Table {
    Table::new("accounts", "id", &ACCOUNT)
}

/// The same.
pub(super) fn moves() -> Table {
    Table::new("moves", "id", &MOVE)
}

/// The accounts that are there before the first item.
pub(super) fn opened(model: &Model) -> impl Iterator<Item = (i64, Row)> {
    let items = &model.items;
    let count = libm::round(items.opened_share * items.accounts as f64) as i64;
    let note = "-".repeat(items.note_bytes as usize);
    (1..=count).map(move |id| {
        let row = Row::new([
            Value::Integer(0),
            Value::Integer(0),
            Value::Null,
            Value::Text(note.clone()),
        ]);
        (id, row)
    })
}

/// Creates the tables and fills them. A text with a NUL is longer than it says.
pub(super) fn create(connection: &Connection, model: &Model) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "CREATE TABLE accounts(
           id INTEGER PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance < {BALANCE_MOST}),
           moves INTEGER NOT NULL, price TEXT,
           note TEXT NOT NULL CHECK (length(note) = length(CAST(note AS BLOB))));
         CREATE TABLE moves(
           id INTEGER PRIMARY KEY, account INTEGER NOT NULL, amount INTEGER NOT NULL);
         BEGIN"
    ))?;
    let mut insert = connection.prepare("INSERT INTO accounts VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (id, row) in opened(model) {
        let first: [&dyn ToSql; 1] = [&id];
        let columns = row.values().iter().map(|value| value as &dyn ToSql);
        insert.execute(params_from_iter(first.into_iter().chain(columns)))?;
    }
    connection.execute_batch("COMMIT")?;
    // Ends with an error where there is no log, which is as good.
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    Ok(())
}
