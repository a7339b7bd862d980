//! One write: what the batches of a run have changed, in one transaction.
//!
//! A row that its table refuses must not hold up the others for ever: without its NUL characters it
//! may pass, and if not it is set aside with the reason, and what the row was before stays. Doing a
//! write again changes nothing, so that one whose commit was answered by an error can be repeated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::checkpoint::Checkpoint;
use super::event::{Refusal, Written};
use super::row::Id;
use super::schema::{Saved, Schema};
use super::table::TableId;
use super::work::{Keep, Work};
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
pub(super) struct Write<'a> {
    pub(super) connection: &'a Connection,
    pub(super) schema: &'a Schema,
    pub(super) saved: Saved,
    pub(super) keep: Keep,
    pub(super) written: Written,
    pub(super) refusals: Vec<Refusal>,
    pub(super) refused: BTreeSet<(TableId, Id)>,
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
                let (at, count) = (checkpoint.stored(), position.position.cast_signed());
                insert.execute(params![self.schema.name, position.source, at, count])?;
            }
        }
        for (source, (checkpoint, position)) in latest {
            let safe = match self.keep {
                Keep::Latest => {
                    let (at, count) = (checkpoint.stored(), position.cast_signed());
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
    pub(super) fn safe(&self) -> Option<Checkpoint> {
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
