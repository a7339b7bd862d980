//! The state never claims what is not stored, and what it leaves is exactly the rest.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod listing_model;

use std::collections::BTreeSet;
use std::time::Duration;

use backfill::listing::plan::Segment;
use backfill::listing::{InFlight, Range, State};
use listing_model::Objects;
use proptest::prelude::*;

const WHOLE: Range = Range::new(0, 1_000);

fn segment(gte: i64, lt: i64, cursor: Option<&str>) -> Segment {
    Segment {
        range: Range::new(gte, lt),
        after: cursor.map(Into::into),
    }
}

fn in_flight(gte: i64, lt: i64, cursor: &str) -> InFlight {
    InFlight {
        gte,
        lt,
        cursor: cursor.into(),
    }
}

/// The state of `WHOLE` after these pages: what was asked for, and what was left of it.
fn after(pages: &[(Segment, Option<Segment>)]) -> State {
    let mut state = State::new(WHOLE);
    for (asked, left) in pages {
        state.record(asked, left.as_ref());
    }
    state
}

fn done(gte: i64, lt: i64) -> (Segment, Option<Segment>) {
    (segment(gte, lt, None), None)
}

#[test]
fn nothing_stored_is_nothing_kept() {
    let state = State::new(WHOLE);
    assert_eq!(state.left(), [segment(0, 1_000, None)]);
    let json = serde_json::to_string(&state).unwrap();
    assert_eq!(
        json,
        r#"{"range":{"gte":0,"lt":1000},"completed":[],"in_flight":[]}"#
    );
}

#[test]
fn ranges_that_touch_become_one_in_whatever_order_they_come() {
    for order in [[0, 250, 500, 750], [750, 250, 0, 500], [0, 500, 750, 250]] {
        let state = after(&order.map(|gte| done(gte, gte + 250)));
        assert_eq!(state.completed, [WHOLE]);
        assert!(state.is_complete() && state.left().is_empty());
    }
    let apart = after(&[done(500, 750), done(0, 250)]);
    assert_eq!(apart.completed, [Range::new(0, 250), Range::new(500, 750)]);
    assert_eq!(
        apart.left(),
        [segment(750, 1_000, None), segment(250, 500, None)]
    );
}

#[test]
fn of_200_segments_one_range_and_one_cursor_are_kept() {
    let mut pages: Vec<_> = (0..50).map(|k| done(k * 5, k * 5 + 5)).collect();
    pages.push((
        segment(250, 255, None),
        Some(segment(250, 255, Some("cur_abc"))),
    ));
    let state = after(&pages);
    assert_eq!(state.completed, [Range::new(0, 250)]);
    assert_eq!(state.in_flight, [in_flight(250, 255, "cur_abc")]);
    let json = serde_json::to_string(&state).unwrap();
    assert!(json.len() < 200, "{json}");
    assert_eq!(serde_json::from_str::<State>(&json).unwrap(), state);
}

#[test]
fn what_is_left_are_the_cursors_and_the_gaps_newest_first() {
    let begun = (
        segment(500, 750, None),
        Some(segment(500, 740, Some("cur_abc"))),
    );
    let state = after(&[done(0, 500), begun]);
    assert_eq!(
        state.left(),
        [
            segment(750, 1_000, None),
            segment(500, 740, Some("cur_abc"))
        ]
    );
    assert_eq!(state.completed, [Range::new(0, 500), Range::new(740, 750)]);
    assert!(!state.is_complete());
}

