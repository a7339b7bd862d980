//! One write: what the batches of a run have changed, in one transaction.
//!
//! A row that its table refuses must not hold up the others for ever: without its NUL characters it
//! may pass, and if not it is set aside with the reason, and what the row was before stays. Doing a
//! write again changes nothing, so that one whose commit was answered by an error can be repeated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::types::{Null, ToSql, Value};
use rusqlite::{Connection, ErrorCode, params, params_from_iter};
use serde_json::json;

use super::checkpoint::Checkpoint;
use super::event::{Refusal, Written};
use super::row::{Id, Row};
use super::schema::{Saved, Schema};
use super::table::TableId;
use super::work::{Change, Keep, Work};
use crate::ledger;

/// What is written at once: batches that all keep a history or all do not, and metadata.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) works: Vec<Arc<Work>>,
    pub(super) metadata: BTreeMap<Arc<str>, Arc<str>>,
}

/// What became of it.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) saved: Saved,
    pub(super) written: Written,
    pub(super) refusals: Vec<Refusal>,
    /// The rows they are about.
    pub(super) refused: BTreeSet<(TableId, Id)>,
}

/// A write under way.
struct Write<'a> {
    connection: &'a Connection,
    schema: &'a Schema,
    saved: Saved,
    keep: Keep,
    written: Written,
    refusals: Vec<Refusal>,
    refused: BTreeSet<(TableId, Id)>,
}

impl Run {
    /// Rows and outputs in it.
    pub(super) fn objects(&self) -> u64 {
        self.works.iter().map(|work| work.objects()).sum()
    }

    /// What became of it if it is in the database already: a commit that was answered by an error
    /// may have been one all the same, and another would take the rows it has set for those before.
    pub(super) fn applied(
        &self,
        connection: &Connection,
        schema: &Schema,
    ) -> rusqlite::Result<Option<Outcome>> {
        let entry = ledger::entry_at::<Saved>(connection, &schema.name)?;
        let saved = entry.and_then(|entry| entry.cursor);
        let up_to = self.works.last().map(|work| work.up_to);
        let (Some(saved), Some(up_to)) = (saved, up_to) else {
            return Ok(None);
        };
        if saved.committed < up_to {
            return Ok(None);
        }
        let changes = self.works.iter().flat_map(|work| &work.changes);
        Ok(Some(Outcome {
            saved,
            written: Written {
                up_to,
                batches: self.works.len() as u64,
                items: self.works.iter().map(|work| work.items).sum(),
                ..Written::default()
            },
            refusals: Vec::new(),
            // Nobody knows any more which were refused: what is asked for is looked up.
            refused: changes
                .map(|change| (change.table, change.id.clone()))
                .collect(),
        }))
    }

    /// Writes it behind what is `saved`; to be called in a write transaction.
    pub(super) fn apply(
        &self,
        connection: &Connection,
        schema: &Schema,
        saved: Saved,
    ) -> rusqlite::Result<Outcome> {
        let mut write = Write {
            connection,
            schema,
            saved,
            keep: self.works.first().map_or(Keep::Latest, |work| work.keep),
            written: Written {
                up_to: saved.committed,
                batches: self.works.len() as u64,
                metadata: self.metadata.len() as u64,
                ..Written::default()
            },
            refusals: Vec::new(),
            refused: BTreeSet::new(),
        };
        if let Some(last) = self.works.last() {
            write.written.up_to = last.up_to;
            write.written.items = self.works.iter().map(|work| work.items).sum();
            write.change_keep()?;
            write.rows(&self.works)?;
            write.outputs(&self.works)?;
            write.positions(&self.works)?;
            write.saved.committed = last.up_to;
            write.move_history();
        }
        write.metadata(&self.metadata)?;
        Ok(Outcome {
            saved: write.saved,
            written: write.written,
            refusals: write.refusals,
            refused: write.refused,
        })
    }
}

