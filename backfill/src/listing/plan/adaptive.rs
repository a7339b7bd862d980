//! Segments that are split when somebody has nothing to do.
//!
//! Nobody knows where the objects lie, and no number of equal segments is right for a cluster whose
//! width is unknown: a segment is worth splitting only when a slot is free and there is nothing
//! else to fetch. Then the segment with most pages to come is marked, and splits when its page is
//! there: shrinking what a call under way was asked for would fetch objects twice, and the wait is
//! never longer than one call. So every call but the last of a segment brings a full page, and
//! calls that bring nothing are at most as many as splits: slots × log2(pages / slots) or so, where
//! splitting after every page makes one for every few pages.
//!
//! A split cuts time, not the objects expected in it: a guess at where objects lie is wrong exactly
//! at the edges of clusters, while halving time enters a cluster of any width in log2 steps.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::board::{Board, Order};
use super::{Answer, Call, Forecast, Plan, Segment, SegmentId};
use crate::listing::range::Range;

/// A segment is split for another slot only if so many pages are left for each.
const PAGES_WORTH_A_SLOT: u64 = 1;
/// Parts of a segment whose last split has found nothing.
const PARTS_OF_BARREN: u64 = 4;

/// What a plan may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Calls under way at a time, at the most; 0 counts as 1.
    pub slots: usize,
    /// Objects on a full page.
    pub page: u32,
    /// Requests per 1000 s that the API takes.
    pub requests_per_ks: u64,
    /// Calls to begin with, before anything is known of where the objects lie. One asks for the
    /// newest page first; more save the time of one call, and may come back empty. They cost
    /// nobody anything where as many may go at once and nobody else wants to.
    pub blind: usize,
}

/// Segments that are split on demand.
#[derive(Clone, Debug)]
pub struct Adaptive {
    board: Board,
    capacity: Capacity,
    /// For how many slots each segment under way is to make room when its page is there.
    marks: BTreeMap<SegmentId, u64>,
    /// Of segments that were split: the parts nobody has an answer from yet.
    parents: BTreeMap<SegmentId, SegmentId>,
    /// Segments of whose last split nothing has come but empty pages.
    barren: BTreeSet<SegmentId>,
    /// How long a call takes, smoothed; `None` before the first.
    latency: Option<Duration>,
}

impl Adaptive {
    /// Within `capacity`, from the end that `order` says.
    #[must_use]
    pub fn new(order: Order, capacity: Capacity) -> Self {
        let capacity = Capacity {
            slots: capacity.slots.max(1),
            ..capacity
        };
        Self {
            board: Board::new(order, capacity.page),
            capacity,
            marks: BTreeMap::new(),
            parents: BTreeMap::new(),
            barren: BTreeSet::new(),
            latency: None,
        }
    }

    /// Slots worth using: Little's law says that rate × latency calls under way use the rate up.
    /// A fifth more keeps it used while latencies vary. Up to twice as many all are used, because
    /// what turns out to be one long chain is then begun earlier.
    fn slots(&self) -> usize {
        let Some(latency) = self.latency else {
            return self.capacity.slots;
        };
        // Requests per 1000 s times ns: calls times 10^12.
        let needed = u128::from(self.capacity.requests_per_ks) * latency.as_nanos();
        let all = self.capacity.slots as u128;
        if all * 1_000_000_000_000 <= 2 * needed {
            return self.capacity.slots;
        }
        let enough = (needed * 6).div_ceil(5 * 1_000_000_000_000).max(1);
        usize::try_from(enough.min(all)).unwrap_or(self.capacity.slots)
    }

    /// Marks segments under way for slots that have nothing to do.
    fn mark(&mut self) {
        let promised: u64 = self.marks.values().sum();
        let taken = self.board.in_flight() as u64 + promised;
        for _ in taken..self.slots() as u64 {
            let Some(victim) = self.victim() else { return };
            *self.marks.entry(victim).or_default() += 1;
        }
    }

