//! Runs one strategy of a scenario on a cell's database.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use backfill::Runtime;
use backfill::chunked::{
    Backfill, ChunkCost, Efficiency, Ending as BackfillEnding, Fixed, JobError, Objective, Pace,
    Pacer, PacerError, Progress, ReaderSignal, ReaderSlo, Shape, TimeTarget, WalBudget, Work,
};
use backfill::database::{Database, DatabaseError};
use tokio_util::sync::CancellationToken;

use crate::baselines::{
    ElapsedTime, HandRolled, LateWrite, Mistake, ProportionalPause, Rescan,
    dressed_single_transaction, sentinel_job, single_transaction,
};
use crate::clock::Clock;
use crate::job::{Chunks, Task};
use crate::machine::SimRuntime;
use crate::outcome::Ending;
use crate::recorder::Recorder;
use crate::scenario::{PacerKind, Pacing, ReadsOn, ShapeKind, Strategy, StrategyKind};

/// Where a strategy runs, and who hears of it.
pub struct Stage {
    /// What is to be done.
    pub task: Arc<Task>,
    /// The cell's database.
    pub database: Database<SimRuntime>,
    /// A connection of the strategy's own for reads, where it asks for one.
    pub apart: Option<Database<SimRuntime>>,
    /// What those live through who were promised something, for pacers that ask.
    pub signal: ReaderSignal,
    /// Where chunks are noted as they are asked for.
    pub recorder: Recorder,
}

/// Runs `strategy` until it is done or `cancel` is cancelled; `announce` hears of its progress.
pub async fn run(
    strategy: &Strategy,
    stage: &Stage,
    cancel: CancellationToken,
    announce: impl FnMut(Progress) + Send + 'static,
) -> Ending {
    let (database, task) = (&stage.database, &*stage.task);
    match strategy.kind {
        StrategyKind::SingleTransaction => {
            ending(single_transaction(database, task, &task.update, cancel).await)
        }
        StrategyKind::GuardedSingleTransaction => {
            ending(single_transaction(database, task, &task.guarded_update, cancel).await)
        }
        StrategyKind::DressedSingleTransaction => {
            let rows = strategy.rows.unwrap_or(1);
            ending(dressed_single_transaction(database, task, rows, cancel, announce).await)
        }
        StrategyKind::Proposal
        | StrategyKind::PauseSkipped
        | StrategyKind::NoSnapshot
        | StrategyKind::NoCursor
        | StrategyKind::LateWrite
        | StrategyKind::DoneAfterCancel
        | StrategyKind::ProgressPerRow
        | StrategyKind::ResumeFromZero => mistaken(strategy, stage, cancel, announce).await,
        StrategyKind::Chunked | StrategyKind::SentinelCursor | StrategyKind::BlindStatus => {
            match chunked(strategy, stage, cancel, announce).await {
                Ok(ending) => ending,
                Err(error) => Ending::Failed(chain(&*error)),
            }
        }
    }
}

/// Loops of their own, each with a mistake.
async fn mistaken(
    strategy: &Strategy,
    stage: &Stage,
    cancel: CancellationToken,
    announce: impl FnMut(Progress) + Send + 'static,
) -> Ending {
    let database = &stage.database;
    let rows = strategy.rows.unwrap_or(1);
    let pause = Duration::from_millis(strategy.pause_ms.unwrap_or(0));
    let mistake = match strategy.kind {
        StrategyKind::Proposal => {
            let proposal = Rescan::proposal(rows, pause);
            return ending(proposal.run(database, cancel, announce).await);
        }
        StrategyKind::NoCursor => {
            let rescan = Rescan::without_cursor(rows, pause);
            return ending(rescan.run(database, cancel, announce).await);
        }
        StrategyKind::LateWrite => {
            let late = LateWrite { rows, pause };
            return ending(late.run(database, cancel, announce).await);
        }
        StrategyKind::PauseSkipped => Some(Mistake::PauseSkipped),
        StrategyKind::NoSnapshot => Some(Mistake::NoSnapshot),
        StrategyKind::DoneAfterCancel => Some(Mistake::DoneAfterCancel),
        StrategyKind::ProgressPerRow => Some(Mistake::ProgressPerRow),
        StrategyKind::ResumeFromZero => Some(Mistake::ResumeFromZero),
        _ => None,
    };
    match HandRolled::new(rows, pause, mistake) {
        Ok(hand_rolled) => {
            let run = hand_rolled.run(database, &stage.recorder, cancel, announce);
            ending(run.await)
        }
        Err(error) => Ending::Failed(chain(&error)),
    }
}

