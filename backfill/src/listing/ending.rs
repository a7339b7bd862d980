//! How a run ends: what is reported, and the note of it in the ledger.

use std::error::Error as _;
use std::sync::Arc;

use super::api::ListApi;
use super::listing::{Ending, ListingError, Report};
use super::run::{Run, Stop};
use crate::database::DatabaseError;
use crate::ledger::{self, Status};
use crate::runtime::Runtime;

impl<R: Runtime, A: ListApi> Run<R, A> {
    /// Writes the ending of a run that has `worked` into the ledger and reports.
    pub(super) async fn end(
        mut self,
        worked: Result<(), ListingError>,
    ) -> Result<Report, ListingError> {
        let ended = worked.and_then(|()| self.ending());
        let (status, said) = match &ended {
            // The entry is another run's.
            Err(ListingError::TurnOver { .. }) => return ended.map(|ending| self.report(ending)),
            Err(error) => {
                let cause = error.source();
                let said = cause.map_or_else(|| error.to_string(), ToString::to_string);
                (Status::Failed, Some(said))
            }
            Ok(Ending::Done) => {
                self.progress.total = self.progress.processed;
                (Status::Done, None)
            }
            Ok(_) => (Status::Cancelled, None),
        };
        let noted = self.note_end(status, said).await;
        let name = self.listing.job.name.clone();
        match (ended, noted) {
            (Ok(ending), Ok(())) => Ok(self.report(ending)),
            (Ok(_), Err(error)) if is_turn_over(&error) => Err(self.failed_to_store(error)),
            (Ok(_), Err(source)) => Err(ListingError::Ledger {
                name,
                action: "closed",
                source,
            }),
            (Err(failed), noted) => {
                if let Err(error) = noted {
                    tracing::warn!(name, %error, "the ledger does not say that the backfill failed");
                }
                Err(failed)
            }
        }
    }

    /// How a run has ended that has nothing more to do.
    fn ending(&mut self) -> Result<Ending, ListingError> {
        let store = self.store.as_ref();
        let complete = store.is_some_and(|store| store.state.is_complete());
        let (name, processed) = (self.listing.job.name.clone(), self.progress.processed);
        match self.stopped.take() {
            Some(Stop::Failed(source)) => Err(ListingError::Page {
                name,
                resource: Arc::clone(&self.listing.job.resource),
                processed,
                source,
            }),
            _ if complete => Ok(Ending::Done),
            Some(Stop::Cancelled) => Ok(Ending::Cancelled),
            None if !self.may_ask() => Ok(Ending::LimitReached),
            None => Err(ListingError::Unfinished { name, processed }),
        }
    }

    const fn report(&self, ending: Ending) -> Report {
        Report {
            ending,
            progress: self.progress,
            pages: self.pages,
            observer_panics: self.observer_panics,
        }
    }

    /// What a transaction that failed with `source` is to the run.
    pub(super) fn failed_to_store(&self, source: DatabaseError) -> ListingError {
        let (name, processed) = (self.listing.job.name.clone(), self.progress.processed);
        if is_turn_over(&source) {
            return ListingError::TurnOver { name, processed };
        }
        ListingError::Store {
            name,
            processed,
            source,
        }
    }

    /// What a panic that said `message` is to the run: its failure, not its host's.
    pub(super) fn panicked(&self, message: String) -> ListingError {
        ListingError::Panicked {
            name: self.listing.job.name.clone(),
            message,
            processed: self.progress.processed,
        }
    }

    async fn note_end(
        &mut self,
        status: Status,
        error: Option<String>,
    ) -> Result<(), DatabaseError> {
        let (turn, total) = (self.turn.clone(), self.progress.total);
        let worked = self.runtime().now() - self.began_at;
        let end = move |connection: &rusqlite::Connection| {
            turn.finish(connection, status, total, error.as_deref(), worked)
        };
        self.notes().write(end).await
    }
}

/// Whether a transaction failed because the run's turn is over.
pub(super) const fn is_turn_over(error: &DatabaseError) -> bool {
    matches!(error, DatabaseError::Sqlite(error) if ledger::is_turn_over(error))
}
