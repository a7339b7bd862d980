//! What is stored of a range: what a later run goes on from.
//!
//! Only what has been stored is in it: it is written in the transaction that stores a page's
//! objects. Ranges that touch are one range, and what is neither completed nor in flight is simply
//! not mentioned, so that its size follows what is under way at a time, not what has been done.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::plan::Segment;
use super::range::Range;

/// How far a listing backfill is, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What is to be fetched.
    pub range: Range,
    /// What is stored, oldest first; ranges neither overlap nor touch.
    pub completed: Vec<Range>,
    /// What is stored in part, oldest first.
    pub in_flight: Vec<InFlight>,
    /// Into how many segments the range was cut, where later runs have to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<u32>,
}

/// What is left of a segment of which something is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlight {
    /// The first second.
    pub gte: i64,
    /// The first second that is no longer in it.
    pub lt: i64,
    /// The last object that is stored: the rest is strictly after it.
    pub cursor: Arc<str>,
}

impl InFlight {
    const fn range(&self) -> Range {
        Range::new(self.gte, self.lt)
    }
}

impl State {
    /// Nothing of `range` is stored.
    #[must_use]
    pub const fn new(range: Range) -> Self {
        Self {
            range,
            completed: Vec::new(),
            in_flight: Vec::new(),
            segments: None,
        }
    }

    /// Whether all of the range is stored.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.in_flight.is_empty() && self.gaps().is_empty()
    }

    /// A page is stored that was asked for with `asked`; `left` is what is left of that.
    ///
    /// What was split off from a segment since its last page was stored is not asked for with it
    /// any more: whichever page of the two comes first draws the line between them.
    pub fn record(&mut self, asked: &Segment, left: Option<&Segment>) {
        if let Some(cursor) = &asked.after {
            self.in_flight
                .retain(|one| one.cursor != *cursor || one.range().overlap(asked.range).is_empty());
        }
        for one in &mut self.in_flight {
            if !one.range().overlap(asked.range).is_empty() {
                one.gte = one.gte.max(asked.range.lt);
            }
        }
        self.in_flight.retain(|one| !one.range().is_empty());
        let kept = left.map(|left| left.range);
        let done_from = kept.map_or(asked.range.gte, |kept| kept.lt);
        self.complete(Range::new(done_from, asked.range.lt));
        if let Some(Segment {
            range,
            after: Some(cursor),
        }) = left
        {
            let at = self.in_flight.partition_point(|one| one.gte < range.gte);
            let one = InFlight {
                gte: range.gte,
                lt: range.lt,
                cursor: Arc::clone(cursor),
            };
            self.in_flight.insert(at, one);
        }
    }

    /// Marks `range` as stored.
    fn complete(&mut self, range: Range) {
        if range.is_empty() {
            return;
        }
        let first = self.completed.partition_point(|one| one.lt < range.gte);
        let behind = self.completed.partition_point(|one| one.gte <= range.lt);
        let touched = &self.completed[first..behind];
        let merged = touched.iter().fold(range, |all, one| {
            Range::new(all.gte.min(one.gte), all.lt.max(one.lt))
        });
        self.completed.splice(first..behind, [merged]);
    }

    /// What is left to fetch, newest first: what is in flight, and the gaps.
    #[must_use]
    pub fn left(&self) -> Vec<Segment> {
        let in_flight = self.in_flight.iter().map(|one| Segment {
            range: one.range(),
            after: Some(Arc::clone(&one.cursor)),
        });
        let gaps = self.gaps().into_iter();
        let mut left: Vec<Segment> = in_flight
            .chain(gaps.map(|range| Segment { range, after: None }))
            .collect();
        left.sort_by_key(|segment| std::cmp::Reverse(segment.range));
        left
    }

    /// What nothing is known of, oldest first.
    fn gaps(&self) -> Vec<Range> {
        let in_flight = self.in_flight.iter().map(InFlight::range);
        let mut known: Vec<Range> = self.completed.iter().copied().chain(in_flight).collect();
        known.sort_unstable();
        let mut gaps = Vec::new();
        let mut from = self.range.gte;
        for one in known {
            let gap = Range::new(from, one.gte.min(self.range.lt));
            if !gap.is_empty() {
                gaps.push(gap);
            }
            from = from.max(one.lt);
        }
        let rest = Range::new(from, self.range.lt);
        if !rest.is_empty() {
            gaps.push(rest);
        }
        gaps
    }

    /// The same for another range: what lies in both is kept, what is new is left to fetch, and
    /// what is no longer asked for is dropped.
    ///
    /// A segment whose newest seconds are dropped starts over without its cursor: an object outside
    /// of what is asked for is nothing to go on after.
    #[must_use]
    pub fn moved_to(&self, range: Range) -> Self {
        let clip = |one: Range| Some(one.overlap(range)).filter(|one| !one.is_empty());
        let in_flight = self.in_flight.iter().filter(|one| one.lt <= range.lt);
        Self {
            range,
            completed: self.completed.iter().copied().filter_map(clip).collect(),
            in_flight: in_flight
                .filter_map(|one| {
                    let kept = clip(one.range())?;
                    Some(InFlight {
                        gte: kept.gte,
                        lt: kept.lt,
                        cursor: Arc::clone(&one.cursor),
                    })
                })
                .collect(),
            segments: self.segments,
        }
    }
}
