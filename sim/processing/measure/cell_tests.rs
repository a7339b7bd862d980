//! Every figure of a cell, by hand.

use super::*;
use crate::outcome::{Ending, NO_BACKFILL};
use crate::processing::measure::synthetic::{MS, SECOND, count, idle, oracle, read, took, write};

fn figures(outcome: &Outcome, beside: Beside<'_>) -> Figures {
    Figures::of(outcome, beside).unwrap()
}

#[test]
fn every_figure_is_what_it_is_by_hand() {
    let mut outcome = took("store", 4 * SECOND);
    outcome.task.items = 1_000;
    let at = |start_ns, end_ns| Window { start_ns, end_ns };
    outcome.stalls = vec![at(0, 300 * MS), at(SECOND, 2 * SECOND)];
    outcome.writes = vec![write(SECOND, 90 * MS, 50 * MS, 10)];
    count(&mut outcome, counter::ROW_HITS, 900);
    count(&mut outcome, counter::ROW_LOADS, 100);
    count(&mut outcome, counter::ROW_RELOADS, 30);
    count(&mut outcome, counter::CALLS, 5);
    count(&mut outcome, counter::ITEMS_REPEATED, 70);
    count(&mut outcome, counter::ITEMS_REPEATED_MOST, 50);
    count(&mut outcome, counter::OBJECTS_MOST, 600);
    let mut wipe = took("wipe", 12 * SECOND);
    count(&mut wipe, counter::ROW_RELOADS, 120);
    let (synchronous, mut counting) =
        (took("synchronous", 10 * SECOND), took("count-only", SECOND));
    count(&mut counting, counter::OBJECTS_MOST, 2_400);
    let beside = Beside {
        counterfactual: None,
        synchronous: Some(&synchronous),
        wipe: Some(&wipe),
        count_only: Some(&counting),
    };
    let figures = figures(&outcome, beside);
    assert_eq!(figures.makespan_ns, 4 * SECOND);
    assert_eq!(figures.items_per_s, Some(250.0));
    assert_eq!(figures.times_synchronous, Some(2.5));
    assert_eq!(figures.times_wipe, Some(3.0));
    assert_eq!(
        figures.stalled,
        Stalled {
            times: 2,
            total_ns: 1_300 * MS,
            longest_ns: SECOND
        }
    );
    assert_eq!(figures.rows.hit_share(), Some(0.9));
    assert_eq!(figures.reread_of_wipe, Some(0.25));
    assert_eq!(figures.objects_of_count_only, Some(0.25));
    assert!(figures.effect.asked());
    assert_eq!((figures.repeated, figures.repeated_most), (70, 50));
    assert_eq!(figures.writing.items_mean(), Some(1_000.0));
    assert_eq!(figures.recovery, None);
    assert_eq!(figures.readers.ratio(), None);
}

#[test]
fn wrong_or_unfinished_has_no_figure_and_nobody_is_compared_with_it() {
    let mut wrong = took("synchronous", SECOND);
    wrong.oracles.push(oracle("rows", false));
    let mut late = took("wipe", SECOND);
    late.ending = Ending::OutOfTime;
    for outcome in [&wrong, &late] {
        assert!(Figures::of(outcome, Beside::default()).is_none());
        assert_eq!(About::of(outcome).ran_ns, Some(SECOND));
    }
    let beside = Beside {
        synchronous: Some(&wrong),
        wipe: Some(&late),
        ..Beside::default()
    };
    let figures = figures(&took("store", SECOND), beside);
    assert_eq!(
        (figures.times_synchronous, figures.times_wipe),
        (None, None)
    );
}

#[test]
fn nothing_reread_by_either_and_no_time_are_no_ratio() {
    let (mut own, mut wipe) = (took("store", 0), took("wipe", SECOND));
    count(&mut own, counter::ROW_RELOADS, 0);
    count(&mut wipe, counter::ROW_RELOADS, 0);
    let beside = Beside {
        wipe: Some(&wipe),
        ..Beside::default()
    };
    let figures = figures(&own, beside);
    assert_eq!((figures.items_per_s, figures.times_wipe), (None, None));
    assert_eq!(figures.reread_of_wipe, None);
    assert_eq!(figures.rows.hit_share(), None);
    assert!(!figures.effect.asked());
}

#[test]
fn readers_are_those_of_the_window_beside_the_same_span_without() {
    let mut with = took("store", 3 * SECOND);
    with.requests = vec![read(2 * SECOND, 6), read(3 * SECOND + 1, 99)];
    let mut without = idle(NO_BACKFILL, 1);
    without.requests = vec![read(2 * SECOND, 4), read(3 * SECOND + 1, 1)];
    let beside = Beside {
        counterfactual: Some(&without),
        ..Beside::default()
    };
    let readers = figures(&with, beside).readers;
    assert_eq!(
        readers.backfill.map(|one| (one.count, one.p95_ns)),
        Some((1, 6))
    );
    assert_eq!(readers.ratio(), Some(1.5));
    with.requests.clear();
    assert_eq!(figures(&with, beside).readers.backfill, None, "no data");
}
