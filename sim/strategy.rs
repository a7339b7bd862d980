//! Runs one strategy of a scenario on a cell's database.

use std::time::Duration;

use backfill::chunked::{Backfill, Ending as BackfillEnding, Fixed, Progress};
use backfill::database::{Database, DatabaseError};
use tokio_util::sync::CancellationToken;

use crate::baselines::{dressed_single_transaction, single_transaction};
use crate::job;
use crate::machine::SimRuntime;
use crate::outcome::Ending;
use crate::scenario::{Strategy, StrategyKind};

/// Runs `strategy` until it is done or `cancel` is cancelled; `announce` hears of its progress.
pub async fn run(
    strategy: &Strategy,
    database: &Database<SimRuntime>,
    cancel: CancellationToken,
    announce: impl FnMut(Progress) + Send + 'static,
) -> Ending {
    let rows = strategy.rows.unwrap_or(1);
    match strategy.kind {
        StrategyKind::SingleTransaction => ending(single_transaction(database, cancel).await),
        StrategyKind::DressedSingleTransaction => {
            ending(dressed_single_transaction(database, rows, cancel, announce).await)
        }
        StrategyKind::Chunked => {
            let pause = Duration::from_millis(strategy.pause_ms.unwrap_or(0));
            match chunked(database, rows, pause, cancel, announce).await {
                Ok(ending) => ending,
                Err(error) => Ending::Failed(chain(&*error)),
            }
        }
    }
}

async fn chunked(
    database: &Database<SimRuntime>,
    rows: u64,
    pause: Duration,
    cancel: CancellationToken,
    announce: impl FnMut(Progress) + Send + 'static,
) -> Result<Ending, Box<dyn std::error::Error + Send + Sync>> {
    let backfill = Backfill::new(
        database.clone(),
        job::last_seen()?,
        Fixed::new(rows, pause)?,
    )
    .observed(announce)
    .cancelled_by(cancel);
    Ok(match backfill.run().await?.ending {
        BackfillEnding::Done | BackfillEnding::AlreadyDone => Ending::Done,
        BackfillEnding::Cancelled => Ending::Cancelled,
    })
}

fn ending(updated: Result<u64, DatabaseError>) -> Ending {
    match updated {
        Ok(_) => Ending::Done,
        Err(error) if error.is_interrupt() => Ending::Cancelled,
        Err(error) => Ending::Failed(chain(&error)),
    }
}

/// An error with what caused it.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}
