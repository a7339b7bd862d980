//! Who writes behind a plain store, and what it says to SQLite.

use std::sync::Arc;
use std::time::Duration;

use backfill::database::{Database, DatabaseError};
use backfill::ledger::{self, Start, Status, Turn};
use backfill::persistence::{Checkpoint, Id, Keep, Position, Resumed, Row, STORE_WRITER};
use backfill::{Instant, Runtime as _};
use rusqlite::types::{Null, ToSql, Value};
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};
use serde_json::json;

use super::Shared;
use super::habits::Habits;
use super::memory::{Memory, Of, Snapshot};
use crate::machine::SimRuntime;
use crate::processing::keeper::NAME;
use crate::processing::outcome::{Write, counter};
use crate::processing::recorder::{Recorder, ns};
use crate::processing::tables::{ACCOUNT, MOVE};

/// Until a write that failed is tried again, by the one that does so.
const AGAIN: Duration = Duration::from_secs(1);

/// Who writes.
pub(in crate::processing) struct Writer {
    pub(super) shared: Shared,
    pub(super) habits: Habits,
    pub(super) database: Database<SimRuntime>,
    pub(super) turn: Turn,
    pub(super) recorder: Recorder,
    pub(super) began_at: Instant,
}

impl Writer {
    /// Writes until the store is closed, or a write fails.
    pub(in crate::processing) async fn run(self) -> Result<(), String> {
        loop {
            let next = |memory: &mut Memory| {
                let snapshot = memory.snapshot();
                (snapshot.is_some() || memory.closing).then_some(snapshot)
            };
            let snapshot = self.shared.until(next).await;
            // Whoever waits for room sees that nothing is queued any more.
            self.shared.changed.send_replace(());
            let Some(snapshot) = snapshot else {
                self.finish().await;
                self.shared.lock().closed = true;
                self.shared.changed.send_replace(());
                return Ok(());
            };
            if let Err(error) = self.write(Arc::new(snapshot)).await {
                let said = format!("a write failed: {error}");
                self.shared.lock().failed = Some(said.clone());
                if self.habits.silent_failure {
                    std::future::pending::<()>().await;
                }
                self.shared.changed.send_replace(());
                return Err(said);
            }
        }
    }

    async fn write(&self, snapshot: Arc<Snapshot>) -> Result<(), DatabaseError> {
        let runtime = self.database.runtime();
        let began_at = runtime.now();
        let mut retries = 0;
        let (rows, history_rows, tried_at) = loop {
            let tried_at = runtime.now();
            if self.habits.counts_early {
                self.recorder.claimed(snapshot.outputs.len() as u64);
            }
            let (what, turn) = (Arc::clone(&snapshot), self.turn.clone());
            let worked = runtime.now() - self.began_at;
            let work = move |db: &Connection| what.apply(db, &turn, worked);
            match self.database.named(STORE_WRITER).write(work).await {
                Ok((rows, history)) => break (rows, history, tried_at),
                Err(error) if !self.habits.counts_early => return Err(error),
                Err(_) => {
                    retries += 1;
                    self.recorder.counted(counter::FAILED_WRITES, 1);
                    runtime.sleep(AGAIN).await;
                }
            }
        };
        let outputs = snapshot.outputs.len() as u64;
        if !self.habits.counts_early {
            self.recorder.claimed(outputs);
        }
        {
            let mut memory = self.shared.lock();
            memory.committed = snapshot.up_to;
            memory.in_flight = None;
        }
        self.shared.changed.send_replace(());
        let now = runtime.now();
        let write = Write {
            at_ns: now.as_nanos(),
            took_ns: ns(now - began_at),
            last_try_ns: ns(now - tried_at),
            batches: snapshot.batches,
            items: snapshot.items,
            rows,
            history_rows,
            outputs,
            retries,
        };
        self.recorder.wrote(write, snapshot.up_to.get());
        Ok(())
    }

    async fn finish(&self) {
        let (turn, worked) = (
            self.turn.clone(),
            self.database.runtime().now() - self.began_at,
        );
        let total = self.shared.lock().committed.get();
        let note = move |db: &Connection| turn.finish(db, Status::Done, total, None, worked);
        if let Err(error) = self.database.named(STORE_WRITER).write(note).await {
            tracing::warn!(%error, "the ledger does not say that the plain store is done");
        }
    }
}

/// Takes the store's place in the ledger, and creates what it needs.
pub(super) fn claim(db: &Connection) -> rusqlite::Result<(Turn, Resumed)> {
    ledger::ensure(db)?;
    db.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS _history_accounts(id, _checkpoint, _gone, {});
         CREATE TABLE IF NOT EXISTS _history_moves(id, _checkpoint, _gone, {});
         CREATE TABLE IF NOT EXISTS _store_outputs(
           store, effect, input, output, checkpoint, PRIMARY KEY(store, effect, input));
         CREATE TABLE IF NOT EXISTS _store_positions(
           store, source, checkpoint, position, PRIMARY KEY(store, source));
         CREATE TABLE IF NOT EXISTS _dead_letters(store, tbl, id, checkpoint, reason, content);",
        ACCOUNT.join(", "),
        MOVE.join(", "),
    ))?;
    let entry = ledger::entry_at::<serde_json::Value>(db, NAME)?;
    let cursor = entry.and_then(|entry| entry.cursor);
    let committed = cursor
        .and_then(|cursor| cursor["committed"].as_u64())
        .unwrap_or(0);
    let mut select = db.prepare("SELECT source, position FROM _store_positions ORDER BY source")?;
    let positions = select.query_map([], |row| {
        Ok(Position {
            source: row.get(0)?,
            position: row.get::<_, i64>(1)?.unsigned_abs(),
        })
    })?;
    let resumed = Resumed {
        committed: Checkpoint::new(committed),
        positions: positions.collect::<rusqlite::Result<_>>()?,
    };
    let cursor = json!({ "committed": committed });
    let start = Start {
        cursor: Some(&cursor),
        rows_processed: committed,
        rows_total: committed,
        job: None,
    };
    Ok((Turn::take(db, NAME, &start)?, resumed))
}

