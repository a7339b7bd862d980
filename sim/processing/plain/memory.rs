//! What a plain store holds: the latest of every row, and older versions that are not written yet.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use backfill::persistence::{Checkpoint, Held, Id, Keep, Position, Row};

use super::charge::{Charge, Level};
use super::habits::Habits;

/// Which table a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::processing) enum Of {
    Accounts,
    Moves,
}

/// A row as it is from a checkpoint on, or as it was loaded.
#[derive(Clone, Debug)]
pub(super) struct Version {
    /// `None` for what was loaded.
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) row: Option<Row>,
    _charge: Arc<Charge>,
}

#[derive(Debug)]
struct Entry {
    latest: Version,
    /// Versions before it that are not written yet.
    previous: Vec<Version>,
}

/// An output, and the item that asked for it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) checkpoint: Checkpoint,
    pub(super) output: Arc<str>,
    _charge: Arc<Charge>,
}

/// A batch that waits to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queued {
    pub(super) up_to: Checkpoint,
    pub(super) items: u64,
    pub(super) keep: Keep,
}

/// All that is held.
#[derive(Debug)]
pub(super) struct Memory {
    habits: Habits,
    pub(super) level: Arc<Level>,
    entries: BTreeMap<(Of, Id), Entry>,
    outputs: BTreeMap<Arc<str>, Answer>,
    /// Outputs that are to be written.
    to_store: Vec<Arc<str>>,
    pub(super) positions: Vec<(Checkpoint, Position)>,
    pub(super) queue: VecDeque<Queued>,
    /// Up to where a write under way goes.
    pub(super) in_flight: Option<Checkpoint>,
    pub(super) committed: Checkpoint,
    pub(super) processed: Checkpoint,
    pub(super) failed: Option<String>,
    pub(super) closing: bool,
    pub(super) closed: bool,
    pub(super) row_hits: u64,
    pub(super) output_hits: u64,
}

/// What a write is made of.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) up_to: Checkpoint,
    pub(super) batches: u64,
    pub(super) items: u64,
    pub(super) keep: Keep,
    /// By row, oldest first.
    pub(super) rows: Vec<(Of, Id, Version)>,
    pub(super) outputs: Vec<(Arc<str>, Answer)>,
    pub(super) positions: Vec<(Checkpoint, Position)>,
}

impl Memory {
    pub(super) fn new(habits: Habits, committed: Checkpoint) -> Self {
        Self {
            habits,
            level: Arc::default(),
            entries: BTreeMap::new(),
            outputs: BTreeMap::new(),
            to_store: Vec::new(),
            positions: Vec::new(),
            queue: VecDeque::new(),
            in_flight: None,
            committed,
            processed: committed,
            failed: None,
            closing: false,
            closed: false,
            row_hits: 0,
            output_hits: 0,
        }
    }

    fn version(&self, checkpoint: Option<Checkpoint>, row: Option<Row>) -> Version {
        let charge = Charge::row(&self.level, row.as_ref());
        Version {
            checkpoint,
            row,
            _charge: Arc::new(charge),
        }
    }

    pub(super) fn knows(&self, of: Of, id: &Id) -> bool {
        self.entries.contains_key(&(of, id.clone()))
    }

    pub(super) fn row(&mut self, of: Of, id: &Id) -> Option<Option<Row>> {
        let entry = self.entries.get(&(of, id.clone()))?;
        self.row_hits += 1;
        Some(entry.latest.row.clone())
    }

    pub(super) fn load(&mut self, of: Of, id: Id, row: Option<Row>) {
        let latest = self.version(None, row);
        let previous = Vec::new();
        self.entries
            .entry((of, id))
            .or_insert(Entry { latest, previous });
    }

