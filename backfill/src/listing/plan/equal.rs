//! Segments of the same length: as many as somebody chose, or as the newest page suggests.
//!
//! The newest page says how dense the newest seconds are, and nothing of the rest: this is the
//! density probe as it is usually built, made exact. Its page is used and not fetched again.

use std::num::NonZeroU32;

use super::board::{Board, Order};
use super::{Answer, Call, Forecast, Plan, Segment};
use crate::listing::range::Range;

/// The most segments a probe asks for.
const MOST_SEGMENTS: u32 = 50;
/// Calls under way at the most, where a probe chose the number of segments.
pub const PROBE_SLOTS: usize = 15;

/// How many segments a range of `span` seconds is cut into, of which a page covers `covered`:
/// span / covered, rounded up, from 1 to 50. Nothing covered counts as a second: as dense as can
/// be.
#[must_use]
pub fn segment_count(span: u64, covered: u64) -> NonZeroU32 {
    let count = span.div_ceil(covered.max(1)).min(u64::from(MOST_SEGMENTS));
    let count = u32::try_from(count).unwrap_or(MOST_SEGMENTS);
    NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)
}

/// How many segments, from the span of the range and the part of it that a page covers, s.
pub type Count = fn(u64, u64) -> NonZeroU32;

/// Segments of the same length.
#[derive(Clone, Debug)]
pub struct EqualSegments {
    board: Board,
    /// All that was ever to be fetched: its length over the number of segments is theirs.
    range: Range,
    segments: Option<NonZeroU32>,
    count: Count,
    slots: usize,
}

impl EqualSegments {
    /// As many segments of `range` as its newest page suggests, or `segments` where an earlier run
    /// was told already; at most [`PROBE_SLOTS`] at a time.
    #[must_use]
    pub fn probed(order: Order, page: u32, range: Range, segments: Option<u32>) -> Self {
        Self::probed_by(segment_count, order, page, range, segments)
    }

    /// The same, counted another way.
    #[must_use]
    pub fn probed_by(
        count: Count,
        order: Order,
        page: u32,
        range: Range,
        segments: Option<u32>,
    ) -> Self {
        Self {
            board: Board::new(order, page),
            range,
            segments: segments.and_then(NonZeroU32::new),
            count,
            slots: PROBE_SLOTS,
        }
    }

    /// `segments` segments of `range`, `slots` at a time.
    #[must_use]
    pub fn fixed(
        segments: NonZeroU32,
        slots: usize,
        order: Order,
        page: u32,
        range: Range,
    ) -> Self {
        Self {
            board: Board::new(order, page),
            range,
            segments: Some(segments),
            count: segment_count,
            slots: slots.max(1),
        }
    }

    /// `whole` in pieces as long as a segment, newest first.
    fn pieces(&self, whole: Range) -> impl Iterator<Item = Range> + use<> {
        let segments = self
            .segments
            .map_or(1, |segments| u64::from(segments.get()));
        let length = self.range.span().div_ceil(segments).max(1);
        whole.cut(whole.span().div_ceil(length)).into_iter().rev()
    }
}

impl Plan for EqualSegments {
    fn begin(&mut self, left: Vec<Segment>) {
        let mut all = Vec::with_capacity(left.len());
        for segment in left {
            if segment.after.is_some() || self.segments.is_none() {
                all.push(segment);
            } else {
                all.extend(self.pieces(segment.range).map(Segment::fresh));
            }
        }
        self.board.add(all);
    }

    fn next(&mut self) -> Option<Call> {
        let slots = match self.segments {
            Some(_) => self.slots,
            None => 1,
        };
        self.board.take(slots)
    }

    fn answered(&mut self, call: &Call, answer: &Answer) {
        let left = self.board.answered(call, answer);
        let probed = self.segments.is_none();
        if probed {
            let whole = call.left.range;
            let oldest = answer
                .oldest
                .filter(|_| answer.has_more)
                .unwrap_or(whole.gte);
            let covered = Range::new(oldest, whole.lt).span();
            self.segments = Some((self.count)(whole.span(), covered));
        }
        let Some(left) = left else { return };
        if !probed {
            self.board.go_on(call.segment, left);
            return;
        }
        let mut pieces = self.pieces(left.range);
        // The second of the last object is in the newest piece, and the cursor with it.
        let newest = pieces.next().unwrap_or(left.range);
        self.board
            .split_off(call.segment, pieces.map(Segment::fresh));
        self.board.go_on(
            call.segment,
            Segment {
                range: newest,
                after: left.after,
            },
        );
    }

    fn forecast(&self) -> Forecast {
        self.board.forecast()
    }

    fn segments(&self) -> Option<u32> {
        self.segments.map(NonZeroU32::get)
    }
}
