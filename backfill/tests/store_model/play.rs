//! A store and its model, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use backfill::Runtime as _;
use backfill::ledger::Status;
use backfill::persistence::{
    Batch, Budget, Calls, EffectError, Held, Id, Keep, Position, Row, StoreError,
};
use rusqlite::types::Value;

use crate::Op;
use crate::reference::{Done, Key, Reference};
use crate::store_driven::effects::{World, output};
use crate::store_driven::runtime::Driven;
use crate::store_driven::{Memory, Run, cp, item};

/// More than any key, row or output here takes, B.
const OBJECT_BYTES: u64 = 400;

/// A batch under way, and what the model knows of it.
struct Open {
    batch: Batch<Driven>,
    done: Done,
    after: u64,
    at: u64,
    /// Inputs of outputs that are not stored.
    uncached: BTreeSet<u8>,
    held_before: Held,
    /// Objects it may have added to what is held.
    added: u64,
}

pub(crate) struct Play {
    memory: Memory,
    run: Run,
    world: World,
    budget: Budget,
    depth: Option<u64>,
    keep: Keep,
    open: Option<Open>,
    reference: Reference,
    staged: BTreeMap<String, String>,
    most_added: u64,
    position: u64,
}

fn id(key: Key) -> Id {
    match key {
        (0, id) => Id::Integer(id),
        (_, id) => Id::from(&*format!("k{id}")),
    }
}

fn row(table: usize, row: i64) -> Row {
    match table {
        0 => item(row),
        _ => Row::new([Value::Text(row.to_string())]),
    }
}

fn pairs(positions: &[Position]) -> Vec<(String, u64)> {
    let pair = |at: &Position| (at.source.to_string(), at.position);
    positions.iter().map(pair).collect()
}

async fn opened(memory: &Memory, budget: Budget, depth: Option<u64>) -> Run {
    let runtime = Driven::new();
    let run = memory.open_on(runtime.clone(), |settings| {
        settings.budget(budget);
        if let Some(depth) = depth {
            settings.history_depth(depth);
        }
    });
    run.await
}

impl Play {
    pub(crate) async fn new(budget: Budget, depth: Option<u64>, keep: Keep) -> Self {
        let memory = Memory::new();
        let run = opened(&memory, budget, depth).await;
        Self {
            world: World::new(&run.runtime),
            run,
            memory,
            budget,
            depth,
            keep,
            open: None,
            reference: Reference::new(depth),
            staged: BTreeMap::new(),
            most_added: 0,
            position: 0,
        }
    }

    async fn begin(&mut self) -> &mut Open {
        if self.open.is_none() {
            let batch = self.run.begin(self.keep).await;
            let held = self.run.store.held();
            assert!(held.objects <= self.budget.held.objects, "{held:?}");
            assert!(held.bytes <= self.budget.held.bytes, "{held:?}");
            let after = self.reference.sum().committed;
            self.open = Some(Open {
                batch,
                done: Done {
                    up_to: after,
                    keep: self.keep,
                    changes: Vec::new(),
                    outputs: Vec::new(),
                    positions: Vec::new(),
                },
                after,
                at: after,
                uncached: BTreeSet::new(),
                held_before: held,
                added: 0,
            });
        }
        self.open.as_mut().unwrap()
    }

    /// A batch with an item under way.
    async fn item(&mut self, step: u64) -> &mut Open {
        let open = self.begin().await;
        let at = (open.at + step).max(open.after + 1);
        if step > 0 || at > open.at {
            open.batch.item(cp(at)).unwrap();
            open.at = at;
        }
        open
    }

    async fn change(&mut self, key: Key, to: Option<i64>) {
        let table = [self.run.items, self.run.notes][key.0];
        let open = self.item(0).await;
        match to {
            Some(to) => open.batch.set(table, id(key), row(key.0, to)).unwrap(),
            None => open.batch.delete(table, id(key)).unwrap(),
        }
        open.added += 1;
        open.done.changes.push((open.at, key, to));
    }

    async fn get(&mut self, key: Key) {
        let table = [self.run.items, self.run.notes][key.0];
        let before = self.reference.sum().rows.get(&key).copied();
        let open = self.begin().await;
        let mut changes = open.done.changes.iter().rev();
        let changed = changes.find(|change| change.1 == key);
        let expected = changed.map_or(before, |change| change.2);
        let found = open.batch.get(table, &id(key)).await.unwrap();
        open.added += 1;
        assert_eq!(found, expected.map(|to| row(key.0, to)), "{key:?}");
    }