    /// Sets a row at `at`. A version before it that is not in the database has to be written, too.
    pub(super) fn set(&mut self, of: Of, id: Id, at: Checkpoint, row: Option<Row>) {
        let latest = self.version(Some(at), row);
        let mut written = self.in_flight.unwrap_or(self.committed).max(self.committed);
        if self.habits.forgets_in_flight {
            written = self.committed;
        }
        match self.entries.get_mut(&(of, id.clone())) {
            None => {
                let previous = Vec::new();
                self.entries.insert((of, id), Entry { latest, previous });
            }
            Some(entry) => {
                let before = std::mem::replace(&mut entry.latest, latest);
                if before.checkpoint.is_some_and(|cp| cp > written && cp < at) {
                    entry.previous.push(before);
                }
            }
        }
    }

    pub(super) fn output(&mut self, input: &str) -> Option<Arc<str>> {
        let answer = self.outputs.get(input)?;
        self.output_hits += 1;
        Some(Arc::clone(&answer.output))
    }

    pub(super) fn answer(
        &mut self,
        input: Arc<str>,
        checkpoint: Checkpoint,
        output: Arc<str>,
        store: bool,
    ) {
        let charge = Charge::bytes(&self.level, input.len() + output.len());
        let answer = Answer {
            checkpoint,
            output,
            _charge: Arc::new(charge),
        };
        if store {
            self.to_store.push(Arc::clone(&input));
        }
        self.outputs.insert(input, answer);
    }

    /// What it counts against its limit: rows, older versions, outputs, and the items of batches
    /// that wait. What is being written is not among them.
    fn counted(&self) -> u64 {
        let rows = self.entries.values().map(|entry| 1 + entry.previous.len());
        let queued: u64 = self.queue.iter().map(|batch| batch.items).sum();
        rows.sum::<usize>() as u64 + self.outputs.len() as u64 + queued
    }

    pub(super) fn is_over(&self, budget: Held) -> bool {
        if self.habits.within_budget {
            let now = self.level.now();
            return now.objects > budget.objects || now.bytes > budget.bytes;
        }
        self.counted() >= budget.objects
    }

    /// Forgets all that is in the database but for what was loaded, or that as well; how many that
    /// were.
    pub(super) fn evict(&mut self, loaded: bool) -> u64 {
        let (committed, early) = (self.committed, self.habits.evicts_early);
        let before = self.entries.len() + self.outputs.len();
        self.entries
            .retain(|_, entry| match entry.latest.checkpoint {
                None => !loaded,
                Some(at) => !early && (at > committed || !entry.previous.is_empty()),
            });
        let waiting = &self.to_store;
        self.outputs
            .retain(|input, answer| answer.checkpoint > committed || waiting.contains(input));
        (before - self.entries.len() - self.outputs.len()) as u64
    }

    /// What is to be written next; `None` if no batch waits.
    pub(super) fn snapshot(&mut self) -> Option<Snapshot> {
        let keep = self.queue.front()?.keep;
        let mut run = Vec::new();
        while let Some(batch) = self.queue.pop_front_if(|batch| batch.keep == keep) {
            run.push(batch);
        }
        let up_to = run.last()?.up_to;
        let taken = |at: Checkpoint| at <= up_to || self.habits.unbounded_snapshot;
        let mut rows = Vec::new();
        for ((of, id), entry) in &mut self.entries {
            let mut left = Vec::new();
            for version in entry.previous.drain(..) {
                if version.checkpoint.is_some_and(taken) {
                    rows.push((*of, id.clone(), version));
                } else {
                    left.push(version);
                }
            }
            entry.previous = left;
            let new = |at: Checkpoint| at > self.committed && taken(at);
            if entry.latest.checkpoint.is_some_and(new) {
                rows.push((*of, id.clone(), entry.latest.clone()));
            }
        }
        let outputs = std::mem::take(&mut self.to_store).into_iter();
        let outputs = outputs.filter_map(|input| {
            let answer = self.outputs.get(&input)?.clone();
            Some((input, answer))
        });
        let outputs = outputs.collect();
        let split = self.positions.partition_point(|(at, _)| *at <= up_to);
        self.in_flight = Some(up_to);
        Some(Snapshot {
            up_to,
            batches: run.len() as u64,
            items: run.iter().map(|batch| batch.items).sum(),
            keep,
            rows,
            outputs,
            positions: self.positions.drain(..split).collect(),
        })
    }
}