impl Write<'_> {
    /// A history that was not kept for a while is of no use: the next one begins from nothing.
    fn change_keep(&mut self) -> rusqlite::Result<()> {
        match (self.keep, self.saved.history_from) {
            (Keep::History, Some(_)) => {}
            (Keep::History, None) => {
                for table in &*self.schema.tables {
                    self.connection.execute(&table.history.clear, [])?;
                }
                self.saved.history_from = Some(self.saved.committed);
            }
            (Keep::Latest, _) => self.saved.history_from = None,
        }
        Ok(())
    }

    /// Rows are set in the order of their tables and deleted in the opposite one, so that a table
    /// may refer to those before it.
    fn rows(&mut self, works: &[Arc<Work>]) -> rusqlite::Result<()> {
        let mut by_row: BTreeMap<(TableId, &Id), Vec<&Change>> = BTreeMap::new();
        for change in works.iter().flat_map(|work| &work.changes) {
            let changes = by_row.entry((change.table, &change.id)).or_default();
            changes.push(change);
        }
        let is_set =
            |changes: &[&Change]| changes.last().is_some_and(|last| last.held.row().is_some());
        for (&(table, id), changes) in by_row.iter().filter(|(_, changes)| is_set(changes)) {
            self.row(table, id, changes)?;
        }
        for (&(table, id), changes) in by_row.iter().rev().filter(|(_, changes)| !is_set(changes)) {
            self.row(table, id, changes)?;
        }
        Ok(())
    }

    /// One row: as it is at the end, or as late as its table takes it; and all versions of it.
    fn row(&mut self, table: TableId, id: &Id, changes: &[&Change]) -> rusqlite::Result<()> {
        let sql = &self.schema.table(table).history;
        if let (Keep::History, Some(from)) = (self.keep, self.saved.history_from) {
            let mut anchor = self.connection.prepare_cached(&sql.anchor)?;
            anchor.execute(params![id, from.stored()])?;
        }
        let mut taken = changes.len();
        let mut instead = None;
        while taken > 0 {
            let change = changes[taken - 1];
            match self.attempt(change)? {
                Attempt::Taken => break,
                Attempt::Repaired(row) => {
                    instead = Some(row);
                    break;
                }
                Attempt::Refused => taken -= 1,
            }
        }
        if self.keep == Keep::History {
            for (index, change) in changes[..taken].iter().enumerate() {
                let repaired = instead.as_ref().filter(|_| index + 1 == taken);
                self.version(change, repaired.or(change.held.row()))?;
            }
            if let Some(safe) = self.safe() {
                let mut prune = self.connection.prepare_cached(&sql.prune)?;
                prune.execute(params![id, safe.stored()])?;
            }
        }
        Ok(())
    }

    /// Makes the row what `change` says, if its table lets it.
    fn attempt(&mut self, change: &Change) -> rusqlite::Result<Attempt> {
        let row = change.held.row();
        let Err(error) = self.store(change, row) else {
            return Ok(Attempt::Taken);
        };
        let Some(reason) = self.refusal(&error) else {
            return Err(error);
        };
        self.refused.insert((change.table, change.id.clone()));
        if let Some(clean) = row.and_then(Row::without_nul) {
            match self.store(change, Some(&clean)) {
                Ok(()) => {
                    self.refuse(change, reason, true);
                    return Ok(Attempt::Repaired(clean));
                }
                Err(error) if self.refusal(&error).is_none() => return Err(error),
                Err(_) => {}
            }
        }
        self.set_aside(change, &reason)?;
        self.refuse(change, reason, false);
        Ok(Attempt::Refused)
    }

    fn store(&mut self, change: &Change, row: Option<&Row>) -> rusqlite::Result<()> {
        let table = self.schema.table(change.table);
        match row {
            Some(row) => {
                let first: [&dyn ToSql; 1] = [&change.id];
                let all = first.into_iter().chain(columns(row));
                let mut upsert = self.connection.prepare_cached(&table.upsert)?;
                upsert.execute(params_from_iter(all))?;
            }
            None => {
                let mut delete = self.connection.prepare_cached(&table.delete)?;
                delete.execute([&change.id])?;
            }
        }
        self.written.rows += 1;
        Ok(())
    }

    /// What a table says that refuses a row; `None` if it is not the row's fault, or if nothing
    /// after it would be part of the transaction any more.
    fn refusal(&self, error: &rusqlite::Error) -> Option<String> {
        let rows_fault = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
        );
        (rows_fault && !self.connection.is_autocommit()).then(|| error.to_string())
    }

    fn refuse(&mut self, change: &Change, reason: String, repaired: bool) {
        self.refusals.push(Refusal {
            table: self.schema.table(change.table).name.as_str().into(),
            id: change.id.clone(),
            checkpoint: change.checkpoint,
            reason,
            repaired,
        });
    }

    fn set_aside(&self, change: &Change, reason: &str) -> rusqlite::Result<()> {
        let content = change.held.row().map(|row| {
            let all: Vec<_> = row.values().iter().map(readable).collect();
            serde_json::Value::from(all).to_string()
        });
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO _dead_letters(store, tbl, id, checkpoint, reason, content)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                self.schema.name,
                self.schema.table(change.table).name,
                change.id,
                change.checkpoint.stored(),
                reason,
                content,
            ])
            .map(drop)
    }

    /// Keeps `row` as what it was from the change's checkpoint on.
    fn version(&mut self, change: &Change, row: Option<&Row>) -> rusqlite::Result<()> {
        let table = self.schema.table(change.table);
        let (checkpoint, gone) = (change.checkpoint.stored(), row.is_none());
        let first: [&dyn ToSql; 3] = [&change.id, &checkpoint, &gone];
        let mut insert = self.connection.prepare_cached(&table.history.insert)?;
        match row {
            Some(row) => insert.execute(params_from_iter(first.into_iter().chain(columns(row))))?,
            None => {
                let nulls = table.columns.iter().map(|_| &Null as &dyn ToSql);
                insert.execute(params_from_iter(first.into_iter().chain(nulls)))?
            }
        };
        self.written.history_rows += 1;
        Ok(())
    }

    fn outputs(&mut self, works: &[Arc<Work>]) -> rusqlite::Result<()> {
        let mut insert = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO _store_outputs(store, effect, input, output, checkpoint)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let outputs = works.iter().flat_map(|work| &work.outputs);
        for output in outputs.filter(|output| output.cached) {
            let super::meter::Content::Output(text) = &output.held.content else {
                continue;
            };
            let at = output.checkpoint.stored();
            insert.execute(params![
                self.schema.name,
                output.effect,
                output.input,
                text,
                at
            ])?;
            self.written.outputs += 1;
        }
        Ok(())
    }

    /// How far the sources are: at every checkpoint if a history is kept, else only at the end.
    fn positions(&mut self, works: &[Arc<Work>]) -> rusqlite::Result<()> {
        let mut insert = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO _store_positions(store, source, checkpoint, position)
             VALUES (?1, ?2, ?3, ?4)",
        )?;
        // Of each source the newest that nobody goes back before stays.
        let mut prune = self.connection.prepare_cached(
            "DELETE FROM _store_positions WHERE store = ?1 AND source = ?2 AND checkpoint <
               (SELECT max(checkpoint) FROM _store_positions
                WHERE store = ?1 AND source = ?2 AND checkpoint <= ?3)",
        )?;
        let mut latest = BTreeMap::new();
        for (checkpoint, position) in works.iter().flat_map(|work| &work.positions) {
            latest.insert(&position.source, (checkpoint, position.position));
            if self.keep == Keep::History {
                let (at, count) = (checkpoint.stored(), stored(position.position));
                insert.execute(params![self.schema.name, position.source, at, count])?;
            }
        }
        for (source, (checkpoint, position)) in latest {
            let safe = match self.keep {
                Keep::Latest => {
                    let (at, count) = (checkpoint.stored(), stored(position));
                    insert.execute(params![self.schema.name, source, at, count])?;
                    Some(self.written.up_to)
                }
                Keep::History => self.safe(),
            };
            if let Some(safe) = safe {
                prune.execute(params![self.schema.name, source, safe.stored()])?;
            }
        }
        Ok(())
    }

    fn metadata(&self, metadata: &BTreeMap<Arc<str>, Arc<str>>) -> rusqlite::Result<()> {
        let mut insert = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO _store_metadata(store, key, value) VALUES (?1, ?2, ?3)",
        )?;
        for (key, value) in metadata {
            insert.execute(params![self.schema.name, key, value])?;
        }
        Ok(())
    }

    /// What nobody goes back before once this is written; `None` while all of it is kept.
    fn safe(&self) -> Option<Checkpoint> {
        let depth = self.schema.history_depth?;
        Some(Checkpoint::new(
            self.written.up_to.get().saturating_sub(depth),
        ))
    }

    fn move_history(&mut self) {
        if let (Some(from), Some(safe)) = (self.saved.history_from, self.safe()) {
            self.saved.history_from = Some(from.max(safe));
        }
    }
}

/// What became of a change.
enum Attempt {
    Taken,
    /// Only as this.
    Repaired(Row),
    /// Not at all.
    Refused,
}

fn columns(row: &Row) -> impl Iterator<Item = &dyn ToSql> {
    row.values().iter().map(|value| value as &dyn ToSql)
}

/// A value as whoever looks into the dead letters can read it.
fn readable(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Integer(number) => json!(number),
        Value::Real(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Blob(blob) => {
            let hex: String = blob.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "blob": hex })
        }
    }
}

/// Positions fit SQLite's signed integers.
fn stored(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