/// The accounts with these ids.
pub(super) fn accounts(db: &Connection, ids: &[Id]) -> rusqlite::Result<Vec<Option<Row>>> {
    let sql = format!("SELECT {} FROM accounts WHERE id = ?1", ACCOUNT.join(", "));
    let mut select = db.prepare_cached(&sql)?;
    let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Row> {
        let values: rusqlite::Result<Vec<Value>> = (0..ACCOUNT.len()).map(|n| row.get(n)).collect();
        values.map(Row::new)
    };
    ids.iter()
        .map(|id| select.query_row([id], row).optional())
        .collect()
}

/// The outputs that are stored for these inputs.
pub(super) fn outputs(
    db: &Connection,
    inputs: &[Arc<str>],
) -> rusqlite::Result<Vec<(Arc<str>, Arc<str>)>> {
    let mut select = db.prepare_cached(
        "SELECT output FROM _store_outputs WHERE store = ?1 AND effect = 'price' AND input = ?2",
    )?;
    let mut found = Vec::new();
    for input in inputs {
        let output = select
            .query_row(params![NAME, input], |row| row.get(0))
            .optional()?;
        found.extend(output.map(|output| (Arc::clone(input), output)));
    }
    Ok(found)
}

impl Snapshot {
    /// Writes it; how many rows that were, and how many of the history.
    fn apply(
        &self,
        db: &Connection,
        turn: &Turn,
        worked: Duration,
    ) -> rusqlite::Result<(u64, u64)> {
        let (mut rows, mut history) = (0, 0);
        for (place, (of, id, version)) in self.rows.iter().enumerate() {
            let (table, columns) = match of {
                Of::Accounts => ("accounts", &ACCOUNT[..]),
                Of::Moves => ("moves", &MOVE[..]),
            };
            let checkpoint = version.checkpoint.map(|at| at.get().cast_signed());
            if self.keep == Keep::History {
                let gone = version.row.is_none();
                insert(
                    db,
                    &format!("_history_{table}"),
                    columns,
                    &[id, &checkpoint, &gone],
                    version.row.as_ref(),
                    false,
                )?;
                history += 1;
            }
            let next = self.rows.get(place + 1);
            if next.is_some_and(|(other, next, _)| other == of && next == id) {
                continue;
            }
            match &version.row {
                Some(row) => insert(db, table, columns, &[id], Some(row), true)?,
                None => drop(
                    db.prepare_cached(&format!("DELETE FROM {table} WHERE id = ?1"))?
                        .execute([id])?,
                ),
            }
            rows += 1;
        }
        let mut output = db.prepare_cached(
            "INSERT OR IGNORE INTO _store_outputs VALUES (?1, 'price', ?2, ?3, ?4)",
        )?;
        for (input, answer) in &self.outputs {
            let at = answer.checkpoint.get().cast_signed();
            output.execute(params![NAME, input, answer.output, at])?;
        }
        let mut reached =
            db.prepare_cached("INSERT OR REPLACE INTO _store_positions VALUES (?1, ?2, ?3, ?4)")?;
        for (at, position) in &self.positions {
            let (at, position_at) = (at.get().cast_signed(), position.position.cast_signed());
            reached.execute(params![NAME, position.source, at, position_at])?;
        }
        let (up_to, cursor) = (self.up_to.get(), json!({ "committed": self.up_to }));
        turn.advance(db, &cursor, (up_to, up_to), worked)?;
        Ok((rows, history))
    }
}

fn insert(
    db: &Connection,
    table: &str,
    columns: &[&str],
    first: &[&dyn ToSql],
    row: Option<&Row>,
    replace: bool,
) -> rusqlite::Result<()> {
    let places: Vec<String> = (1..=first.len() + columns.len())
        .map(|n| format!("?{n}"))
        .collect();
    let sql = format!(
        "INSERT {} INTO {table} VALUES ({})",
        if replace { "OR REPLACE" } else { "" },
        places.join(", ")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let nulls = || {
        columns
            .iter()
            .map(|_| &Null as &dyn ToSql)
            .collect::<Vec<_>>()
    };
    let values = row.map_or_else(nulls, |row| {
        row.values()
            .iter()
            .map(|value| value as &dyn ToSql)
            .collect()
    });
    statement
        .execute(params_from_iter(first.iter().copied().chain(values)))
        .map(drop)
}
