//! What a listing backfill tells of itself while it runs.

use super::eta::Eta;
use super::plan::{Answer, Call};
use crate::chunked::Progress;
use crate::time::Instant;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A page is there, and not yet stored.
    Fetched {
        /// What was asked for.
        call: &'a Call,
        /// What came back.
        answer: &'a Answer,
    },
    /// A transaction was stored.
    Stored(Stored),
    /// What is expected by now.
    Expected {
        /// Full pages stored so far.
        pages: u64,
        /// How much is left.
        eta: Eta,
    },
}

/// A transaction of the sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// When its connection was given back.
    pub at: Instant,
    /// Pages of which the last object was in it.
    pub pages: u32,
    /// Objects in it.
    pub items: u32,
    /// Rows it changed.
    pub changed: u64,
    /// How large the state was that was stored with them, bytes of JSON.
    pub state_bytes: u64,
    /// Pages fetched and not stored by then.
    pub held_pages: u32,
    /// Bytes of their objects.
    pub held_bytes: u64,
    /// How far the backfill is.
    pub progress: Progress,
}