    async fn output(&mut self, cached: bool, input: u8, fails: bool) {
        let kind = if cached { "cached" } else { "uncached" };
        let text = format!("{kind}{input}");
        let known_before = self.reference.sum().outputs.contains_key(&text);
        let effect = self.world.effect(kind);
        let effect: Calls<World, Driven> = if cached { effect } else { effect.uncached() };
        let called_before = self.world.calls(&text);
        if fails {
            self.world.fail(EffectError::permanent("no"));
        }
        let world = self.world.clone();
        let open = self.begin().await;
        let in_batch = open.done.outputs.iter().any(|(_, input)| *input == text);
        let known = known_before || in_batch || !cached && open.uncached.contains(&input);
        let found = open.batch.output(&effect, &text).await;
        open.added += 1;
        let called = world.calls(&text) - called_before;
        assert!(!known || called == 0, "{text} is called though it is known");
        match found {
            Ok(found) => {
                assert_eq!(found, output(&text));
                assert!(!cached || known || called == 1, "{text} is not called");
                if !cached {
                    open.uncached.insert(input);
                } else if !known {
                    let at = open.at.max(open.after + 1);
                    open.done.outputs.push((at, text));
                }
            }
            Err(error) => {
                assert!(fails && !known, "{error}");
                assert!(matches!(error, StoreError::Effect { .. }), "{error}");
                self.open = None;
            }
        }
        world.heal();
    }

    fn commit(&mut self, extra: u64) {
        let Some(mut open) = self.open.take() else {
            return;
        };
        let up_to = open.at.max(open.after + 1) + extra;
        // The batch counts for itself as long as it waits.
        self.most_added = self.most_added.max(open.added + 1);
        open.batch.commit(cp(up_to)).unwrap();
        open.done.up_to = up_to;
        // What was reached without an item is so with the batch, unless it got further since.
        let all = std::mem::take(&mut open.done.positions);
        let further = |source: &String| {
            let of_item = |other: &(u64, String, u64)| other.0 > open.after && other.1 == *source;
            all.iter().any(of_item)
        };
        for (at, source, position) in &all {
            if *at > open.after {
                open.done.positions.push((*at, source.clone(), *position));
            } else if !further(source) {
                open.done.positions.push((up_to, source.clone(), *position));
            }
        }
        self.reference.push(open.done);
    }

    async fn roll_back(&mut self, percent: u64) {
        let processed = self.reference.sum().committed;
        let target = (processed + 1) * percent / 100;
        let result = self.run.store.roll_back(cp(target)).await;
        if self.open.take().is_some() {
            assert!(matches!(result, Err(StoreError::BatchOpen { .. })));
            return;
        }
        let from = self.reference.sum().from;
        if target < processed && from.is_none_or(|from| target < from) {
            assert!(matches!(result, Err(StoreError::NoHistory { .. })));
        } else {
            self.reference.undo_after(target);
            let expected = self.reference.sum();
            assert_eq!(pairs(&result.unwrap()), expected.reached());
            assert_eq!(self.run.store.held(), Held::default());
        }
        self.check_database();
    }

    async fn crash(&mut self) {
        self.open = None;
        let known = self.run.store.checkpoints();
        assert_eq!(known.processed, cp(self.reference.sum().committed));
        self.run.crash().await;
        self.run = opened(&self.memory, self.budget, self.depth).await;
        self.world = self.world.on(&self.run.runtime);
        let committed = self.run.resumed.committed;
        assert!(known.committed <= committed && committed <= known.processed);
        assert!(self.reference.boundaries().contains(&committed.get()));
        self.reference.forget_after(committed.get());
        let expected = self.reference.sum();
        assert_eq!(pairs(&self.run.resumed.positions), expected.reached());
        let stored = |key: &String| self.run.store.metadata(key).map(|value| value.to_string());
        let keys: Vec<String> = self.staged.keys().cloned().collect();
        let stored = keys
            .iter()
            .filter_map(|key| Some((key.clone(), stored(key)?)));
        self.staged = stored.collect();
        self.check_database();
    }

