//! Hears of a listing backfill under way, and passes it on.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use backfill::Runtime as _;
use backfill::listing::Event;

use super::crash::StoredPages;
use crate::listing::outcome::Forecast;
use crate::listing::recorder::Recorder;
use crate::machine::SimRuntime;
use crate::world::Watch;

/// Who hears of the backfill of one stream.
pub(super) struct Watching {
    /// The stream's number.
    pub(super) number: usize,
    pub(super) runtime: SimRuntime,
    pub(super) recorder: Recorder,
    pub(super) watch: Arc<Watch>,
    pub(super) stored: Arc<StoredPages>,
}

impl Watching {
    pub(super) fn hear(&self, event: Event<'_>) {
        match event {
            Event::Fetched { .. } => {}
            Event::Stored(stored) => {
                self.recorder.stored(self.number, &stored);
                let progress = stored.progress;
                self.watch
                    .processed
                    .store(progress.processed, Ordering::Relaxed);
                self.watch.total.store(progress.total, Ordering::Relaxed);
                if stored.items > 0 {
                    self.stored.add(u64::from(stored.pages));
                }
            }
            Event::Expected { pages, eta } => self.recorder.expected(Forecast {
                at_ns: self.runtime.now().as_nanos(),
                done_pages: pages,
                left_pages: eta.pages,
                eta_ns: Some(ns(eta.likely)),
                eta_least_ns: Some(ns(eta.least)),
                eta_most_ns: eta.most.map(ns),
            }),
        }
    }
}

fn ns(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
