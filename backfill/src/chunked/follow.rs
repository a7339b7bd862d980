//! One run at a time: what a run does that finds another one at work.
//!
//! It reads the ledger, as any reader does, until the other one has ended or has not been heard of
//! for too long; and claims the backfill only then.

use super::backfill::{Backfill, Ending, FOLLOWED_EVERY, Report};
use super::error::{BackfillError, ledger_error};
use super::progress::Progress;
use crate::ledger::{self, Holder, Migration, Status};
use crate::runtime::Runtime;

/// What the ledger says of the run that is followed.
enum Seen {
    /// It is alive.
    AtWork(Migration),
    /// It was stopped on purpose.
    Cancelled(Progress),
    /// It failed.
    Failed(String),
    /// It is done, or dead: the next claim says which.
    Over,
}

impl<R: Runtime> Backfill<R> {
    /// Follows the run of `holder` until it ends; `None` when this one is to claim the backfill.
    pub(super) async fn follow(&mut self, holder: Holder) -> Result<Option<Report>, BackfillError> {
        if self.follower.is_none() {
            return Err(BackfillError::Held {
                name: self.name.clone(),
                run: holder.run,
                silent_for: holder.silent_for,
            });
        }
        loop {
            match self.look(holder.run).await? {
                Seen::AtWork(migration) => {
                    if let Some(follower) = &mut self.follower {
                        follower(&migration);
                    }
                }
                Seen::Cancelled(progress) => {
                    return Ok(Some(Report::idle(Ending::Cancelled, progress, 0)));
                }
                Seen::Failed(error) => {
                    let name = self.name.clone();
                    return Err(BackfillError::FailedElsewhere { name, error });
                }
                Seen::Over => return Ok(None),
            }
            let runtime = self.database.runtime().clone();
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => {
                    let progress = Progress { processed: 0, total: 0 };
                    return Ok(Some(Report::idle(Ending::Cancelled, progress, 0)));
                }
                () = runtime.sleep(FOLLOWED_EVERY) => {}
            }
        }
    }

    /// What the ledger says of run number `run`.
    async fn look(&mut self, run: u64) -> Result<Seen, BackfillError> {
        let (name, stale_after) = (self.name.clone(), self.stale_after);
        let looked = self.database.read(move |connection| {
            let holder = ledger::holder(connection, &name, stale_after)?;
            let all = ledger::migrations(connection)?;
            let found = all.into_iter().find(|migration| migration.name == name);
            Ok((holder, found))
        });
        let (holder, found) = looked
            .await
            .map_err(|source| ledger_error(&self.name, "read", source))?;
        let Some(migration) = found else {
            return Ok(Seen::Over);
        };
        let progress = Progress {
            processed: migration.rows_processed,
            total: migration.rows_total,
        };
        Ok(match migration.status {
            _ if holder.is_some() => Seen::AtWork(migration),
            Status::Cancelled if migration.runs == run => Seen::Cancelled(progress),
            Status::Failed if migration.runs == run => {
                Seen::Failed(migration.error.unwrap_or_default())
            }
            _ => Seen::Over,
        })
    }
}
