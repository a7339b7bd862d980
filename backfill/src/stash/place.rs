//! A place in line, for as long as its holder waits.
//!
//! Whatever becomes of a waiter is decided and told while the state is locked. So when its holder
//! goes away, at whatever moment, it is known under the same lock whether it is still in line, or
//! was served and has not heard of it; nothing is ever on its way.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::error::PutError;
use super::event::Left;
use super::id::Id;
use super::stash::Shared;
use super::state::Waits;
use crate::runtime::Runtime;

/// A place in line; dropping it leaves the line.
pub(super) struct Place<R: Runtime> {
    shared: Arc<Shared<R>>,
    waits: Waits,
    why: Left,
}

impl<R: Runtime> Place<R> {
    pub(super) const fn new(shared: Arc<Shared<R>>, waits: Waits) -> Self {
        Self {
            shared,
            waits,
            why: Left::Dropped,
        }
    }

    /// Waits until it is served, its time is up, or it is cancelled. Who is served and cancelled
    /// before it has heard of it counts as cancelled: nobody would come for the payload.
    pub(super) async fn wait(mut self, cancel: CancellationToken) -> Result<Id, PutError> {
        loop {
            let until = self.waits.until;
            let expiry = self.shared.act(|state, _| state.next_expiry());
            let wake_at = expiry.map_or(until, |at| at.min(until));
            tokio::select! {
                biased;
                () = cancel.cancelled() => {
                    self.why = Left::Cancelled;
                    return Err(PutError::Cancelled);
                }
                told = &mut self.waits.told => {
                    return told.expect("whoever takes a waiter out of the line tells it");
                }
                () = self.shared.runtime.sleep_until(wake_at) => {}
            }
        }
    }
}

impl<R: Runtime> Drop for Place<R> {
    fn drop(&mut self) {
        let (waits, why) = (&mut self.waits, self.why);
        self.shared.act(|state, now| {
            let unseen = waits.told.try_recv().ok();
            state.leave(waits.ticket, unseen, why, now);
        });
    }
}
