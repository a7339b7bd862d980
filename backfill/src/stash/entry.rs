//! A payload, stored or in line.

use bytes::Bytes;
use tokio::sync::oneshot;

use super::error::PutError;
use super::event::{Event, Tier, What};
use super::id::Id;
use super::owner::Owner;
use crate::time::Instant;

/// A payload, and whose it is.
#[derive(Debug)]
pub(super) struct Payload {
    pub(super) owner: Owner,
    pub(super) bytes: Bytes,
}

impl Payload {
    pub(super) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The news that `what` happened to it.
    pub(super) fn event(&self, what: What) -> Event {
        Event {
            owner: self.owner.clone(),
            bytes: self.len(),
            what,
        }
    }
}

/// A payload that is stored.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) payload: Payload,
    pub(super) tier: Tier,
    pub(super) stored_at: Instant,
    pub(super) expires_at: Instant,
}

/// A payload in line.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) payload: Payload,
    pub(super) since: Instant,
    pub(super) until: Instant,
    /// Told once, by whoever takes it out of the line.
    pub(super) tell: oneshot::Sender<Result<Id, PutError>>,
}
