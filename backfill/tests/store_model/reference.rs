//! A plain model of a store: the batches that were processed, and what they add up to when each is
//! written before the next one begins.

use std::collections::{BTreeMap, BTreeSet};

use backfill::persistence::Keep;

use crate::store_driven::effects::output;

/// A table (0: `items`, 1: `notes`), and the number of a row in it.
pub(crate) type Key = (usize, i64);

/// What one batch did.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) up_to: u64,
    pub(crate) keep: Keep,
    /// Checkpoint, row, and what it is from then on.
    pub(crate) changes: Vec<(u64, Key, Option<i64>)>,
    /// Checkpoint and input of every output of the cached effect.
    pub(crate) outputs: Vec<(u64, String)>,
    /// Checkpoint, source, position.
    pub(crate) positions: Vec<(u64, String, u64)>,
}

/// All batches, over rows that were there before.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    start: BTreeMap<Key, i64>,
    done: Vec<Done>,
    /// How many checkpoints back the history reaches.
    depth: Option<u64>,
    /// Where history began at the latest, when something was undone.
    pruned_to: u64,
}

/// What the database has to hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sum {
    pub(crate) committed: u64,
    /// From where on there is a history.
    pub(crate) from: Option<u64>,
    pub(crate) rows: BTreeMap<Key, i64>,
    /// The rows when the history began.
    began_with: BTreeMap<Key, i64>,
    versions: BTreeMap<Key, BTreeMap<u64, Option<i64>>>,
    /// Of every input the checkpoint it was first asked for at.
    pub(crate) outputs: BTreeMap<String, u64>,
    pub(crate) positions: BTreeMap<String, BTreeMap<u64, u64>>,
}

impl Reference {
    /// Over what is in a new [`crate::store_driven::Memory`].
    pub(crate) fn new(depth: Option<u64>) -> Self {
        Self {
            start: BTreeMap::from([((0, 1), 10), ((0, 2), 20), ((1, 1), 1)]),
            done: Vec::new(),
            depth,
            pruned_to: 0,
        }
    }

    pub(crate) fn push(&mut self, done: Done) {
        self.done.push(done);
    }

    /// Where batches end.
    pub(crate) fn boundaries(&self) -> BTreeSet<u64> {
        let ends = self.done.iter().map(|done| done.up_to);
        ends.chain([0]).collect()
    }

    /// Only what happened up to `target` has happened.
    pub(crate) fn undo_after(&mut self, target: u64) {
        self.pruned_to = self.pruned_to.max(self.sum().from.unwrap_or_default());
        self.forget_after(target);
    }

    /// What happened after `target` was never written.
    pub(crate) fn forget_after(&mut self, target: u64) {
        let mut before = 0;
        self.done.retain_mut(|done| {
            let begins = std::mem::replace(&mut before, done.up_to);
            done.up_to = done.up_to.min(target);
            done.changes.retain(|change| change.0 <= target);
            done.outputs.retain(|output| output.0 <= target);
            done.positions.retain(|position| position.0 <= target);
            begins < target
        });
    }

    /// What the batches add up to.
    pub(crate) fn sum(&self) -> Sum {
        let mut sum = Sum {
            rows: self.start.clone(),
            ..Sum::default()
        };
        for done in &self.done {
            sum.add(done);
            if let (Some(from), Some(depth)) = (sum.from, self.depth) {
                let safe = done.up_to.saturating_sub(depth).max(self.pruned_to);
                sum.from = Some(from.max(safe));
            }
        }
        sum
    }
}

impl Sum {
    fn add(&mut self, done: &Done) {
        match (done.keep, self.from) {
            (Keep::History, Some(_)) => {}
            (Keep::History, None) => {
                self.from = Some(self.committed);
                self.began_with = self.rows.clone();
                self.versions.clear();
            }
            (Keep::Latest, _) => self.from = None,
        }
        for (at, key, row) in &done.changes {
            if done.keep == Keep::History {
                let versions = self.versions.entry(*key).or_default();
                versions.insert(*at, *row);
            }
            match row {
                Some(row) => drop(self.rows.insert(*key, *row)),
                None => drop(self.rows.remove(key)),
            }
        }
        for (at, input) in &done.outputs {
            self.outputs.entry(input.clone()).or_insert(*at);
        }
        for (at, source, position) in &done.positions {
            let positions = self.positions.entry(source.clone()).or_default();
            if done.keep == Keep::Latest {
                positions.clear();
            }
            positions.insert(*at, *position);
        }
        self.committed = done.up_to;
    }

    /// The rows of a table, as lines.
    pub(crate) fn lines(&self, table: usize) -> Vec<String> {
        let of_table = self.rows.iter().filter(|(key, _)| key.0 == table);
        of_table.map(|(key, row)| line(*key, *row)).collect()
    }

    /// The versions that have to be in a table's history, and those that may be: a row that was
    /// changed once and has been undone since keeps what it was when the history began.
    pub(crate) fn history(&self, table: usize) -> (BTreeSet<String>, BTreeSet<String>) {
        let from = self.from.unwrap_or_default();
        let (mut must, mut may) = (BTreeSet::new(), BTreeSet::new());
        for (&key, &row) in self.began_with.iter().filter(|(key, _)| key.0 == table) {
            let anchor = version(key, from, Some(row));
            if self.versions.contains_key(&key) {
                must.insert(anchor.clone());
            }
            may.insert(anchor);
        }
        for (&key, versions) in self.versions.iter().filter(|(key, _)| key.0 == table) {
            let all = versions.iter().map(|(at, row)| version(key, *at, *row));
            must.extend(all);
        }
        (must, may)
    }

    /// The stored outputs of the effect `cached`, as lines.
    pub(crate) fn output_lines(&self) -> Vec<String> {
        let all = self.outputs.iter();
        all.map(|(input, at)| format!("cached|{input}|{}|{at}", output(input)))
            .collect()
    }

    /// The stored positions, as lines.
    pub(crate) fn position_lines(&self) -> Vec<String> {
        let of_source = |(source, all): (&String, &BTreeMap<u64, u64>)| {
            let line = |(at, position): (&u64, &u64)| format!("{source}|{at}|{position}");
            all.iter().map(line).collect::<Vec<_>>()
        };
        self.positions.iter().flat_map(of_source).collect()
    }

    /// How far every source is.
    pub(crate) fn reached(&self) -> Vec<(String, u64)> {
        let latest = |(source, all): (&String, &BTreeMap<u64, u64>)| {
            let (_, position) = all.last_key_value()?;
            Some((source.clone(), *position))
        };
        self.positions.iter().filter_map(latest).collect()
    }
}

/// A row as [`crate::store_driven::Memory::lines`] shows it.
fn line(key: Key, row: i64) -> String {
    match key {
        (0, id) => format!("{id}|{row}|is {row}"),
        (_, id) => format!("k{id}|{row}"),
    }
}

fn version(key: Key, at: u64, row: Option<i64>) -> String {
    let id = key.1;
    match (key.0, row) {
        (0, Some(row)) => format!("{id}|{at}|0|{row}|is {row}"),
        (0, None) => format!("{id}|{at}|1|NULL|NULL"),
        (_, Some(row)) => format!("k{id}|{at}|0|{row}"),
        (_, None) => format!("k{id}|{at}|1|NULL"),
    }
}
