//! Calls as bars on lanes: as few as a picture can hold.
//!
//! Where there is room, each call is a bar. Of thousands, each would be narrower than a line: then
//! neighbours on a lane with the same outcome become one bar as long as the gap between them is
//! small; how small is found, not chosen: the least for which the bars are few enough. Nothing is
//! left out.

use crate::listing::measure::Lanes;
use crate::listing::{Call, CallKind};

/// Some calls of one kind on one lane, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) lane: usize,
    pub(super) kind: CallKind,
    pub(super) from_ns: u64,
    pub(super) until_ns: u64,
    /// How many there are in it.
    pub(super) calls: u64,
}

/// Calls on one lane, at the most, that can be seen apart when they are as long as each other.
const APART: usize = 200;

/// The bars of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bars {
    /// By lane, then kind, then time.
    pub(super) bars: Vec<Bar>,
    /// How many lanes there are.
    pub(super) lanes: usize,
    /// Neighbours that are at most this far apart are one bar, ns; `None` where each call has its
    /// own.
    pub(super) gap_ns: Option<u64>,
}

impl Bars {
    /// `calls` in at most `most` bars, or one for each kind on each lane if these are more.
    /// Neighbours that are no farther apart than `least_ns` cannot be seen apart.
    pub(super) fn of(calls: &[Call], least_ns: u64, most: usize) -> Self {
        let lanes = Lanes::of(calls);
        if calls.len() <= most.min(lanes.count * APART) {
            return Self {
                bars: merged(calls, &lanes, None),
                lanes: lanes.count,
                gap_ns: None,
            };
        }
        let mut gap_ns = least_ns.max(1);
        let end_ns = calls.iter().map(|call| call.answered_ns).max().unwrap_or(0);
        loop {
            let bars = merged(calls, &lanes, Some(gap_ns));
            if bars.len() <= most || gap_ns > end_ns {
                return Self {
                    bars,
                    lanes: lanes.count,
                    gap_ns: Some(gap_ns),
                };
            }
            gap_ns *= 2;
        }
    }
}

fn merged(calls: &[Call], lanes: &Lanes, gap_ns: Option<u64>) -> Vec<Bar> {
    let mut order: Vec<(usize, CallKind, usize)> = calls
        .iter()
        .enumerate()
        .map(|(index, call)| (lanes.of_call[index], call.kind, index))
        .collect();
    order.sort_unstable();
    let mut bars: Vec<Bar> = Vec::new();
    for (lane, kind, index) in order {
        let call = &calls[index];
        let near = |bar: &&mut Bar| {
            (bar.lane, bar.kind) == (lane, kind)
                && gap_ns.is_some_and(|gap_ns| call.sent_ns <= bar.until_ns + gap_ns)
        };
        if let Some(bar) = bars.last_mut().filter(near) {
            bar.until_ns = bar.until_ns.max(call.answered_ns);
            bar.calls += 1;
        } else {
            bars.push(Bar {
                lane,
                kind,
                from_ns: call.sent_ns,
                until_ns: call.answered_ns,
                calls: 1,
            });
        }
    }
    bars
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::listing::measure::synthetic::call;

    #[test]
    fn neighbours_of_a_kind_are_one_bar_until_the_gap_is_too_wide() {
        let calls = [
            call(0, 10, CallKind::New),
            call(12, 20, CallKind::New),
            call(22, 24, CallKind::Empty),
            call(25, 30, CallKind::New),
        ];
        let spans = |least_ns, most| -> Vec<(CallKind, u64, u64, u64)> {
            let bars = Bars::of(&calls, least_ns, most).bars;
            bars.iter()
                .map(|bar| (bar.kind, bar.from_ns, bar.until_ns, bar.calls))
                .collect()
        };
        let (new, empty) = (CallKind::New, CallKind::Empty);
        assert_eq!(
            spans(2, 3),
            [(new, 0, 20, 2), (new, 25, 30, 1), (empty, 22, 24, 1)]
        );
        assert_eq!(spans(5, 3), [(new, 0, 30, 3), (empty, 22, 24, 1)]);
        assert_eq!(
            spans(1, 2),
            spans(8, 2),
            "the gap grows until there are few enough"
        );
        assert_eq!(
            spans(100, 4).len(),
            4,
            "where there is room, each has its own"
        );
    }

    proptest! {
        #[test]
        fn no_call_is_lost_no_bar_touches_its_like_and_there_are_few(
            spans in prop::collection::vec((0..900_u64, 1..30_u64, 0..3_u8), 1..200),
            most in 1..60_usize,
        ) {
            let kinds = [CallKind::New, CallKind::Empty, CallKind::Limited];
            let mut calls: Vec<Call> = spans
                .iter()
                .map(|(sent, took, kind)| call(*sent, sent + took, kinds[usize::from(*kind)]))
                .collect();
            calls.sort_by_key(|call| call.sent_ns);
            let bars = Bars::of(&calls, 1, most);
            let drawn: u64 = bars.bars.iter().map(|bar| bar.calls).sum();
            prop_assert_eq!(drawn, calls.len() as u64);
            prop_assert!(bars.bars.len() <= most.max(bars.lanes * kinds.len()));
            prop_assert_eq!(bars.gap_ns.is_none(), calls.len() <= most);
            let gap_ns = bars.gap_ns.unwrap_or(0);
            for pair in bars.bars.windows(2) {
                let like = (pair[0].lane, pair[0].kind) == (pair[1].lane, pair[1].kind);
                prop_assert!(!like || pair[1].from_ns >= pair[0].until_ns + gap_ns);
            }
        }
    }
}
