//! What processing reads from and writes to: the store under test, or what others would use.

use std::sync::Arc;

use backfill::Runtime as _;
use backfill::database::Database;
use backfill::limit::{Limit, LimitError, Limiter, Rate};
use backfill::persistence::{
    Batch, Budget, Calls, Checkpoint, Held, Id, Keep, Position, Resumed, RetryPolicy, Row,
    Settings, Store, TableId, Unsaved, Writer,
};
use rand::Rng as _;

use super::outcome::{Moment, counter};
use super::plain::{Habits, Plain};
use super::recorder::Recorder;
use super::scenario::{Model, Strategy, StrategyKind};
use super::tables;
use super::world::Prices;
use crate::machine::SimRuntime;
use crate::seed::{Purpose, stream};
use crate::strategy::chain;

/// The store's name in the ledger.
pub(super) const NAME: &str = "processing";

/// What processing reads from and writes to.
pub(super) enum Keeper {
    Store(Box<Kept>),
    Plain(Box<Plain>),
}

/// The store under test.
pub(super) struct Kept {
    store: Store<SimRuntime>,
    batch: Option<Batch<SimRuntime>>,
    accounts: TableId,
    moves: TableId,
    calls: Calls<Prices, SimRuntime>,
    recorder: Recorder,
    runtime: SimRuntime,
    /// Whether every batch is written before the next one begins.
    flushes: bool,
}

/// Who writes behind it.
pub(super) enum Behind {
    Store(Writer<SimRuntime>),
    Plain(super::plain::Writer),
}

/// What may be held.
pub(super) fn budget(model: &Model, strategy: &Strategy) -> Held {
    match strategy.kind {
        StrategyKind::Unbounded => Held {
            objects: u64::MAX,
            bytes: u64::MAX,
        },
        _ => Held {
            objects: strategy.objects.unwrap_or(model.budget.objects),
            bytes: strategy.mib.unwrap_or(model.budget.mib) << 20,
        },
    }
}

/// The effect, as processing calls it.
pub(super) fn calls(
    model: &Model,
    seed: u64,
    runtime: &SimRuntime,
    prices: Prices,
) -> Result<Calls<Prices, SimRuntime>, LimitError> {
    let effect = &model.effect;
    let per_ks = libm::round(effect.rate_per_s * 1_000.0) as u32;
    let limit = Limit::new(Rate::per_ks(per_ks)?).with_burst(effect.burst)?;
    let retry = RetryPolicy::new(stream(seed, Purpose::Network, "effect-retries").next_u64());
    let limiter = Limiter::new(runtime.clone(), limit);
    let calls = Calls::new("price", prices, limiter, retry).at_once(effect.at_once as usize);
    Ok(if effect.cached {
        calls
    } else {
        calls.uncached()
    })
}

impl Keeper {
    /// Opens what `strategy` uses where an earlier run has left it.
    pub(super) async fn open(
        database: Database<SimRuntime>,
        (model, strategy): (&Model, &Strategy),
        seed: u64,
        recorder: &Recorder,
        prices: Prices,
    ) -> Result<(Self, Behind, Resumed), String> {
        let runtime = database.runtime().clone();
        let calls = calls(model, seed, &runtime, prices).map_err(|e| e.to_string())?;
        if let Some(habits) = Habits::of(strategy.kind) {
            let held = budget(model, strategy);
            let opened = Plain::open(database, habits, held, calls, recorder.clone()).await;
            let (plain, writer, resumed) = opened.map_err(|error| chain(&error))?;
            return Ok((Self::Plain(Box::new(plain)), Behind::Plain(writer), resumed));
        }
        let mut settings = Settings::new(
            NAME,
            stream(seed, Purpose::Database, "store-retries").next_u64(),
        );
        let accounts = settings.table(tables::accounts());
        let moves = settings.table(tables::moves());
        let held = match strategy.kind {
            StrategyKind::Wipe => Held::default(),
            _ => budget(model, strategy),
        };
        let unsaved = strategy
            .efficiency_percent
            .map_or(Unsaved::Any, Unsaved::ForEfficiency);
        settings
            .budget(Budget { held, unsaved })
            .last(Checkpoint::new(model.items.count))
            .watcher(recorder.clone());
        let opened = Store::open(database, settings).await;
        let (store, writer, resumed) = opened.map_err(|error| chain(&error))?;
        let kept = Kept {
            store,
            batch: None,
            accounts,
            moves,
            calls,
            recorder: recorder.clone(),
            runtime,
            flushes: matches!(
                strategy.kind,
                StrategyKind::Synchronous | StrategyKind::Wipe
            ),
        };
        Ok((Self::Store(Box::new(kept)), Behind::Store(writer), resumed))
    }

    pub(super) async fn begin(&mut self, keep: Keep) -> Result<(), String> {
        match self {
            Self::Store(kept) => {
                let batch = kept.store.begin(keep).await;
                kept.batch = Some(batch.map_err(|error| chain(&error))?);
                Ok(())
            }
            Self::Plain(plain) => plain.begin(keep).await,
        }
    }

    /// Looks up accounts that will be asked for.
    pub(super) async fn load(&mut self, accounts: &[Id]) -> Result<(), String> {
        match self {
            Self::Store(kept) => {
                let table = kept.accounts;
                let loaded = kept.batch().load(table, accounts).await;
                loaded.map_err(|error| chain(&error))
            }
            Self::Plain(plain) => plain.load(accounts).await,
        }
    }