#[test]
fn the_number_of_segments_is_kept_only_where_there_is_one() {
    let mut state = State::new(WHOLE);
    state.segments = Some(7);
    let json = serde_json::to_string(&state).unwrap();
    assert!(json.ends_with(r#""segments":7}"#), "{json}");
    assert_eq!(serde_json::from_str::<State>(&json).unwrap(), state);
    assert_eq!(state.moved_to(Range::new(0, 2_000)).segments, Some(7));
}

#[test]
fn a_page_that_brings_its_segment_no_further_in_time_moves_the_cursor() {
    let tied = |from, to| (segment(0, 1_000, from), Some(segment(0, 1_000, Some(to))));
    let state = after(&[tied(None, "a"), tied(Some("a"), "b"), tied(Some("b"), "c")]);
    assert_eq!(state.in_flight, [in_flight(0, 1_000, "c")]);
    assert_eq!(state.completed, []);
}

/// A segment is split while its page is stored; the line is drawn by whichever part is stored next.
#[test]
fn a_part_that_was_split_off_may_be_stored_before_its_parent_goes_on_or_after() {
    let begin = (segment(0, 1_000, None), Some(segment(0, 900, Some("a"))));
    let parent = (
        segment(450, 900, Some("a")),
        Some(segment(450, 800, Some("b"))),
    );
    let child = (segment(0, 450, None), Some(segment(0, 400, Some("c"))));
    let first = after(&[begin.clone(), parent.clone()]);
    assert_eq!(first.in_flight, [in_flight(450, 800, "b")]);
    let other = after(&[begin.clone(), child.clone()]);
    assert_eq!(
        other.in_flight,
        [in_flight(0, 400, "c"), in_flight(450, 900, "a")]
    );
    let both = after(&[begin.clone(), parent.clone(), child.clone()]);
    assert_eq!(both, after(&[begin, child, parent]));
    assert_eq!(
        both.completed,
        [Range::new(400, 450), Range::new(800, 1_000)]
    );
}

#[test]
fn another_range_keeps_what_lies_in_both() {
    let begun = (
        segment(500, 1_000, None),
        Some(segment(500, 740, Some("cur_abc"))),
    );
    let state = after(&[done(0, 300), begun]);
    let moved = |gte, lt| state.moved_to(Range::new(gte, lt));
    assert_eq!(moved(0, 1_000), state);
    // Longer at either end: what is new is a gap.
    let longer = moved(-100, 1_100);
    assert_eq!(
        (&longer.completed, &longer.in_flight),
        (&state.completed, &state.in_flight)
    );
    let gaps = [(1_000, 1_100), (300, 500), (-100, 0)].map(|(gte, lt)| segment(gte, lt, None));
    let left: Vec<Segment> = longer
        .left()
        .into_iter()
        .filter(|one| one.after.is_none())
        .collect();
    assert_eq!(left, gaps);
    // Shorter: what is outside is dropped, and a cursor with it.
    let older_dropped = moved(600, 1_000);
    assert_eq!(older_dropped.completed, [Range::new(740, 1_000)]);
    assert_eq!(older_dropped.in_flight, [in_flight(600, 740, "cur_abc")]);
    assert_eq!(moved(0, 740).in_flight, [in_flight(500, 740, "cur_abc")]);
    let newer_dropped = moved(0, 739);
    assert_eq!(newer_dropped.completed, [Range::new(0, 300)]);
    assert_eq!(newer_dropped.left(), [segment(300, 739, None)]);
    assert!(moved(100, 200).is_complete());
    // Nothing in common.
    assert_eq!(
        moved(2_000, 3_000),
        State {
            range: Range::new(2_000, 3_000),
            ..State::new(WHOLE)
        }
    );
}

/// Segments of a model: what is asked for next of each.
struct Asking {
    objects: Objects,
    page: usize,
    segments: Vec<Segment>,
    state: State,
    stored: BTreeSet<usize>,
}

impl Asking {
    /// The next page of a segment is stored, and what is left of it is cut into `parts`.
    fn page(&mut self, segment: usize, parts: u64) {
        let segment = segment % self.segments.len();
        let asked = self.segments.swap_remove(segment);
        let page = self.objects.page(&asked, self.page);
        self.stored.extend(page.0.clone());
        let left = self.objects.answer(page, Duration::ZERO).left(&asked);
        self.state.record(&asked, left.as_ref());
        let Some(left) = left else { return };
        let below = Range::new(left.range.gte, left.range.lt - 1);
        let mut parts = below.cut(parts);
        let newest = parts.pop().map_or(left.range.gte, |newest| newest.gte);
        let range = Range::new(newest, left.range.lt);
        self.segments.push(Segment { range, ..left });
        self.segments.extend(parts.into_iter().map(Segment::fresh));
    }

    /// The state claims what is stored, all of it and nothing else.
    fn check(&self, state: &State) -> Result<(), TestCaseError> {
        let wanted = self.objects.places(state.range);
        let stored: Vec<usize> = self
            .stored
            .iter()
            .copied()
            .filter(|place| wanted.contains(place))
            .collect();
        prop_assert_eq!(&self.objects.claimed(state), &stored, "{:?}", state);
        let text = serde_json::to_string(state).unwrap();
        prop_assert_eq!(&serde_json::from_str::<State>(&text).unwrap(), state);
        prop_assert!(
            state
                .completed
                .windows(2)
                .all(|pair| pair[0].lt < pair[1].gte)
        );
        // The rest, fetched page by page, is everything else, once each.
        let mut all = stored;
        for mut segment in state.left() {
            loop {
                let page = self.objects.page(&segment, self.page);
                all.extend(page.0.clone());
                match self.objects.answer(page, Duration::ZERO).left(&segment) {
                    Some(left) => segment = left,
                    None => break,
                }
            }
        }
        all.sort_unstable();
        prop_assert_eq!(all, wanted.collect::<Vec<_>>(), "{:?}", state);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_split_and_stored_in_whatever_order_the_state_is_what_is_stored(
        created in prop::collection::vec(prop_oneof![3 => 0..200_i64, 1 => 50..53_i64], 0..120),
        page in 1..12_usize,
        blind in 1..6_u64,
        steps in prop::collection::vec((any::<usize>(), 1..5_u64), 1..60),
        other in (-50..250_i64, 0..250_i64),
    ) {
        let range = Range::new(0, 200);
        let mut asking = Asking {
            objects: Objects::new(created, range),
            page,
            segments: range.cut(blind).into_iter().map(Segment::fresh).collect(),
            state: State::new(range),
            stored: BTreeSet::new(),
        };
        for (segment, parts) in steps {
            if asking.segments.is_empty() {
                prop_assert!(asking.state.is_complete());
                break;
            }
            prop_assert!(!asking.state.is_complete());
            asking.page(segment, parts);
            asking.check(&asking.state)?;
            let moved = asking.state.moved_to(Range::new(other.0, other.0 + other.1));
            asking.check(&moved)?;
            // And back: what was dropped is left to fetch, and nothing else is.
            let back = moved.moved_to(range);
            let kept: BTreeSet<usize> = asking.objects.claimed(&back).into_iter().collect();
            prop_assert!(kept.is_subset(&asking.stored));
        }
    }
}
