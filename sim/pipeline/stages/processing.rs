//! The second stage: the crate's store takes what is in the inbox, in the order it came.
//!
//! How far it is is the rowid of the inbox: rows are only ever added to it, each with the next. It
//! goes on until the ledger says that listing is done and nothing is left.

use std::time::Duration;

use backfill::Runtime as _;
use backfill::persistence::{
    Budget, Checkpoint, Held, Id, Keep, Row, Settings, Store, StoreError, TableId, Unsaved,
};
use rand::Rng as _;
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Stages, all, is_done};
use crate::pipeline::history::{Observation, Transmission, hash};
use crate::pipeline::stage::Stage;
use crate::pipeline::tables;
use crate::seed::{Purpose, stream};
use crate::strategy::chain;
use crate::upstream::number_in;

/// Until an inbox that was empty is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Rows that are processed without a break: a write may begin in the middle of a batch.
const SLICE: usize = 500;

/// A row of the inbox.
struct Arrived {
    rowid: i64,
    made: Observation,
}

/// Who processes.
struct Processor {
    stages: Stages,
    store: Store<crate::machine::SimRuntime>,
    transmissions: TableId,
    observations: TableId,
}

/// Processes until listing is done and the inbox is empty.
pub(super) async fn process(stages: Stages) -> Result<(), String> {
    let parts = &stages.0;
    let model = &parts.model;
    let seed = stream(parts.seed, Purpose::Database, "store-retries").next_u64();
    let mut settings = Settings::new(Stage::Processing.migration(), seed);
    let transmissions = settings.table(tables::transmissions());
    let observations = settings.table(tables::observations());
    settings
        .budget(Budget {
            held: Held {
                objects: model.budget.objects,
                bytes: model.budget.mib << 20,
            },
            unsaved: Unsaved::ForEfficiency(model.pipeline.efficiency_percent),
        })
        .watcher(parts.recorder.clone());
    let opened = Store::open(parts.database.clone(), settings).await;
    let (store, writer, resumed) = opened.map_err(|error| chain(&error))?;
    stages.keep(store.clone());
    let processor = Processor {
        stages,
        store,
        transmissions,
        observations,
    };
    let mut running = JoinSet::new();
    running.spawn(async move {
        let ended = writer.run(CancellationToken::new()).await;
        ended.map(drop).map_err(|error| chain(&error))
    });
    running.spawn(processor.run(resumed.committed.get().cast_signed()));
    all(running).await
}

impl Processor {
    async fn run(self, mut done: i64) -> Result<(), String> {
        let runtime = self.stages.runtime();
        loop {
            let (rows, listed) = self.arrived(done).await?;
            if let Some(last) = rows.last() {
                done = last.rowid;
                let processed = self.batch(&rows).await;
                processed.map_err(|error| chain(&error))?;
            } else if listed {
                break;
            } else {
                runtime.sleep(LOOK_AGAIN).await;
            }
        }
        self.store.close().await.map_err(|error| chain(&error))
    }

    /// The rows of the inbox after `done`, a batch at the most, and whether no more will come: seen
    /// in one transaction, or a row could come between the two.
    async fn arrived(&self, done: i64) -> Result<(Vec<Arrived>, bool), String> {
        let history = self.stages.history();
        let most = self.stages.0.model.pipeline.batch.cast_signed();
        let read = move |connection: &Connection| -> rusqlite::Result<_> {
            let mut select = connection.prepare_cached(
                "SELECT rowid, id, created FROM inbox WHERE rowid > ?1 ORDER BY rowid LIMIT ?2",
            )?;
            let rows = select.query_map(params![done, most], |row| {
                let number = row.get_ref(1)?.as_str().ok().and_then(number_in);
                let created: Option<i64> = row.get(2)?;
                let made = number.zip(created);
                let made = made.map(|(number, created)| history.listed(number, created));
                Ok((row.get(0)?, made))
            })?;
            let rows: Vec<(i64, Option<Observation>)> = rows.collect::<rusqlite::Result<_>>()?;
            let listed = rows.is_empty() && is_done(connection, Stage::Listing)?;
            Ok((rows, listed))
        };
        let read = self.stages.0.database.read(read).await;
        let (rows, listed) = read.map_err(|error| chain(&error))?;
        let known = rows.into_iter().map(|(rowid, made)| match made {
            Some(made) => Ok(Arrived { rowid, made }),
            None => Err(format!("row {rowid} of the inbox is no packet")),
        });
        Ok((known.collect::<Result<_, _>>()?, listed))
    }

    async fn batch(&self, rows: &[Arrived]) -> Result<(), StoreError> {
        let runtime = self.stages.runtime();
        let process = Duration::from_micros(self.stages.0.model.pipeline.process_us);
        let mut batch = self.store.begin(Keep::Latest).await?;
        let ids: Vec<Id> = rows
            .iter()
            .map(|row| row.made.transmission.into())
            .collect();
        batch.load(self.transmissions, &ids).await?;
        let mut last = 0;
        for slice in rows.chunks(SLICE) {
            runtime.compute(process * slice.len() as u32).await;
            for &Arrived { rowid, made } in slice {
                last = rowid.cast_unsigned();
                batch.item(Checkpoint::new(last))?;
                let id = Id::Integer(made.transmission);
                let known = batch.get(self.transmissions, &id).await?;
                let row = observed(known.as_ref(), &made);
                batch.set(self.transmissions, id, row)?;
                let values = [made.transmission, made.timestamp].map(Value::Integer);
                batch.set(self.observations, made.id.into(), Row::new(values))?;
            }
        }
        batch.commit(Checkpoint::new(last))
    }
}

/// What a transmission is with one observation more; nothing is known of it before the first, or
/// only that it was heard live.
fn observed(known: Option<&Row>, made: &Observation) -> Row {
    let mut of = Transmission::default();
    let mut name = Value::Text(String::new());
    if let Some([hash, Value::Integer(observations), first_seen]) = known.map(Row::values) {
        name = hash.clone();
        of.observations = *observations;
        of.first_seen = match first_seen {
            Value::Integer(first_seen) => Some(*first_seen),
            _ => None,
        };
    }
    if of.observations == 0 {
        name = Value::Text(hash(made.transmission));
    }
    of.observe(made.timestamp);
    let first_seen = of.first_seen.map_or(Value::Null, Value::Integer);
    Row::new([name, Value::Integer(of.observations), first_seen])
}