    /// The segment with most pages to come for each slot it has; those nobody has seen anything of
    /// first.
    fn victim(&self) -> Option<SegmentId> {
        let worth = |(id, segment): (SegmentId, &Segment)| {
            let shares = 1 + self.marks.get(&id).copied().unwrap_or(0);
            // Only whole seconds can be shared, and where nothing was found a few will do.
            let most = if self.barren.contains(&id) {
                PARTS_OF_BARREN
            } else {
                u64::MAX
            };
            if shares >= segment.range.span().min(most) {
                return None;
            }
            let pages = match self.board.expected(id, segment) {
                Some(objects) => self.board.pages(objects) / (shares + 1),
                None => u64::MAX / (shares + 1),
            };
            (pages >= PAGES_WORTH_A_SLOT).then_some((pages, id))
        };
        let best = self.board.under_way().filter_map(worth).max();
        best.map(|(_, id)| id)
    }

    /// `left` in as many parts as are worth it, newest first.
    fn split(&self, call: &Call, answer: &Answer, left: &Segment, marks: u64) -> Vec<Range> {
        let second = Range::new(left.range.lt - 1, left.range.lt);
        let in_one_second = answer.newest == answer.oldest && answer.oldest.is_some();
        if marks > 0 && in_one_second && self.barren.contains(&call.segment) {
            // All there is may be in this second, which cannot be shared: the rest is one part.
            let rest = Range::new(left.range.gte, second.gte);
            return [second, rest]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect();
        }
        let expected = self.board.expected(call.segment, left);
        let pages = expected.map_or(u64::MAX, |objects| self.board.pages(objects));
        let parts = (marks + 1).min(pages.max(1));
        // The last second stays with the cursor, in the newest part.
        let below = Range::new(left.range.gte, left.range.lt - 1);
        let mut cut = below.cut(parts);
        cut.reverse();
        if let Some(newest) = cut.first_mut() {
            newest.lt = left.range.lt;
        }
        cut
    }
}

impl Plan for Adaptive {
    fn begin(&mut self, left: Vec<Segment>) {
        match left.as_slice() {
            [Segment { range, after: None }] => {
                let parts = range.cut(self.capacity.blind as u64);
                self.board.add(parts.into_iter().rev().map(Segment::fresh));
            }
            _ => {
                self.board.add(left);
            }
        }
    }

    fn next(&mut self) -> Option<Call> {
        let call = self.board.take(self.slots());
        if call.is_none() && !self.board.any_waits() {
            self.mark();
        }
        call
    }

    fn answered(&mut self, call: &Call, answer: &Answer) {
        let smoothed = |before: Duration| (before * 7 + answer.latency) / 8;
        self.latency = Some(self.latency.map_or(answer.latency, smoothed));
        let marks = self.marks.remove(&call.segment).unwrap_or(0);
        if let Some(parent) = self.parents.remove(&call.segment)
            && answer.items > 0
        {
            self.barren.remove(&parent);
        }
        let Some(left) = self.board.answered(call, answer) else {
            self.barren.remove(&call.segment);
            return;
        };
        let mut parts = self.split(call, answer, &left, marks).into_iter();
        let newest = parts.next().unwrap_or(left.range);
        let children = self
            .board
            .split_off(call.segment, parts.map(Segment::fresh));
        if !children.is_empty() {
            self.barren.insert(call.segment);
            self.parents
                .extend(children.into_iter().map(|child| (child, call.segment)));
        }
        let after = left.after;
        self.board.go_on(
            call.segment,
            Segment {
                range: newest,
                after,
            },
        );
    }

    fn forecast(&self) -> Forecast {
        let forecast = self.board.forecast();
        Forecast {
            // Whatever is long is split; but for a second, of which nobody knows how much is left.
            chain: forecast.chain.min(1),
            ..forecast
        }
    }
}