    /// The outputs for inputs that will be asked for by these items.
    pub(super) async fn outputs(
        &mut self,
        wanted: Vec<(Checkpoint, Arc<str>)>,
    ) -> Result<Vec<Arc<str>>, String> {
        match self {
            Self::Store(kept) => {
                let calls = kept.calls.clone();
                let outputs = kept.batch().outputs(&calls, wanted).await;
                outputs.map_err(|error| chain(&error))
            }
            Self::Plain(plain) => plain.outputs(wanted).await,
        }
    }

    /// The next item is processed, and its source is at `position` with it.
    pub(super) fn item(&mut self, number: Checkpoint, position: Position) -> Result<(), String> {
        match self {
            Self::Store(kept) => {
                let batch = kept.batch();
                batch.item(number).map_err(|error| chain(&error))?;
                batch.reached(&position.source, position.position);
                Ok(())
            }
            Self::Plain(plain) => {
                plain.item(number, position);
                Ok(())
            }
        }
    }

    pub(super) async fn account(&mut self, id: &Id) -> Result<Option<Row>, String> {
        match self {
            Self::Store(kept) => {
                let table = kept.accounts;
                let row = kept.batch().get(table, id).await;
                row.map_err(|error| chain(&error))
            }
            Self::Plain(plain) => plain.account(id).await,
        }
    }

    /// Sets an account, or closes it.
    pub(super) fn set_account(&mut self, id: Id, row: Option<Row>) -> Result<(), String> {
        match self {
            Self::Store(kept) => {
                let (table, batch) = (kept.accounts, kept.batch());
                let set = match row {
                    Some(row) => batch.set(table, id, row),
                    None => batch.delete(table, id),
                };
                kept.recorder.added(1);
                set.map_err(|error| chain(&error))
            }
            Self::Plain(plain) => {
                plain.set(super::plain::Of::Accounts, id, row);
                Ok(())
            }
        }
    }

    /// Adds a move.
    pub(super) fn add_move(&mut self, id: Id, row: Row) -> Result<(), String> {
        match self {
            Self::Store(kept) => {
                let table = kept.moves;
                kept.recorder.added(1);
                let set = kept.batch().set(table, id, row);
                set.map_err(|error| chain(&error))
            }
            Self::Plain(plain) => {
                plain.set(super::plain::Of::Moves, id, Some(row));
                Ok(())
            }
        }
    }

    pub(super) async fn commit(&mut self, up_to: Checkpoint) -> Result<(), String> {
        match self {
            Self::Store(kept) => {
                if let Some(batch) = kept.batch.take() {
                    batch.commit(up_to).map_err(|error| chain(&error))?;
                }
                if kept.flushes {
                    let began_at = kept.runtime.now();
                    kept.store.flush().await.map_err(|error| chain(&error))?;
                    let now = kept.runtime.now();
                    kept.recorder.stalled(now, now - began_at);
                }
                Ok(())
            }
            Self::Plain(plain) => plain.commit(up_to),
        }
    }

    pub(super) async fn roll_back(&mut self, target: Checkpoint) -> Result<Vec<Position>, String> {
        match self {
            Self::Store(kept) => {
                let back = kept.store.roll_back(target).await;
                back.map_err(|error| chain(&error))
            }
            Self::Plain(_) => Err("it has no way to go back".to_owned()),
        }
    }

    /// Waits until everything is written, and ends whoever writes.
    pub(super) async fn close(self) -> Result<(), String> {
        match self {
            Self::Store(kept) => {
                let store = kept.store.clone();
                drop(kept);
                store.close().await.map_err(|error| chain(&error))
            }
            Self::Plain(plain) => plain.close().await,
        }
    }

    /// What is held now, and how far it is; also notes the most that ever was.
    pub(super) fn look(&self) -> Look {
        match self {
            Self::Store(kept) => Look::Store(kept.store.clone()),
            Self::Plain(plain) => Look::Plain(plain.shared()),
        }
    }
}

impl Kept {
    fn batch(&mut self) -> &mut Batch<SimRuntime> {
        self.batch
            .as_mut()
            .expect("a batch is begun before it is used")
    }
}

/// A look at what is held, from outside.
#[derive(Clone)]
pub(super) enum Look {
    Store(Store<SimRuntime>),
    Plain(super::plain::Shared),
}

impl Look {
    /// What is held at `at_ns`.
    pub(super) fn moment(&self, at_ns: u64) -> Moment {
        let (held, unsaved, processed, committed) = match self {
            Self::Store(store) => {
                let reached = store.checkpoints();
                let (processed, committed) = (reached.processed, reached.committed);
                (store.held(), store.unsaved(), processed, committed)
            }
            Self::Plain(plain) => plain.look(),
        };
        Moment {
            at_ns,
            objects: held.objects,
            bytes: held.bytes,
            unsaved,
            processed: processed.get(),
            committed: committed.get(),
        }
    }

    /// Notes what a run that ends was like.
    pub(super) fn note(&self, recorder: &Recorder) {
        match self {
            Self::Store(store) => {
                recorder.most_held(store.most_held());
                let counts = store.counts();
                recorder.counted(counter::ROW_HITS, counts.row_hits);
                recorder.counted(counter::OUTPUT_HITS, counts.output_hits);
                recorder.counted(counter::OUTPUT_LOADS, counts.output_loads);
            }
            Self::Plain(plain) => plain.note(recorder),
        }
    }
}