    pub(crate) fn check_held(&mut self) {
        let (held, budget) = (self.run.store.held(), self.budget.held);
        let within = |limit: Held, added: u64| {
            let limit = (limit.objects + added, limit.bytes + added * OBJECT_BYTES);
            assert!(held.objects <= limit.0 && held.bytes <= limit.1, "{held:?}");
        };
        if let Some(open) = &self.open {
            self.most_added = self.most_added.max(open.added);
            within(open.held_before, open.added);
        }
        within(budget, self.most_added);
        let most = self.run.store.most_held();
        assert!(most.objects <= budget.objects + self.most_added, "{most:?}");
        assert_eq!(self.run.store.counts().overshoots, 0);
    }

    /// The database is what the model is, when nothing waits to be written.
    fn check_database(&self) {
        let (memory, expected) = (&self.memory, self.reference.sum());
        assert_eq!(memory.committed(), expected.committed);
        assert_eq!(memory.items(), expected.lines(0));
        assert_eq!(
            memory.lines("SELECT * FROM notes ORDER BY id"),
            expected.lines(1)
        );
        let outputs = "SELECT effect, input, output, checkpoint FROM _store_outputs ORDER BY input";
        assert_eq!(memory.lines(outputs), expected.output_lines());
        assert!(memory.lines("SELECT * FROM _dead_letters").is_empty());
        if self.depth.is_some() {
            return;
        }
        let positions = "SELECT source, checkpoint, position FROM _store_positions ORDER BY 1, 2";
        assert_eq!(memory.lines(positions), expected.position_lines());
        if expected.from.is_none() {
            return;
        }
        for (table, name) in ["_history_items", "_history_notes"].iter().enumerate() {
            let all = memory.lines(&format!("SELECT * FROM {name}"));
            let found: BTreeSet<String> = all.iter().cloned().collect();
            assert_eq!(found.len(), all.len());
            let (must, may) = expected.history(table);
            assert!(
                found.is_superset(&must),
                "{must:?} are not all in {found:?}"
            );
            let more: Vec<_> = found.difference(&must).collect();
            assert!(more.iter().all(|line| may.contains(*line)), "{more:?}");
        }
    }

    fn check_metadata(&self) {
        let stored = self
            .memory
            .lines("SELECT key, value FROM _store_metadata ORDER BY key");
        let line = |(key, value): (&String, &String)| format!("{key}|{value}");
        let staged: Vec<String> = self.staged.iter().map(line).collect();
        assert_eq!(stored, staged);
    }

    pub(crate) async fn act(&mut self, op: Op) {
        match op {
            Op::Item(step) => {
                self.item(step).await;
            }
            Op::Set(key, row) => self.change(key, Some(row)).await,
            Op::Delete(key) => self.change(key, None).await,
            Op::Get(key) => self.get(key).await,
            Op::Output {
                cached,
                input,
                fails,
            } => self.output(cached, input, fails).await,
            Op::Reached(source) => {
                self.position += 1;
                let (source, position) = (format!("s{source}"), self.position);
                let open = self.begin().await;
                open.batch.reached(&source, position);
                open.done.positions.push((open.at, source, position));
            }
            Op::Commit(extra) => self.commit(extra),
            Op::Drop => self.open = None,
            Op::Switch => {
                self.keep = match self.keep {
                    Keep::Latest => Keep::History,
                    Keep::History => Keep::Latest,
                };
            }
            Op::Stage(key, value) => {
                let (key, value) = (format!("m{key}"), value.to_string());
                self.run.store.stage_metadata(&key, &value);
                self.staged.insert(key, value);
            }
            Op::Flush => {
                self.run.store.flush().await.unwrap();
                self.check_database();
                self.check_metadata();
            }
            Op::Pass(ms) => self.run.runtime.sleep(Duration::from_millis(ms)).await,
            Op::Fail(fault, times) => self.run.runtime.fail(fault, times),
            Op::Slow(ms) => self.run.runtime.commits_take(Duration::from_millis(ms)),
            Op::RollBack(percent) => self.roll_back(percent).await,
            Op::Crash => self.crash().await,
        }
    }

    pub(crate) async fn close(mut self) {
        self.open = None;
        self.run.runtime.heal();
        self.run.store.clone().close().await.unwrap();
        self.check_database();
        self.check_metadata();
        assert_eq!(self.memory.entry().status, Status::Done);
    }
}
