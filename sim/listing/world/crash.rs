//! When a backfill is stopped, and started again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::listing::scenario::Crash;
use crate::scenario::Stop;

/// The crashes of a cell: one at a page, or one after every page that a run has stored.
pub(super) struct Crashes {
    crash: Option<Crash>,
    so_far: u64,
}

impl Crashes {
    pub(super) fn new(crash: Option<&Crash>) -> Self {
        Self {
            crash: crash.cloned(),
            so_far: 0,
        }
    }

    /// A run begins; counts the pages it stores, up to those after which it is stopped.
    pub(super) fn begin(&self) -> Arc<StoredPages> {
        let at = match &self.crash {
            Some(crash) if crash.every_page => Some(1),
            Some(crash) if self.so_far == 0 => crash.at_page,
            _ => None,
        };
        Arc::new(StoredPages {
            pages: AtomicU64::new(0),
            at,
            reached: Notify::new(),
        })
    }

    /// A run is stopped; how.
    pub(super) fn crash(&mut self) -> Stop {
        self.so_far += 1;
        self.crash.as_ref().map_or(Stop::Asked, |crash| crash.how)
    }

    /// How long until it is started again; `None` if it was not stopped by a crash.
    pub(super) fn resume_after(&self) -> Option<Duration> {
        let crash = self.crash.as_ref().filter(|_| self.so_far > 0)?;
        Some(Duration::from_secs_f64(crash.resume_after_s))
    }

    pub(super) const fn so_far(&self) -> u64 {
        self.so_far
    }
}

/// Pages that a run has stored, over all streams, with those that came with no object left out.
pub(super) struct StoredPages {
    pages: AtomicU64,
    /// After so many it is stopped.
    at: Option<u64>,
    reached: Notify,
}

impl StoredPages {
    pub(super) fn add(&self, pages: u64) {
        let stored = self.pages.fetch_add(pages, Ordering::Relaxed) + pages;
        if self.at.is_some_and(|at| stored >= at) {
            self.reached.notify_one();
        }
    }

    /// Returns when the run is to be stopped.
    pub(super) async fn reached(&self) {
        self.reached.notified().await;
    }
}
