//! What happens in a stash, for whoever watches.
//!
//! Every payload that is [`What::Stored`] is [`What::Gone`] once, and every one that is
//! [`What::Waiting`] is either stored with its ticket or has [`What::Left`], once. What they add up
//! to is what the stash holds at every instant.

use std::time::Duration;

use super::error::PutError;
use super::id::Id;
use super::owner::Owner;
use crate::time::Instant;

/// Something that happened to a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose it is.
    pub owner: Owner,
    /// How large it is.
    pub bytes: u64,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It waits in line.
    Waiting {
        /// Its place: all who come later have larger ones.
        ticket: u64,
    },
    /// It is stored.
    Stored {
        /// Its id.
        id: Id,
        /// Where it lies.
        tier: Tier,
        /// Its place in line, if it has waited.
        ticket: Option<u64>,
        /// How long that was.
        waited: Duration,
    },
    /// It was not stored, and has not waited.
    Refused(PutError),
    /// It is in line no more, and not stored.
    Left {
        /// Its place.
        ticket: u64,
        /// How long it has waited.
        waited: Duration,
        /// Why.
        why: Left,
    },
    /// It is no longer stored.
    Gone {
        /// Its id.
        id: Id,
        /// Where it lay.
        tier: Tier,
        /// How long it did.
        held: Duration,
        /// Why.
        why: Gone,
    },
}

/// Why a payload is in line no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Its time was up.
    TimedOut,
    /// It was cancelled.
    Cancelled,
    /// The future that waited was dropped.
    Dropped,
}

/// Why a payload is no longer stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// It was fetched.
    Taken,
    /// Nobody has fetched it in time.
    Expired,
    /// All were removed.
    Cleared,
    /// Whoever had waited to store it was cancelled or dropped before it saw the id.
    Withdrawn,
}

/// Where a payload lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Where all go as long as there is room.
    Main,
    /// Where those go who find none there.
    Overflow,
}

/// Hears of what happens in a stash, in the order in which it does. It is called while others wait,
/// so it had better be quick; it must not call the stash, which would wait for it to return.
pub trait Watcher: Send + Sync + 'static {
    /// `event` happened at `at`.
    fn see(&self, at: Instant, event: &Event);
}

/// Nobody watches.
impl Watcher for () {
    fn see(&self, _: Instant, _: &Event) {}
}
