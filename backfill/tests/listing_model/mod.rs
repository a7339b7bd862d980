//! An exact model of a list API, and of calls to it that take time and tokens, without a runtime.
//!
//! Objects are numbers: their place in the order of the API, newest first. So what a page holds is
//! a span of places, and what was delivered can be counted object by object.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use backfill::listing::plan::{Answer, Call, Plan, Segment};
use backfill::listing::{Range, State};

/// A year, s.
pub const YEAR: i64 = 31_536_000;

/// All objects of an API, newest first.
#[derive(Clone, Debug)]
pub struct Objects {
    /// When each was created.
    created: Vec<i64>,
    /// All of time they lie in.
    pub range: Range,
}

/// How calls are made.
#[derive(Clone, Copy, Debug)]
pub struct Pacing {
    /// What a call takes, ms.
    pub latency_ms: u64,
    /// Requests per second.
    pub rate: u64,
    /// Requests at once after a quiet time.
    pub burst: u64,
    /// Objects on a full page.
    pub page: u32,
}

/// What a plan did.
#[derive(Clone, Debug, Default)]
pub struct Ran {
    pub calls: u64,
    pub empty: u64,
    pub refetched: u64,
    pub makespan_ms: u64,
    pub most_in_flight: usize,
    pub largest_state: usize,
    pub missing: usize,
}

impl Objects {
    /// Objects created at these seconds of `range`.
    pub fn new(mut created: Vec<i64>, range: Range) -> Self {
        created.sort_unstable_by_key(|&second| Reverse(second));
        Self { created, range }
    }

    pub fn len(&self) -> usize {
        self.created.len()
    }

    /// The places a page holds, and whether there are more behind them.
    fn page(&self, asked: &Segment, limit: usize) -> (std::ops::Range<usize>, bool) {
        let newer = |lt: i64| self.created.partition_point(|&second| second >= lt);
        let mut first = newer(asked.range.lt);
        let last = newer(asked.range.gte);
        if let Some(cursor) = &asked.after {
            let place: usize = cursor.parse().unwrap();
            first = first.max(place + 1);
        }
        let end = last.min(first + limit).max(first);
        (first..end, end < last)
    }

    /// The least time all of it takes, ms: pages over rate, or the longest second page by page.
    pub fn floor_ms(&self, pacing: Pacing) -> u64 {
        let page = pacing.page as usize;
        let by_rate = (self.len().div_ceil(page) as u64 * 1_000).div_ceil(pacing.rate);
        let second = self.created.chunk_by(|a, b| a == b).map(<[i64]>::len).max();
        let chain = second.unwrap_or(0).div_ceil(page) as u64 * pacing.latency_ms;
        by_rate.max(chain)
    }
}

/// Fetches all of `objects` as `plan` says.
pub fn run(objects: &Objects, plan: &mut dyn Plan, pacing: Pacing) -> Ran {
    let mut state = State::new(objects.range);
    plan.begin(state.left());
    let mut ran = Ran::default();
    let mut delivered = vec![0_u8; objects.len()];
    // Ends of calls: moment in µs, number of the call.
    let mut ends = BinaryHeap::new();
    let mut calls: BTreeMap<u64, Call> = BTreeMap::new();
    let (mut now_us, mut free_at_us, mut number) = (0_u64, 0_u64, 0_u64);
    let (gap_us, latency_us) = (1_000_000 / pacing.rate, pacing.latency_ms * 1_000);
    loop {
        while let Some(call) = plan.next() {
            // GCRA: a request may go as many gaps before its time as the burst allows.
            let early = gap_us * (pacing.burst - 1);
            let sent_us = now_us.max(free_at_us.saturating_sub(early));
            free_at_us = free_at_us.max(sent_us) + gap_us;
            ends.push(Reverse((sent_us + latency_us, number)));
            calls.insert(number, call);
            number += 1;
        }
        ran.most_in_flight = ran.most_in_flight.max(calls.len());
        let Some(Reverse((at_us, ended))) = ends.pop() else {
            break;
        };
        now_us = at_us;
        let call = calls.remove(&ended).unwrap();
        let (places, has_more) = objects.page(&call.left, pacing.page as usize);
        ran.calls += 1;
        ran.empty += u64::from(places.is_empty());
        let mut again = 0;
        for place in places.clone() {
            again += u64::from(delivered[place] > 0);
            delivered[place] += 1;
        }
        ran.refetched += u64::from(again > 0);
        let answer = Answer {
            items: u32::try_from(places.len()).unwrap(),
            last: places
                .clone()
                .last()
                .map(|place| Arc::from(place.to_string())),
            newest: places.clone().next().map(|place| objects.created[place]),
            oldest: places.clone().last().map(|place| objects.created[place]),
            has_more,
            latency: Duration::from_millis(pacing.latency_ms),
        };
        plan.answered(&call, &answer);
        state.record(&call.left, answer.left(&call.left).as_ref());
        let size = serde_json::to_string(&state).unwrap().len();
        ran.largest_state = ran.largest_state.max(size);
    }
    assert!(state.is_complete(), "a plan ended early: {state:?}");
    ran.missing = delivered.iter().filter(|&&times| times == 0).count();
    ran.makespan_ms = now_us.div_ceil(1_000);
    ran
}
