//! What was asked of the API and what it said: evidence that does not come from who asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::query::Query;

/// What happened.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Every request, in the order in which they came.
    pub records: Vec<Record>,
    /// What came and what was deleted, stream by stream in order.
    pub changes: Vec<Change>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it came, ns since the start.
    pub arrived_ns: u64,
    /// When its answer, or the loss of it, was due and happened; `None` if it has not, or if who
    /// asked did not wait for it.
    pub answered_ns: Option<u64>,
    /// The stream it asked for.
    pub stream: Arc<str>,
    /// What it asked for; `None` where that was not looked at or not understood.
    pub query: Option<Query>,
    /// The status it is answered with; `None` if its connection is lost.
    pub status: Option<u16>,
    /// Objects on the page, also on one that is lost.
    pub items: u32,
    /// The id of the first of them.
    pub first: Option<String>,
    /// The id of the last of them.
    pub last: Option<String>,
    /// Whether there were more behind it.
    pub has_more: bool,
}

/// Something that happened to a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When, ns since the start.
    pub at_ns: u64,
    /// To which stream.
    pub stream: Arc<str>,
    /// The object.
    pub id: String,
    /// What became of it.
    pub what: What,
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It came.
    Arrived,
    /// It was deleted.
    Deleted,
}

/// How much of what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests.
    pub requests: u64,
    /// Of them, by the status they are answered with.
    pub by_status: BTreeMap<u16, u64>,
    /// Of them, those whose connection is lost.
    pub dropped: u64,
    /// Objects on all pages.
    pub items: u64,
    /// Objects that came.
    pub arrived: u64,
    /// Objects that were deleted.
    pub deleted: u64,
}

impl Log {
    /// How much of what happened.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let mut counters = Counters::default();
        for record in &self.records {
            counters.requests += 1;
            counters.items += u64::from(record.items);
            match record.status {
                Some(status) => *counters.by_status.entry(status).or_default() += 1,
                None => counters.dropped += 1,
            }
        }
        for change in &self.changes {
            match change.what {
                What::Arrived => counters.arrived += 1,
                What::Deleted => counters.deleted += 1,
            }
        }
        counters
    }
}
