//! Which page to ask for next.
//!
//! A plan is told what is left to fetch, is asked for calls as long as it has one to make, and is
//! told of each what came back. It keeps no clock, makes no call and stores nothing, so that it can
//! be tried against an exact model of an API in no time. What a crash may forget is not its
//! business either ([`super::State`]).
//!
//! * [`Sequential`]: one page after the other.
//! * [`EqualSegments`]: segments of the same length, as many as the newest page suggests.
//! * [`Adaptive`]: segments that are split when somebody has nothing to do.
//! * [`Board`]: what plans have in common, for others to build theirs on.

mod adaptive;
mod board;
mod density;
mod equal;
mod sequential;

use std::sync::Arc;
use std::time::Duration;

pub use adaptive::{Adaptive, Capacity};
pub use board::{Board, Order};
pub use equal::{Count, EqualSegments, PROBE_SLOTS, segment_count};
pub use sequential::Sequential;

use super::range::Range;

/// What is left of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its seconds.
    pub range: Range,
    /// The last object that is done, if any is: it goes on strictly after.
    pub after: Option<Arc<str>>,
}

impl Segment {
    /// A segment of which nothing is done.
    #[must_use]
    pub const fn fresh(range: Range) -> Self {
        Self { range, after: None }
    }
}

/// A segment's number: whatever is split off gets another, the part that keeps the cursor keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId(pub u64);

/// A page to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Whose page it is. One segment has one call under way at a time.
    pub segment: SegmentId,
    /// What is left of it, as the call asks for it.
    pub left: Segment,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Objects on the page.
    pub items: u32,
    /// The last object of the page: what the next one goes on after. `None` if the page is empty.
    pub last: Option<Arc<str>>,
    /// When the first object was created, where it says so.
    pub newest: Option<i64>,
    /// When the last object was created, where it says so: older objects are in or before this
    /// second.
    pub oldest: Option<i64>,
    /// Whether there are more in the range behind them.
    pub has_more: bool,
    /// How long the API took, without the wait for leave to ask.
    pub latency: Duration,
}

impl Answer {
    /// What is left of `asked` after this page; `None` if nothing is. The second of the last object
    /// stays: others of it may be on the next page.
    #[must_use]
    pub fn left(&self, asked: &Segment) -> Option<Segment> {
        if !self.has_more {
            return None;
        }
        let lt = match self.oldest {
            Some(oldest) => asked.range.lt.min(oldest.saturating_add(1)),
            None => asked.range.lt,
        };
        Some(Segment {
            // An object from outside the range must not turn it round.
            range: Range::new(asked.range.gte, lt.max(asked.range.gte.saturating_add(1))),
            after: self.last.clone().or_else(|| asked.after.clone()),
        })
    }
}

/// What is left to do, as far as can be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// Pages, those under way among them.
    pub pages: u64,
    /// Pages of them that can only be had one after the other.
    pub chain: u64,
    /// Segments that are not done: each costs a call at least.
    pub open: u64,
    /// Pages that may be missing, or there as often again, because what was seen of one segment
    /// does not tell of the rest of it.
    pub doubt: u64,
    /// Whether the density of all of it is known; else `pages` is a guess, and may be far too low.
    pub known: bool,
}

/// Decides which page is asked for next.
pub trait Plan: Send + 'static {
    /// What is left to fetch, newest first, without overlap. Called once, before anything else.
    fn begin(&mut self, left: Vec<Segment>);

    /// The next page to ask for, if there is one to ask for now. When there is none and nothing is
    /// under way, all is done.
    fn next(&mut self) -> Option<Call>;

    /// What came back from `call`.
    fn answered(&mut self, call: &Call, answer: &Answer);

    /// What is left to do.
    fn forecast(&self) -> Forecast;

    /// Into how many segments the range is cut, where a later run has to cut it the same way.
    fn segments(&self) -> Option<u32> {
        None
    }
}

impl<P: Plan + ?Sized> Plan for Box<P> {
    fn begin(&mut self, left: Vec<Segment>) {
        (**self).begin(left);
    }

    fn next(&mut self) -> Option<Call> {
        (**self).next()
    }

    fn answered(&mut self, call: &Call, answer: &Answer) {
        (**self).answered(call, answer);
    }

    fn forecast(&self) -> Forecast {
        (**self).forecast()
    }

    fn segments(&self) -> Option<u32> {
        (**self).segments()
    }
}
