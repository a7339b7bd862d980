//! Calls that take time and tokens, made as a plan says, without a runtime.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;

use backfill::listing::State;
use backfill::listing::plan::{Call, Plan};

use super::Objects;

/// How calls are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pacing {
    /// Requests per second.
    pub(crate) rate: u64,
    /// Requests at once after a quiet time.
    pub(crate) burst: u64,
    /// Objects on a full page.
    pub(crate) page: u32,
}

/// What a plan did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ran {
    pub(crate) calls: u64,
    /// Calls that brought nothing.
    pub(crate) empty: u64,
    /// Calls that brought less than a full page, the empty ones among them.
    pub(crate) not_full: u64,
    /// Calls that brought something that had come before.
    pub(crate) refetched: u64,
    pub(crate) makespan_ms: u64,
    pub(crate) most_in_flight: usize,
    /// Segments that were asked for anything.
    pub(crate) segments: u64,
    /// The largest state there was, bytes of JSON.
    pub(crate) largest_state: usize,
    /// Objects that never came.
    pub(crate) missing: usize,
}

/// The least time all of `objects` takes, ms: pages over rate, or the longest second page by page.
pub(crate) fn floor_ms(objects: &Objects, pacing: Pacing, latency_ms: u64) -> u64 {
    let page = pacing.page as usize;
    let by_rate = (objects.len().div_ceil(page) as u64 * 1_000).div_ceil(pacing.rate);
    let seconds = objects.created.chunk_by(|a, b| a == b).map(<[i64]>::len);
    let chain = seconds.max().unwrap_or(0).div_ceil(page) as u64 * latency_ms;
    by_rate.max(chain)
}

/// Fetches all of `objects` as `plan` says; the k-th call takes `latency_ms(k)`.
pub(crate) fn run(
    objects: &Objects,
    plan: &mut dyn Plan,
    pacing: Pacing,
    mut latency_ms: impl FnMut(u64) -> u64,
) -> Ran {
    let mut state = State::new(objects.range);
    plan.begin(state.left());
    let mut ran = Ran::default();
    let mut delivered = vec![false; objects.len()];
    let mut segments = BTreeSet::new();
    // Ends of calls: moment in µs, number of the call.
    let mut ends = BinaryHeap::new();
    let mut calls: BTreeMap<u64, (Call, u64)> = BTreeMap::new();
    let (mut now_us, mut free_at_us) = (0_u64, 0_u64);
    let gap_us = 1_000_000 / pacing.rate;
    loop {
        while let Some(call) = plan.next() {
            // GCRA: a request may go as many gaps before its time as the burst allows.
            let early = gap_us * (pacing.burst - 1);
            let sent_us = now_us.max(free_at_us.saturating_sub(early));
            free_at_us = free_at_us.max(sent_us) + gap_us;
            let takes_ms = latency_ms(ran.calls);
            ends.push(Reverse((sent_us + takes_ms * 1_000, ran.calls)));
            segments.insert(call.segment);
            calls.insert(ran.calls, (call, takes_ms));
            ran.calls += 1;
        }
        ran.most_in_flight = ran.most_in_flight.max(calls.len());
        let forecast = plan.forecast();
        assert!(forecast.chain <= forecast.pages && calls.len() as u64 <= forecast.pages);
        let Some(Reverse((at_us, ended))) = ends.pop() else {
            break;
        };
        now_us = at_us;
        let (call, took_ms) = calls.remove(&ended).unwrap();
        let page = objects.page(&call.left, pacing.page as usize);
        ran.empty += u64::from(page.0.is_empty());
        ran.not_full += u64::from(page.0.len() < pacing.page as usize);
        ran.refetched += u64::from(page.0.clone().any(|place| delivered[place]));
        delivered[page.0.clone()].fill(true);
        let answer = objects.answer(page, Duration::from_millis(took_ms));
        plan.answered(&call, &answer);
        state.record(&call.left, answer.left(&call.left).as_ref());
        let size = serde_json::to_string(&state).unwrap().len();
        ran.largest_state = ran.largest_state.max(size);
    }
    assert!(state.is_complete(), "a plan ended early: {state:?}");
    assert_eq!(plan.forecast().pages, 0);
    ran.missing = delivered.iter().filter(|&&came| !came).count();
    ran.segments = segments.len() as u64;
    ran.makespan_ms = now_us.div_ceil(1_000);
    ran
}
