//! Who was under way beside whom: every call on a lane of its own for as long as it lasts.
//!
//! A call takes the lowest lane that is free when it is sent, so there are as many lanes as there
//! ever were calls under way at a time. One that is sent at the instant another one is answered
//! may take its lane.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::listing::Call;

/// The lanes of some calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lanes {
    /// The lane of each call, in the order of the calls, from 0.
    pub of_call: Vec<usize>,
    /// How many there are: the most calls under way at a time.
    pub count: usize,
}

impl Lanes {
    /// The lanes of `calls`, which are in the order of sending.
    #[must_use]
    pub fn of(calls: &[Call]) -> Self {
        let mut lanes = Self::default();
        let mut free = BTreeSet::new();
        let mut taken = BinaryHeap::new();
        for call in calls {
            while let Some(&Reverse((until_ns, lane))) = taken.peek() {
                if until_ns > call.sent_ns {
                    break;
                }
                taken.pop();
                free.insert(lane);
            }
            let lane = free.pop_first().unwrap_or_else(|| {
                lanes.count += 1;
                lanes.count - 1
            });
            taken.push(Reverse((call.answered_ns, lane)));
            lanes.of_call.push(lane);
        }
        lanes
    }
}

/// How long exactly one of `calls` was under way, ns: time in which nothing was done side by side.
#[must_use]
pub fn alone_ns(calls: &[Call]) -> u64 {
    let sent = calls.iter().map(|call| (call.sent_ns, 1_i64));
    let answered = calls.iter().map(|call| (call.answered_ns, -1));
    let mut turns: Vec<(u64, i64)> = sent.chain(answered).collect();
    turns.sort_unstable();
    let (mut under_way, mut since_ns, mut alone_ns) = (0, 0, 0);
    for (at_ns, change) in turns {
        if under_way == 1 {
            alone_ns += at_ns - since_ns;
        }
        under_way += change;
        since_ns = at_ns;
    }
    alone_ns
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::listing::CallKind;
    use crate::listing::measure::synthetic::call;

    fn calls(spans: &[(u64, u64)]) -> Vec<Call> {
        let mut calls: Vec<Call> = spans
            .iter()
            .map(|(sent_ns, took_ns)| call(*sent_ns, sent_ns + took_ns, CallKind::New))
            .collect();
        calls.sort_by_key(|call| call.sent_ns);
        calls
    }

    #[test]
    fn a_lane_is_taken_again_as_soon_as_it_is_free() {
        let lanes = Lanes::of(&calls(&[(0, 4), (1, 9), (4, 2), (5, 1), (6, 1)]));
        assert_eq!(lanes.of_call, [0, 1, 0, 2, 0]);
        assert_eq!(lanes.count, 3);
    }

    #[test]
    fn alone_is_where_only_one_is_under_way() {
        assert_eq!(
            alone_ns(&calls(&[(0, 4), (1, 1), (4, 2), (10, 5)])),
            3 + 2 + 5
        );
        assert_eq!(alone_ns(&[]), 0);
    }

    proptest! {
        #[test]
        fn lanes_never_overlap_and_are_as_few_as_can_be(
            spans in prop::collection::vec((0..60_u64, 0..20_u64), 0..60),
        ) {
            let calls = calls(&spans);
            let lanes = Lanes::of(&calls);
            let under_way = |index: usize| {
                let sent_ns = calls[index].sent_ns;
                let before = calls[..index].iter().filter(|call| call.answered_ns > sent_ns);
                before.count() + 1
            };
            let most = (0..calls.len()).map(under_way).max().unwrap_or(0);
            prop_assert_eq!(lanes.count, most);
            for (later, one) in calls.iter().enumerate() {
                for (earlier, other) in calls[..later].iter().enumerate() {
                    let same = lanes.of_call[earlier] == lanes.of_call[later];
                    prop_assert!(!same || other.answered_ns <= one.sent_ns);
                }
            }
        }
    }
}
