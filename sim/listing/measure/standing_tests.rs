//! What meets and what misses, case by case.

use super::*;
use crate::listing::Outcome;
use crate::listing::measure::Beside;
use crate::listing::measure::synthetic::{SECOND, oracle, run_of, took};
use crate::measure::{Paired, Stats};
use crate::outcome::Ending;

/// 100 pages have a floor of 4 s; `small` has 50 pages.
fn objective() -> Objective {
    run_of(Vec::new()).objective
}

fn cell(outcome: &Outcome, best_ns: u64) -> Cell {
    let beside = Beside {
        counterfactual: None,
        best_ns: Some(best_ns),
    };
    Cell::of(outcome, beside)
}

fn standing(outcome: &Outcome, best_ns: u64) -> Standing {
    Standing::of(
        &cell(outcome, best_ns),
        Role::Candidate,
        &objective(),
        false,
    )
}

fn missed(standing: &Standing) -> Vec<Aim> {
    match standing {
        Standing::Misses(misses) => misses.iter().map(|miss| miss.aim).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn many_pages_are_held_against_the_floor_and_the_waste() {
    let large = |took_ns, wasted| took("uniform", "adaptive", 100, took_ns, wasted);
    // 1.02 × 4 s, and 1 of 100, to the nanosecond and the call.
    assert_eq!(standing(&large(4_080_000_000, 1), 1), Standing::Meets);
    let late = standing(&large(4_080_000_001, 1), 1);
    assert_eq!(missed(&late), [Aim::Floor]);
    let wasteful = standing(&large(4_080_000_000, 2), 1);
    assert_eq!(missed(&wasteful), [Aim::Wasted]);
    // Twice what is wanted is worse than 1.96 times.
    let both = standing(&large(8 * SECOND, 2), 1);
    assert_eq!(missed(&both), [Aim::Wasted, Aim::Floor]);
}

#[test]
fn few_pages_are_held_against_the_quickest_and_waste_is_free() {
    let small = |took_ns| took("one-object", "adaptive", 50, took_ns, 90);
    assert_eq!(standing(&small(11 * SECOND), 10 * SECOND), Standing::Meets);
    let late = standing(&small(11 * SECOND + 1), 10 * SECOND);
    assert_eq!(missed(&late), [Aim::Best]);
    let more = took("uniform", "adaptive", 51, 11 * SECOND, 0);
    assert_eq!(
        missed(&standing(&more, 10 * SECOND)),
        [Aim::Floor],
        "51 are many"
    );
}

#[test]
fn wrong_data_counts_before_an_early_end_and_that_before_any_figure() {
    let mut outcome = took("uniform", "adaptive", 100, 1, 0);
    outcome.ending = Ending::OutOfTime;
    assert_eq!(
        standing(&outcome, 1),
        Standing::Unfinished {
            why: "was still running at the horizon".to_owned()
        }
    );
    outcome.oracles.push(oracle("exact-ids", false));
    let Standing::Incorrect { oracle, detail } = standing(&outcome, 1) else {
        panic!("an oracle failed");
    };
    assert_eq!(oracle, "exact-ids");
    assert!(detail.contains("missing"), "{detail}");
}

#[test]
fn every_ending_but_done_is_unfinished() {
    let endings = [
        Ending::NoBackfill,
        Ending::Cancelled,
        Ending::Killed,
        Ending::OutOfTime,
        Ending::Endless {
            transactions: 9,
            rows: 1,
        },
        Ending::Failed("401".to_owned()),
    ];
    for ending in endings {
        let mut outcome = took("uniform", "adaptive", 100, 1, 0);
        outcome.ending = ending;
        assert!(
            matches!(standing(&outcome, 1), Standing::Unfinished { .. }),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_control_is_caught_by_the_oracle_meant_for_it_or_the_first_that_failed() {
    let judged =
        |outcome: &Outcome| Standing::of(&cell(outcome, 1), Role::Control, &objective(), false);
    let mut outcome = took("uniform", "drops-ties", 100, 90 * SECOND, 90);
    assert_eq!(
        judged(&outcome),
        Standing::Slipped,
        "to be slow is not to be wrong"
    );
    outcome.ending = Ending::OutOfTime;
    assert_eq!(judged(&outcome), Standing::Slipped, "to be late neither");
    outcome.oracles.push(oracle("exact-ids", false));
    outcome.oracles.push(oracle("state", false));
    let by = |name: &str| Standing::Caught {
        oracle: name.to_owned(),
    };
    assert_eq!(judged(&outcome), by("exact-ids"));
    outcome.meant_oracle = Some("state");
    assert_eq!(judged(&outcome), by("state"), "what is meant counts");
    outcome.meant_oracle = Some("limit");
    let mistaken = Standing::Mistaken {
        meant: "limit".to_owned(),
        by: "exact-ids".to_owned(),
    };
    assert_eq!(judged(&outcome), mistaken, "it saw nothing");
}

#[test]
fn readers_count_only_where_they_are_promised_something_and_somebody_reads() {
    let stats = |p95_ns| Stats {
        count: 10,
        p50_ns: 1,
        p95_ns,
        p99_ns: p95_ns,
        max_ns: p95_ns,
        failed: 0,
    };
    let mut cell = cell(&took("uniform", "adaptive", 100, 4 * SECOND, 0), 1);
    let judged = |cell: &Cell, times: Option<f64>, read| {
        let objective = Objective {
            reader_p95_times: times,
            ..objective()
        };
        Standing::of(cell, Role::Candidate, &objective, read)
    };
    assert_eq!(
        judged(&cell, Some(2.0), false),
        Standing::Meets,
        "nobody reads"
    );
    assert_eq!(
        judged(&cell, Some(2.0), true),
        Standing::NoData,
        "no data never passes"
    );
    cell.readers = Paired {
        backfill: Some(stats(41)),
        no_backfill: Some(stats(20)),
    };
    assert_eq!(
        judged(&cell, None, true),
        Standing::Meets,
        "nothing is promised"
    );
    assert_eq!(judged(&cell, Some(2.05), true), Standing::Meets);
    assert_eq!(missed(&judged(&cell, Some(2.0), true)), [Aim::Readers]);
    cell.times_floor = None;
    assert_eq!(
        missed(&judged(&cell, Some(2.0), true)),
        [Aim::Readers],
        "a miss is one"
    );
}

#[test]
fn a_share_in_percent_is_read_as_it_is_written() {
    let seven = Miss {
        aim: Aim::Wasted,
        figure: 700.0 / 1_000.0,
        wanted: 0.7,
    };
    assert_eq!(seven.by(), 1.0);
    let never = Miss {
        wanted: 0.0,
        ..seven
    };
    assert_eq!(never.by(), f64::INFINITY);
}
