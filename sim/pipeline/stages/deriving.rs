//! The third stage: `last_seen` of every transmission, in chunks that listen to readers, or as one
//! statement.

use backfill::Runtime as _;
use backfill::chunked::{Backfill, Shape};
use tokio_util::sync::CancellationToken;

use super::Stages;
use crate::baselines::single_transaction;
use crate::job::{self, Task};
use crate::listing::scenario::Sink;
use crate::pipeline::scenario::StrategyKind;
use crate::pipeline::stage::Stage;
use crate::scenario::{PacerKind, Pacing};
use crate::strategy::{chain, pacer};

/// Rows of a chunk where nobody reads.
const ROWS: u64 = 500;

/// Derives until every transmission is done.
pub(super) async fn derive(stages: Stages) -> Result<(), String> {
    if stages.0.kind == StrategyKind::SingleTransaction {
        return at_once(&stages).await;
    }
    let parts = &stages.0;
    let pacer = pacer(&pacing(&stages), &parts.signal).map_err(|error| chain(&error))?;
    let (recorder, runtime) = (parts.recorder.clone(), stages.runtime());
    let database = parts.database.clone();
    let backfill = Backfill::rollup(database, &job::last_seen(), Shape::TwoPhase, pacer);
    let backfill = backfill
        .map_err(|error| chain(&error))?
        .following(|_| ())
        .observed(move |progress| {
            recorder.progress(runtime.now(), Stage::Deriving, progress.processed);
        });
    let ended = backfill.run().await;
    ended.map(drop).map_err(|error| chain(&error))
}

/// In one statement that raises rows and never lowers one.
async fn at_once(stages: &Stages) -> Result<(), String> {
    let (parts, task) = (&stages.0, Task::last_seen());
    let update = single_transaction(
        &parts.database,
        &task,
        &task.guarded_update,
        CancellationToken::new(),
    );
    let changed = update.await.map_err(|error| chain(&error))?;
    let now = stages.runtime().now();
    parts.recorder.progress(now, Stage::Deriving, changed);
    Ok(())
}

/// As the scenario says where somebody reads, and else as fast as can be in chunks.
fn pacing(stages: &Stages) -> Pacing {
    let model = &stages.0.model;
    let of_readers = Sink {
        pacer: PacerKind::ReaderSlo,
        rows: None,
        pause_ms: None,
        times_no_backfill: Some(model.pipeline.derive_times_before),
        ..Sink::default()
    };
    let unread = Sink {
        rows: Some(ROWS),
        ..Sink::default()
    };
    let read = model.load.reads_per_s > 0.0;
    if read { of_readers } else { unread }.pacing()
}
