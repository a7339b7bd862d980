//! Who processes the items, batch by batch, and checks what it reads.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use backfill::Runtime as _;
use backfill::persistence::{Checkpoint, Id, Keep, Position, Resumed};

use crate::machine::SimRuntime;
use crate::outcome::Window;
use crate::processing::facts::Facts;
use crate::processing::items::{Item, Items};
use crate::processing::keeper::Keeper;
use crate::processing::recorder::Recorder;
use crate::processing::replay::Replay;
use crate::processing::scenario::Model;

/// Parts of a batch that are processed without a break.
const SLICES: usize = 8;

/// A run of the processing.
pub(super) struct Processor {
    pub(super) model: Model,
    pub(super) items: Arc<Items>,
    pub(super) keeper: Keeper,
    pub(super) runtime: SimRuntime,
    pub(super) recorder: Recorder,
    pub(super) facts: Facts,
    /// What the tables are after what is processed, as far as this run knows.
    replay: Replay,
}

impl Processor {
    pub(super) fn new(
        model: Model,
        items: Arc<Items>,
        keeper: Keeper,
        runtime: SimRuntime,
        (recorder, facts): (Recorder, Facts),
    ) -> Self {
        Self {
            model,
            items,
            keeper,
            runtime,
            recorder,
            facts,
            replay: Replay::default(),
        }
    }

    /// Processes what is left after what `resumed` says.
    pub(super) async fn run(mut self, resumed: Resumed) -> Result<(), String> {
        let (roll_backs, going_back_to) = {
            let fact = self.facts.lock();
            (fact.roll_backs, fact.going_back_to)
        };
        let mut done = resumed.committed.get();
        if let Some(target) = going_back_to.filter(|target| *target < done) {
            self.keeper.roll_back(Checkpoint::new(target)).await?;
            done = target;
        } else {
            // What is in the database was made before the last time items did not count.
            let before = roll_backs - usize::from(going_back_to.is_some());
            self.check_positions(&resumed, done, before);
        }
        self.facts.lock().going_back_to = None;
        self.replay = Replay::of(&self.model, &self.items, done, roll_backs);
        loop {
            done = match self.next_roll_back(done) {
                Some(target) => self.go_back(target).await?,
                None if done == self.items.count() => break,
                None => self.batch(done).await?,
            };
        }
        self.keeper.close().await
    }

    /// Processes the next batch; the last item of it.
    async fn batch(&mut self, done: u64) -> Result<u64, String> {
        let last = self.last_of_batch(done);
        let roll_backs = self.facts.lock().roll_backs;
        let items: Vec<Item> = (done + 1..=last)
            .map(|number| self.items.item(number, roll_backs))
            .collect();
        let keeps = self.items.history_from().is_some_and(|from| done >= from);
        let keep = if keeps { Keep::History } else { Keep::Latest };
        self.keeper.begin(keep).await?;
        let moment = self.keeper.look().moment(self.runtime.now().as_nanos());
        self.recorder.moment(moment);
        let accounts: BTreeSet<i64> = items
            .iter()
            .flat_map(|one| &one.accounts)
            .copied()
            .collect();
        let accounts: Vec<Id> = accounts.into_iter().map(Id::Integer).collect();
        self.keeper.load(&accounts).await?;
        let asks = |item: &Item| {
            let input = item.asks.clone()?;
            Some((Checkpoint::new(item.number), input))
        };
        let wanted: Vec<_> = items.iter().filter_map(asks).collect();
        let mut prices = if wanted.is_empty() {
            Vec::new()
        } else {
            self.keeper.outputs(wanted).await?
        }
        .into_iter();
        // Bit by bit, so that a write may begin in the middle of a batch.
        for slice in items.chunks(items.len().div_ceil(SLICES)) {
            let took = Duration::from_micros(self.model.items.process_us * slice.len() as u64);
            self.runtime.compute(took).await;
            for item in slice {
                let price = item.asks.as_ref().and_then(|_| prices.next());
                self.item(item, price.as_ref()).await?;
            }
        }
        self.keeper.commit(Checkpoint::new(last)).await?;
        self.facts.lock().processed = last;
        let moment = self.keeper.look().moment(self.runtime.now().as_nanos());
        self.recorder.moment(moment);
        Ok(last)
    }

    /// A batch ends early where a history begins, or where items turn out not to count.
    fn last_of_batch(&self, done: u64) -> u64 {
        let whole = (done + self.model.items.batch).min(self.items.count());
        let history = self.items.history_from().filter(|from| *from > done);
        let roll_backs = self.facts.lock().roll_backs;
        let noticed = self.model.roll_back.get(roll_backs).map(|one| one.at_item);
        let ends = [history, noticed.filter(|at| *at > done)];
        ends.into_iter().flatten().fold(whole, u64::min)
    }

    async fn item(&mut self, item: &Item, price: Option<&Arc<str>>) -> Result<(), String> {
        let position = Position {
            source: format!("source-{}", item.source).into(),
            position: item.position,
        };
        self.keeper.item(Checkpoint::new(item.number), position)?;
        for (place, &account) in item.accounts.iter().enumerate() {
            let id = Id::Integer(account);
            let before = self.keeper.account(&id).await?;
            let expected = self.replay.accounts.get(&account);
            let wrong = (before.as_ref() != expected).then(|| {
                format!(
                    "item {} found {before:?} as account {account}, and not {expected:?}",
                    item.number
                )
            });
            self.recorder.read(wrong);
            let row = self.items.account(item, place, before.as_ref(), price);
            let closed = item.closes && place == 0;
            self.keeper.set_account(id, (!closed).then_some(row))?;
        }
        let id = Id::Integer(item.number.cast_signed());
        self.keeper.add_move(id, Items::moved(item))?;
        self.replay.fold(&self.items, item);
        Ok(())
    }

    /// Where to go back to, if it turns out now that items did not count.
    fn next_roll_back(&self, done: u64) -> Option<u64> {
        let next = self.facts.lock().roll_backs;
        let roll_back = self.model.roll_back.get(next)?;
        (roll_back.at_item == done).then_some(roll_back.to_item)
    }

    async fn go_back(&mut self, target: u64) -> Result<u64, String> {
        let roll_backs = {
            let mut fact = self.facts.lock();
            fact.roll_backs += 1;
            fact.going_back_to = Some(target);
            fact.roll_backs
        };
        let start_ns = self.runtime.now().as_nanos();
        let positions = self.keeper.roll_back(Checkpoint::new(target)).await?;
        let end_ns = self.runtime.now().as_nanos();
        self.recorder
            .disturbed("roll back", Window { start_ns, end_ns });
        self.facts.lock().going_back_to = None;
        self.replay = Replay::of(&self.model, &self.items, target, roll_backs);
        self.check(&positions);
        Ok(target)
    }

    fn check_positions(&mut self, resumed: &Resumed, done: u64, roll_backs: usize) {
        self.replay = Replay::of(&self.model, &self.items, done, roll_backs);
        self.check(&resumed.positions);
    }

    /// Whether sources are said to be where they are.
    fn check(&self, positions: &[Position]) {
        let said: Vec<(String, u64)> = positions
            .iter()
            .map(|one| (one.source.to_string(), one.position))
            .collect();
        let known = self.replay.positions.iter();
        let true_ones: Vec<(String, u64)> = known
            .map(|(source, position)| (format!("source-{source}"), *position))
            .collect();
        let wrong =
            (said != true_ones).then(|| format!("positions are {said:?}, and not {true_ones:?}"));
        self.recorder.read(wrong);
    }
}
