//! What one UPDATE leaves: databases on volumes on which nothing is measured, from the same file.
//!
//! The UPDATE itself is made once for all cells and kept in a transaction that is never committed;
//! a cell replays its live writes on top of it and takes them back. The triggers of the table may
//! note when they fired, and chunks fire them at other times than one UPDATE does: so it is made at
//! two moments, and columns that differ between the two are not compared.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use backfill::ledger::Key;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, params_from_iter};

use super::file::{DatabaseFile, Opened};
use super::fit::earlier;
use super::rows::Reader;
use super::schema::{Kind, has_triggers, tables};
use super::task::{RowSql, task};
use super::workload::Own;
use crate::identifier::quoted;
use crate::job::{Keyed, Task};
use crate::scenario::Job;

/// Another day, hour, minute and second than that of modelled time 0, ms.
const ANOTHER_MOMENT_MS: i64 = (86_400 + 3_600 + 60 + 1) * 1_000;

/// The keys an UPDATE is about: behind `after`, up to `upto`; all of them where nothing is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stretch {
    pub(super) after: Option<Key>,
    pub(super) upto: Option<Key>,
}

impl Stretch {
    /// The rows of `keyed` that it is about, in SQL with parameters from number `first` on, and
    /// their values.
    fn sql(&self, keyed: &Keyed, first: usize) -> (String, Vec<Value>) {
        let key = keyed.sql();
        let bounds = [(">", &self.after), ("<=", &self.upto)];
        let (mut also, mut values) = ("true".to_owned(), Vec::new());
        for (comparison, bound) in bounds {
            if let Some(bound) = bound {
                let params = keyed.params(first + values.len());
                also.push_str(&format!(" AND {key} {comparison} {params}"));
                values.extend(bound.values());
            }
        }
        (also, values)
    }
}

/// References to one file and job; all cells share them.
#[derive(Debug)]
pub(super) struct References {
    file: Arc<DatabaseFile>,
    task: Arc<Task>,
    sql: RowSql,
    /// Where an earlier run had got to.
    earlier: Option<Stretch>,
    /// With the UPDATE made, of all rows and of what an earlier run had left.
    updated: [Mutex<Option<Updated>>; 2],
}

/// A database in which the UPDATE was made.
#[derive(Debug)]
pub(super) struct Updated {
    pub(super) opened: Opened,
    /// Columns that depend on when the UPDATE was made, by table.
    pub(super) of_the_moment: BTreeMap<String, BTreeSet<usize>>,
    /// Tables that the triggers of the job's table write to.
    pub(super) by_triggers: BTreeSet<String>,
}

impl References {
    /// References to `file` for `job`, which fits it.
    pub(super) fn new(file: &Arc<DatabaseFile>, job: &Job) -> rusqlite::Result<Self> {
        let task =
            task(job).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        let opened = file.connect()?;
        let earlier = earlier(&opened.connection, &task.name)?;
        let earlier = earlier.and_then(|entry| entry.cursor).map(|cursor| {
            // In storage order the cursor is of another table: nothing is left out.
            let by_key = cursor.order == backfill::ledger::Order::Key;
            Stretch {
                after: cursor.after.filter(|_| by_key),
                upto: by_key.then_some(cursor.last),
            }
        });
        Ok(Self {
            file: Arc::clone(file),
            task: Arc::new(task),
            sql: RowSql::of(job),
            earlier,
            updated: [Mutex::default(), Mutex::default()],
        })
    }

    /// What is to be done.
    pub(super) const fn task(&self) -> &Arc<Task> {
        &self.task
    }

    /// What an earlier run had left to do.
    pub(super) const fn earlier(&self) -> Option<&Stretch> {
        self.earlier.as_ref()
    }

    /// Rows that change with one that is filled: itself, and what triggers change. Those do not
    /// change as many with every row, so twice their mean is allowed. An UPDATE that fails is found
    /// wrong later, and changes none.
    pub(super) fn changes_per_row(&self) -> rusqlite::Result<u64> {
        let plain = self.plain()?;
        if !has_triggers(&plain.connection, &self.task.rows.table)? {
            return Ok(1);
        }
        let before = plain.connection.total_changes();
        let filled = self.update(&plain, &Stretch::default(), Own::START_UNIX_S * 1_000);
        let changed = plain.connection.total_changes() - before;
        Ok(changed.div_ceil(filled.unwrap_or(0).max(1)).max(1) * 2)
    }

    /// The file as it is, in a transaction that is never committed.
    pub(super) fn plain(&self) -> rusqlite::Result<Opened> {
        let opened = self.file.connect()?;
        opened.connection.execute_batch(
            "PRAGMA journal_mode = memory; PRAGMA synchronous = off; PRAGMA cache_size = -65536;
             BEGIN IMMEDIATE",
        )?;
        Ok(opened)
    }

    /// Makes the UPDATE in `opened` at `unix_ms`; how many rows it filled.
    pub(super) fn update(
        &self,
        opened: &Opened,
        stretch: &Stretch,
        unix_ms: i64,
    ) -> rusqlite::Result<u64> {
        let keyed = &self.task.rows;
        let (within, bounds) = stretch.sql(keyed, 1);
        let sql = self.sql.update(&keyed.table, &within);
        let (made, _) = opened.volume.step(unix_ms, || {
            opened
                .connection
                .prepare_cached(&sql)?
                .execute(params_from_iter(bounds))
        });
        made.map(|rows| rows as u64)
    }

