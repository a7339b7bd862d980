//! How many segments the newest page suggests, and what becomes of that page.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod listing_model;

use std::num::NonZeroU32;
use std::time::Duration;

use backfill::listing::Range;
use backfill::listing::plan::{
    Answer, Call, EqualSegments, Order, PROBE_SLOTS, Plan, Segment, segment_count,
};
use listing_model::Objects;
use proptest::prelude::*;

const WHOLE: Range = Range::new(0, 1_000);

/// A full page, its last object created then, and more behind it.
fn page(oldest: Option<i64>) -> Answer {
    Answer {
        items: 100,
        last: Some("c".into()),
        newest: Some(999),
        oldest,
        has_more: true,
        latency: Duration::from_millis(400),
    }
}

/// The probe of `plan`, which is all it asks for, answered.
fn probed(plan: &mut EqualSegments, answer: &Answer) -> Call {
    plan.begin(vec![Segment::fresh(WHOLE)]);
    let probe = plan.next().unwrap();
    assert_eq!(plan.next(), None, "nothing beside the probe");
    plan.answered(&probe, answer);
    probe
}

fn fresh_plan() -> EqualSegments {
    EqualSegments::probed(Order::NewestFirst, 100, WHOLE, None)
}

/// All calls a plan makes before it hears of one.
fn calls(plan: &mut EqualSegments) -> Vec<Call> {
    std::iter::from_fn(|| plan.next()).collect()
}

#[test]
fn the_span_over_what_a_page_covers_rounded_up_and_at_most_50() {
    let share = |covered| segment_count(1_000, covered).get();
    assert_eq!([0, 500, 100, 20, 1].map(share), [50, 2, 10, 50, 50]);
    assert_eq!([1_000, 2_000].map(share), [1, 1]);
    assert_eq!([50, 10].map(share), [20, 50]);
    // In floating point, 1 / (1 / 49) is more than 49.
    assert_eq!(segment_count(49, 1).get(), 49);
    assert_eq!([334, 333].map(share), [3, 4]);
    assert_eq!(segment_count(u64::MAX, u64::MAX - 1).get(), 2);
}

#[test]
fn a_range_of_no_seconds_is_one_segment() {
    assert_eq!(
        [0, 1].map(|covered| segment_count(0, covered).get()),
        [1, 1]
    );
}

proptest! {
    #[test]
    fn the_less_a_page_covers_the_more_segments(
        span in 0..100_000_u64,
        covered in 0..100_000_u64,
        less in 0..100_000_u64,
    ) {
        let count = |covered| segment_count(span, covered);
        prop_assert!(count(covered.saturating_sub(less)) >= count(covered));
        prop_assert!((1..=50).contains(&count(covered).get()));
        if (span.div_ceil(50)..=span).contains(&covered) && covered > 0 {
            // Enough of them, and not one more.
            let segments = u64::from(count(covered).get());
            prop_assert!(segments * covered >= span && (segments - 1) * covered < span);
        }
    }
}

#[test]
fn the_probe_asks_for_all_of_the_range_and_counts_what_its_page_covers() {
    for (oldest, segments) in [(500, 2), (950, 20), (990, 50), (999, 50), (0, 1)] {
        let mut plan = fresh_plan();
        let probe = probed(&mut plan, &page(Some(oldest)));
        assert_eq!(probe.left, Segment::fresh(WHOLE));
        assert_eq!(plan.segments(), Some(segments), "{oldest}");
    }
}

#[test]
fn a_page_that_says_nothing_of_time_or_has_nothing_behind_it_makes_one_segment() {
    let nothing = Answer {
        items: 0,
        last: None,
        newest: None,
        oldest: None,
        has_more: false,
        ..page(None)
    };
    let only = Answer {
        items: 50,
        has_more: false,
        ..page(Some(990))
    };
    for (answer, goes_on) in [(nothing, 0), (only, 0), (page(None), 1)] {
        let mut plan = fresh_plan();
        probed(&mut plan, &answer);
        assert_eq!(plan.segments(), Some(1));
        assert_eq!(calls(&mut plan).len(), goes_on);
    }
}

/// The second of the page's last object and its cursor are in the newest segment: nothing of the
/// page is asked for again, and nothing behind it is left out.
#[test]
fn the_page_of_the_probe_is_used() {
    let mut plan = fresh_plan();
    probed(&mut plan, &page(Some(899)));
    let calls = calls(&mut plan);
    assert_eq!(plan.segments(), Some(10));
    let ranges: Vec<Range> = calls.iter().map(|call| call.left.range).collect();
    let pieces: Vec<Range> = (0..9)
        .rev()
        .map(|k| Range::new(k * 100, k * 100 + 100))
        .collect();
    assert_eq!(ranges, pieces);
    assert_eq!(calls[0].left.after.as_deref(), Some("c"));
    assert!(calls[1..].iter().all(|call| call.left.after.is_none()));
}

#[test]
fn of_many_segments_15_are_under_way() {
    let mut plan = fresh_plan();
    probed(&mut plan, &page(Some(990)));
    let calls = calls(&mut plan);
    assert_eq!(calls.len(), PROBE_SLOTS);
    plan.answered(&calls[3], &page(Some(calls[3].left.range.gte)));
    let next = plan.next().unwrap();
    assert_eq!(
        next.segment, calls[3].segment,
        "a segment goes on before others begin"
    );
}

#[test]
fn a_later_run_that_knows_the_number_makes_no_probe() {
    let mut plan = EqualSegments::probed(Order::NewestFirst, 100, WHOLE, Some(10));
    let begun = Segment {
        range: Range::new(900, 951),
        after: Some("c".into()),
    };
    plan.begin(vec![begun.clone(), Segment::fresh(Range::new(650, 900))]);
    let calls: Vec<Segment> = calls(&mut plan).into_iter().map(|call| call.left).collect();
    // Pieces of the length that the first run's had, or as near as makes no difference.
    let pieces = [(816, 900), (733, 816), (650, 733)].map(|(gte, lt)| Range::new(gte, lt));
    assert_eq!(calls[0], begun);
    assert_eq!(calls[1..], pieces.map(Segment::fresh));
    assert_eq!(plan.segments(), Some(10));
}

#[test]
fn segments_are_fetched_from_the_end_that_is_asked_for() {
    for (order, first) in [(Order::NewestFirst, 750), (Order::OldestFirst, 0)] {
        let four = NonZeroU32::new(4).unwrap();
        let mut plan = EqualSegments::fixed(four, 2, order, 100, WHOLE);
        plan.begin(vec![Segment::fresh(WHOLE)]);
        let calls = calls(&mut plan);
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0].left.range, Range::new(first, first + 250));
    }
}

/// The example of the research this is built on: 10 000 objects, evenly spread, take 124 calls in
/// 50 segments, two or three pages each.
#[test]
fn evenly_spread_objects_take_two_or_three_pages_a_segment() {
    let range = Range::new(0, 1_000_000);
    let objects = Objects::new((0..10_000).map(|number| number * 100), range);
    let mut plan = EqualSegments::probed(Order::NewestFirst, 100, range, None);
    plan.begin(vec![Segment::fresh(range)]);
    let mut made = std::collections::BTreeMap::<_, u32>::new();
    while let Some(call) = plan.next() {
        *made.entry(call.segment).or_default() += 1;
        let page = objects.page(&call.left, 100);
        plan.answered(&call, &objects.answer(page, Duration::ZERO));
    }
    assert_eq!(made.len(), 50);
    assert!(
        made.values().all(|pages| (2..=3).contains(pages)),
        "{made:?}"
    );
}
