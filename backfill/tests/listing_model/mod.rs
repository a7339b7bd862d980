//! An exact model of a list API: its objects, plans that ask it without a runtime, and the same as
//! something a real run can ask.
//!
//! Objects are numbers: their place in the order of the API, newest first. So what a page holds is
//! a span of places, and what was delivered can be counted object by object.
#![allow(dead_code, reason = "every test file uses its own part of the model")]

pub(crate) mod calls;
pub(crate) mod recursive;
pub(crate) mod shapes;

use std::cmp::Reverse;
use std::ops::Range as Places;
use std::sync::Arc;
use std::time::Duration;

use backfill::listing::plan::{Answer, Segment};
use backfill::listing::{Range, State};

/// A year, s.
pub(crate) const YEAR: i64 = 31_536_000;

/// All objects of an API, newest first.
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    /// When each was created.
    created: Vec<i64>,
    /// All of time they lie in.
    pub(crate) range: Range,
}

impl Objects {
    /// Objects created at these seconds of `range`.
    pub(crate) fn new(created: impl IntoIterator<Item = i64>, range: Range) -> Self {
        let mut created: Vec<i64> = created.into_iter().collect();
        created.sort_unstable_by_key(|&second| Reverse(second));
        Self { created, range }
    }

    pub(crate) fn len(&self) -> usize {
        self.created.len()
    }

    /// When they were created, newest first.
    pub(crate) fn seconds(&self) -> impl Iterator<Item = i64> {
        self.created.iter().copied()
    }

    /// The places of objects in `range`.
    pub(crate) fn places(&self, range: Range) -> Places<usize> {
        let newer = |lt: i64| self.created.partition_point(|&second| second >= lt);
        let first = newer(range.lt);
        first..newer(range.gte).max(first)
    }

    /// The places a page holds, and whether there are more behind them.
    pub(crate) fn page(&self, asked: &Segment, limit: usize) -> (Places<usize>, bool) {
        let Places { start, end: last } = self.places(asked.range);
        let first = asked
            .after
            .as_ref()
            .map_or(start, |cursor| start.max(place(cursor) + 1));
        let end = last.min(first + limit).max(first);
        (first..end, end < last)
    }

    /// That page, as a plan is told of it.
    pub(crate) fn answer(
        &self,
        (places, has_more): (Places<usize>, bool),
        latency: Duration,
    ) -> Answer {
        Answer {
            items: u32::try_from(places.len()).unwrap(),
            last: places.clone().last().map(|place| place.to_string().into()),
            newest: places.clone().next().map(|place| self.created[place]),
            oldest: places.last().map(|place| self.created[place]),
            has_more,
            latency,
        }
    }

    /// The places of objects that `state` says are stored.
    pub(crate) fn claimed(&self, state: &State) -> Vec<usize> {
        let completed = state.completed.iter().map(|&range| self.places(range));
        let begun = state.in_flight.iter().map(|one| {
            let Places { start, end } = self.places(Range::new(one.gte, one.lt));
            start..end.min(place(&one.cursor) + 1)
        });
        let mut all: Vec<usize> = completed.chain(begun).flatten().collect();
        all.sort_unstable();
        all
    }
}

fn place(cursor: &Arc<str>) -> usize {
    cursor.parse().unwrap()
}