    /// The key of the `nth` row, from 1, that the UPDATE of `stretch` would fill now, in the order
    /// of keys; `None` if there are fewer.
    pub(super) fn nth_key(
        &self,
        opened: &Opened,
        stretch: &Stretch,
        nth: u64,
    ) -> rusqlite::Result<Option<Key>> {
        let keyed = &self.task.rows;
        let (within, bounds) = stretch.sql(keyed, 1);
        let (columns, eligible) = (keyed.listed(), self.sql.eligible());
        let sql = format!(
            "SELECT {columns} FROM {} WHERE {eligible} AND {within}
             ORDER BY {columns} LIMIT 1 OFFSET {}",
            quoted(&keyed.table),
            nth.saturating_sub(1)
        );
        let found = opened
            .connection
            .prepare(&sql)?
            .query_row(params_from_iter(bounds), |row| {
                let values = (0..keyed.columns.len()).map(|column| row.get(column));
                values.collect::<rusqlite::Result<Vec<Value>>>()
            })
            .optional()?;
        Ok(found.and_then(Key::of))
    }

    /// Makes it in the row that `key` tells apart, where it is one of `stretch`.
    pub(super) fn update_row(
        &self,
        opened: &Opened,
        (reader, key): (&Reader, &[Value]),
        stretch: &Stretch,
    ) -> rusqlite::Result<()> {
        let keyed = &self.task.rows;
        let (within, bounds) = stretch.sql(keyed, reader.keys + 1);
        let also = format!("{} AND {within}", reader.is_row);
        let params = key.iter().chain(&bounds);
        opened
            .connection
            .prepare_cached(&self.sql.update(&keyed.table, &also))?
            .execute(params_from_iter(params))
            .map(drop)
    }

    /// Hands out the database in which the UPDATE was made, of what an `earlier` run had left or of
    /// all rows; what is done to it is taken back.
    pub(super) fn with_updated<T>(
        &self,
        earlier: bool,
        work: impl FnOnce(&Updated) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let slot = &self.updated[usize::from(earlier)];
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_none() {
            let all = Stretch::default();
            let stretch = self.earlier.as_ref().filter(|_| earlier).unwrap_or(&all);
            *slot = Some(self.updated(stretch)?);
        }
        let updated = slot.as_ref().expect("it was made just now");
        let result = in_savepoint(&updated.opened.connection, || work(updated));
        drop(slot);
        result
    }

    fn updated(&self, stretch: &Stretch) -> rusqlite::Result<Updated> {
        let opened = self.plain()?;
        self.update(&opened, stretch, Own::START_UNIX_S * 1_000)?;
        let mut updated = Updated {
            opened,
            of_the_moment: BTreeMap::new(),
            by_triggers: BTreeSet::new(),
        };
        let connection = &updated.opened.connection;
        if !has_triggers(connection, &self.task.rows.table)? {
            return Ok(updated);
        }
        let (before, later) = (self.plain()?, self.plain()?);
        self.update(
            &later,
            stretch,
            Own::START_UNIX_S * 1_000 + ANOTHER_MOMENT_MS,
        )?;
        for table in tables(connection)? {
            let Some(reader) = Reader::of_table(connection, &table)? else {
                continue;
            };
            if table.kind != Kind::Table {
                continue;
            }
            let columns = differing(&reader, connection, &later.connection)?;
            if !columns.is_empty() {
                updated.of_the_moment.insert(table.name.clone(), columns);
            }
            let own = table.name.eq_ignore_ascii_case(&self.task.rows.table);
            if !own && differ(&reader, connection, &before.connection)? {
                updated.by_triggers.insert(table.name);
            }
        }
        Ok(updated)
    }
}

/// The columns in which rows of the one differ from those of the other.
fn differing(
    reader: &Reader,
    one: &Connection,
    other: &Connection,
) -> rusqlite::Result<BTreeSet<usize>> {
    let mut columns = BTreeSet::new();
    reader.differences((one, other), &BTreeSet::new(), |_, one, other| {
        if let (Some(one), Some(other)) = (one, other) {
            let pairs = one.iter().zip(&other).enumerate();
            columns.extend(
                pairs
                    .filter(|(_, (one, other))| one != other)
                    .map(|(nth, _)| nth),
            );
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(columns)
}

/// Whether any row differs.
fn differ(reader: &Reader, one: &Connection, other: &Connection) -> rusqlite::Result<bool> {
    let mut any = false;
    reader.differences((one, other), &BTreeSet::new(), |_, _, _| {
        any = true;
        Ok(ControlFlow::Break(()))
    })?;
    Ok(any)
}

/// Does `work` and takes back what it did to `connection`.
pub(super) fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.execute_batch("SAVEPOINT replay")?;
    let result = work();
    connection.execute_batch("ROLLBACK TO replay; RELEASE replay")?;
    result
}