async fn chunked(
    strategy: &Strategy,
    stage: &Stage,
    cancel: CancellationToken,
    announce: impl FnMut(Progress) + Send + 'static,
) -> Result<Ending, Box<dyn std::error::Error + Send + Sync>> {
    let pacer = Noted {
        pacer: pacer(&strategy.pacing(), &stage.signal)?,
        clock: stage.database.runtime().clock(),
        recorder: stage.recorder.clone(),
    };
    let databases = (stage.database.clone(), stage.apart.clone());
    let backfill = backfill(strategy, &stage.task, databases, pacer)?;
    // A run that was killed is still in the ledger: it is followed until it is known to be dead.
    let backfill = backfill
        .following(|_| ())
        .observed(announce)
        .cancelled_by(cancel);
    Ok(match backfill.run().await?.ending {
        BackfillEnding::Done | BackfillEnding::AlreadyDone => Ending::Done,
        BackfillEnding::Cancelled => Ending::Cancelled,
    })
}

/// `strategy`, one in chunks, as the crate under test does `task`: on a database, and on another
/// one for what it reads apart.
///
/// # Errors
/// If the task is none.
pub fn backfill<R: Runtime>(
    strategy: &Strategy,
    task: &Task,
    (database, apart): (Database<R>, Option<Database<R>>),
    pacer: impl Pacer,
) -> Result<Backfill<R>, JobError> {
    let mut backfill = match (strategy.kind, &task.chunks) {
        (StrategyKind::SentinelCursor, _) => Backfill::new(database, sentinel_job()?, pacer),
        (_, Chunks::Columns(job)) => Backfill::new(database, job.clone(), pacer),
        (_, Chunks::Rollup(rollup)) => Backfill::rollup(database, rollup, shape(strategy), pacer)?,
    };
    if let Some(apart) = apart {
        backfill = backfill.reading_apart(apart);
    }
    if strategy.pacer == Some(PacerKind::ReaderSlo) {
        backfill = backfill.within(WalBudget::default());
    }
    Ok(backfill)
}

const fn shape(strategy: &Strategy) -> Shape {
    match strategy.shape {
        None | Some(ShapeKind::InPlace) => Shape::InPlace,
        Some(ShapeKind::TwoPhase) => Shape::TwoPhase,
        Some(ShapeKind::StorageOrder) => Shape::StorageOrder,
    }
}

/// Whether `strategy` reads on a connection of its own.
#[must_use]
pub fn reads_apart(strategy: &Strategy) -> bool {
    strategy.shape.unwrap_or_default() != ShapeKind::InPlace
        && strategy.reads.unwrap_or_default() == ReadsOn::Apart
}

/// Bounds of chunks that pacers size: GitLab's largest batch, and a size no hold of which is short.
const EFFICIENCY_MAX_ROWS: u64 = 2_000_000;
const READER_SLO_MAX_ROWS: u64 = 20_000;

/// The pacer of a checked scenario: what its kind needs is there. It listens to `readers`.
///
/// # Errors
/// If its settings contradict each other.
pub fn pacer(pacing: &Pacing, readers: &ReaderSignal) -> Result<Box<dyn Pacer>, PacerError> {
    let ms = |value: Option<u64>| Duration::from_millis(value.unwrap_or(0));
    let rows = pacing.rows.unwrap_or(0);
    Ok(match pacing.pacer {
        PacerKind::Fixed => Box::new(Fixed::new(rows, ms(pacing.pause_ms))?),
        PacerKind::ProportionalPause => Box::new(ProportionalPause {
            rows: NonZeroU64::new(rows).ok_or(PacerError::NoRows)?,
            coefficient: pacing.coefficient.unwrap_or(0.0),
        }),
        PacerKind::TimeTarget => Box::new(TimeTarget::new(ms(pacing.target_ms))?),
        PacerKind::ElapsedTime => Box::new(ElapsedTime::new(ms(pacing.target_ms))?),
        PacerKind::Efficiency => {
            let interval = ms(pacing.interval_ms);
            Box::new(Efficiency::new(interval, rows, 1, EFFICIENCY_MAX_ROWS)?)
        }
        PacerKind::ReaderSlo => {
            let objective = match pacing.times_no_backfill {
                Some(times) => Objective::TimesBefore(times),
                None => Objective::P95(ms(pacing.p95_ms)),
            };
            let readers = readers.clone();
            Box::new(ReaderSlo::new(objective, 1, READER_SLO_MAX_ROWS, readers)?)
        }
    })
}

/// A pacer whose wishes are noted.
struct Noted {
    pacer: Box<dyn Pacer>,
    clock: Clock,
    recorder: Recorder,
}

impl Pacer for Noted {
    fn pace(&mut self, next: Work, last: Option<&ChunkCost>) -> Pace {
        let pace = self.pacer.pace(next, last);
        self.recorder
            .pace(self.clock.now(), next, pace, last.is_none());
        pace
    }
}

fn ending(updated: Result<u64, DatabaseError>) -> Ending {
    match updated {
        Ok(_) => Ending::Done,
        Err(error) if error.is_interrupt() => Ending::Cancelled,
        Err(error) => Ending::Failed(chain(&error)),
    }
}

/// An error with what caused it, on one line.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}
