//! The rows of a write, and what becomes of those that their tables refuse.
//!
//! A row may be refused only because of another one that is written after it: a unique value that
//! one row had and another has now, a row it refers to. So what is refused is tried again after all
//! others, for as long as that helps any of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rusqlite::types::{Null, ToSql, Value};
use rusqlite::{Connection, params, params_from_iter};
use serde_json::json;

use super::checkpoint::Checkpoint;
use super::event::Refusal;
use super::row::{Id, Row};
use super::table::{Table, TableId};
use super::work::{Change, Keep, Work};
use super::write::Write;
use crate::dead_letter::is_refusal;

/// The changes of a row that are not made yet, the first one first.
type Changes<'a> = VecDeque<&'a Change>;

/// Those of every row.
type ByRow<'a> = BTreeMap<(TableId, &'a Id), Changes<'a>>;

/// What became of a change.
enum Attempt {
    Taken,
    /// Only as this.
    Repaired(Row),
    /// Not at all, or not yet.
    Refused,
}

impl Write<'_> {
    pub(super) fn rows(&mut self, works: &[Arc<Work>]) -> rusqlite::Result<()> {
        let mut by_row = ByRow::new();
        for change in works.iter().flat_map(|work| &work.changes) {
            let changes = by_row.entry((change.table, &change.id)).or_default();
            changes.push_back(change);
        }
        match (self.keep, self.saved.history_from) {
            (Keep::History, Some(from)) => self.versions(works, by_row, from),
            _ => self.all_of(by_row, Self::latest),
        }
    }

    /// Every version of every row, in the order they were made: what processing did its tables take
    /// from the writer as well.
    fn versions<'a>(
        &mut self,
        works: &'a [Arc<Work>],
        mut by_row: ByRow<'a>,
        from: Checkpoint,
    ) -> rusqlite::Result<()> {
        let keys: Vec<(TableId, &Id)> = by_row.keys().copied().collect();
        for &(table, id) in &keys {
            let sql = &self.schema.table(table).history.anchor;
            let mut anchor = self.connection.prepare_cached(sql)?;
            anchor.execute(params![id, from.stored()])?;
        }
        let mut refused = ByRow::new();
        for change in works.iter().flat_map(|work| &work.changes) {
            let key = (change.table, &change.id);
            let Some(changes) = by_row.get_mut(&key) else {
                continue;
            };
            if !self.next_version(changes, false)? {
                refused.extend(by_row.remove_entry(&key));
            }
        }
        self.all_of(refused, |write, changes, last_time| {
            while !changes.is_empty() {
                if !write.next_version(changes, last_time)? {
                    return Ok(false);
                }
            }
            Ok(true)
        })?;
        let Some(safe) = self.safe() else {
            return Ok(());
        };
        for (table, id) in keys {
            let sql = &self.schema.table(table).history.prune;
            let mut prune = self.connection.prepare_cached(sql)?;
            prune.execute(params![id, safe.stored()])?;
        }
        Ok(())
    }

    /// Rows that are set in the order of their tables, and those that are deleted in the opposite
    /// one, so that a table may refer to those before it; then again those that are not done, for
    /// as long as that helps; and for the last time, whatever has to be set aside for that.
    fn all_of<'a>(
        &mut self,
        rows: ByRow<'a>,
        one: impl Fn(&mut Self, &mut Changes<'a>, bool) -> rusqlite::Result<bool>,
    ) -> rusqlite::Result<()> {
        let is_set = |changes: &Changes<'_>| {
            let last = changes.back();
            last.is_some_and(|last| last.held.row().is_some())
        };
        let (set, gone): (Vec<_>, Vec<_>) = rows.into_values().partition(is_set);
        let all = set.into_iter().chain(gone.into_iter().rev()).collect();
        for mut changes in in_any_order(all, |changes| one(self, changes, false))? {
            one(self, &mut changes, true)?;
        }
        Ok(())
    }

    /// Makes the row what its next change says; whether that is done with.
    fn next_version(
        &mut self,
        changes: &mut Changes<'_>,
        last_time: bool,
    ) -> rusqlite::Result<bool> {
        let Some(change) = changes.front() else {
            return Ok(true);
        };
        match self.attempt(change, last_time)? {
            Attempt::Taken => self.version(change, change.held.row())?,
            Attempt::Repaired(row) => self.version(change, Some(&row))?,
            Attempt::Refused if last_time => {}
            Attempt::Refused => return Ok(false),
        }
        changes.pop_front();
        Ok(true)
    }

    /// Makes the row what the last of its changes says that its table takes; whether it is done.
    fn latest(&mut self, changes: &mut Changes<'_>, last_time: bool) -> rusqlite::Result<bool> {
        while let Some(change) = changes.back() {
            match self.attempt(change, last_time)? {
                Attempt::Taken | Attempt::Repaired(_) => break,
                Attempt::Refused if last_time => drop(changes.pop_back()),
                Attempt::Refused => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Makes the row what `change` says, if its table lets it. The `last_time`, a text may lose
    /// its NUL characters for it, and what is refused all the same is set aside.
    fn attempt(&mut self, change: &Change, last_time: bool) -> rusqlite::Result<Attempt> {
        let (table, row) = (self.schema.table(change.table), change.held.row());
        let Err(error) = table.store(self.connection, &change.id, row) else {
            self.written.rows += 1;
            return Ok(Attempt::Taken);
        };
        if !is_refusal(self.connection, &error) {
            return Err(error);
        }
        if !last_time {
            return Ok(Attempt::Refused);
        }
        let reason = error.to_string();
        self.refused.insert((change.table, change.id.clone()));
        if let Some(clean) = row.and_then(Row::without_nul) {
            match table.store(self.connection, &change.id, Some(&clean)) {
                Ok(()) => {
                    self.written.rows += 1;
                    self.refuse(change, reason, true);
                    return Ok(Attempt::Repaired(clean));
                }
                Err(error) if is_refusal(self.connection, &error) => {}
                Err(error) => return Err(error),
            }
        }
        self.set_aside(change, &reason)?;
        self.refuse(change, reason, false);
        Ok(Attempt::Refused)
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
}

impl Table {
    /// Sets a row, or deletes it.
    pub(super) fn store(
        &self,
        connection: &Connection,
        key: &dyn ToSql,
        row: Option<&Row>,
    ) -> rusqlite::Result<()> {
        let first = [key];
        let changed = match row {
            Some(row) => connection
                .prepare_cached(&self.upsert)?
                .execute(params_from_iter(first.into_iter().chain(columns(row)))),
            None => connection.prepare_cached(&self.delete)?.execute(first),
        };
        changed.map(drop)
    }
}

/// Tries each until none is left, or none succeeds any more; those that are left.
pub(super) fn in_any_order<T>(
    all: Vec<T>,
    mut attempt: impl FnMut(&mut T) -> rusqlite::Result<bool>,
) -> rusqlite::Result<Vec<T>> {
    let mut left = all;
    loop {
        let (before, mut refused) = (left.len(), Vec::new());
        for mut one in left {
            if !attempt(&mut one)? {
                refused.push(one);
            }
        }
        if refused.is_empty() || refused.len() == before {
            return Ok(refused);
        }
        left = refused;
    }
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
