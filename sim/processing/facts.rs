//! What happens outside of any run of the processing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What happens outside of any run of the processing: it stays when a run is killed.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts(Arc<Mutex<Fact>>);

#[derive(Debug, Default)]
pub(super) struct Fact {
    /// How often it turned out that items did not count.
    pub(super) roll_backs: usize,
    /// Up to where processing still has to go back because of the last time.
    pub(super) going_back_to: Option<u64>,
    /// The last item that any run has processed.
    pub(super) processed: u64,
}

impl Facts {
    pub(super) fn lock(&self) -> MutexGuard<'_, Fact> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
